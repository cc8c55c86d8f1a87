"""Why this, why not that, and what would change it; each with its rule. Reads the same leaves as the decision, and invents nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from knowledge.pack import ChannelRule, Pack
from knowledge.vocabulary import DERIVED, Fact, UnitType, Value
from triage.facts import Facts
from triage.reach import BOX_FACTS, Leaf, rows_for, walk, whole_space


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule with where it stands. `document`, `section` and `version` are None where the basis is no document."""

    rule: str
    text: str
    basis: str
    document: str | None
    section: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What would have to be otherwise for a channel to be the answer. No differences and no row: never, for this sender."""

    channel: str
    row: ChannelRule | None
    differences: tuple[tuple[Fact, frozenset[Value]], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A single fact that would change the channel."""

    fact: Fact
    value: Value
    channel: str


def reason(pack: Pack, row: ChannelRule) -> Reason:
    """Why the row says what it says."""
    grounds = row.grounds
    source = pack.source_by_id.get(grounds.source) if grounds.source else None
    return Reason(
        row.id,
        row.reason,
        str(grounds.basis),
        source.title if source else grounds.law,
        grounds.section,
        source.version if source else None,
    )


def why_not(pack: Pack, sender: UnitType, facts: Facts, channel: str) -> WhyNot:
    """The fewest differences from what is known that would lead to the channel."""
    best: tuple[int, int, Leaf] | None = None
    for leaf in all_leaves(pack, sender):
        if leaf.channel != channel:
            continue
        rank = (len(_differences(leaf, facts)), leaf.position, leaf)
        if best is None or rank[:2] < best[:2]:
            best = rank
    if best is None:
        return WhyNot(channel, None, ())
    leaf = best[2]
    return WhyNot(channel, leaf.row, tuple((fact, leaf.box[fact]) for fact in _differences(leaf, facts)))


def what_would_change(pack: Pack, sender: UnitType, facts: Facts, channel: str) -> tuple[Change, ...]:
    """Every single change of a known or assumed fact that would surely lead to another channel."""
    changes: list[Change] = []
    rows = rows_for(pack, sender)
    space = whole_space(pack)
    for fact in _changeable(facts):
        for value in pack.values(fact):
            if value == facts.value(fact):
                continue
            values = {**facts.values(), fact: value}
            boxes = [
                {f: (frozenset({values[f]}) & box[f] if f in values else box[f]) for f in BOX_FACTS} for box in space
            ]
            reached = {leaf.channel for box in boxes if all(box.values()) for leaf in walk(rows, box)}
            if len(reached) == 1 and channel not in reached:
                changes.append(Change(fact, value, reached.pop()))
    return tuple(changes)


def all_leaves(pack: Pack, sender: UnitType) -> tuple[Leaf, ...]:
    """The pack's whole decision table for one sender, as disjoint boxes."""
    return _all_leaves(_ById(pack), sender)


class _ById:
    """A pack as a cache key: by identity, since a loaded pack is never changed."""

    __slots__ = ("pack",)

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __hash__(self) -> int:
        return id(self.pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.pack is self.pack


@lru_cache(maxsize=256)
def _all_leaves(key: _ById, sender: UnitType) -> tuple[Leaf, ...]:
    rows = rows_for(key.pack, sender)
    return tuple(leaf for box in whole_space(key.pack) for leaf in walk(rows, box))


def _differences(leaf: Leaf, facts: Facts) -> tuple[Fact, ...]:
    return tuple(fact for fact in BOX_FACTS if fact in facts and facts[fact].value not in leaf.box[fact])


def _changeable(facts: Facts) -> Iterable[Fact]:
    return [fact for fact in facts if fact not in DERIVED and fact is not Fact.CONSENT]
