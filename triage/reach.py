"""Pack + facts → the channels that can still be reached and the facts that still matter, exactly. No search, no heuristics.

The decision table is walked once with the set of values that each fact can still have. At an undecided condition the box is split in
two disjoint parts. The leaves are disjoint boxes, each with the row that decides it; their sizes add up to the whole space.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import Generic, TypeVar

from knowledge.pack import ChannelRule, Condition, Pack
from knowledge.vocabulary import DEATH_NOTICE, DERIVED, Fact, PatientStatus, Provenance, UnitType, Value, direction
from triage.facts import Facts, Known

T = TypeVar("T")
Box = Mapping[Fact, frozenset[Value]]
"""For every fact that is not derived from the units, and for the recipient's type, the values it can still have."""

BOX_FACTS = (*(f for f in Fact if f not in DERIVED), Fact.RECIPIENT_TYPE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A box all of whose cases are decided by one row."""

    box: Box
    row: ChannelRule
    position: int

    @property
    def channel(self) -> str:
        return self.row.channel

    @property
    def size(self) -> int:
        return prod(len(values) for values in self.box.values())


@dataclass(frozen=True, slots=True)
class Row:
    """A rule with its conditions rewritten for one sender: only box facts are left."""

    rule: ChannelRule
    position: int
    when: Mapping[Fact, frozenset[Value]]


class Same(Generic[T]):
    """A pack, or a condition of one, as a key: by its identity, for it is or holds mappings."""

    __slots__ = ("it",)

    def __init__(self, it: T) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.it is self.it


def rows_for(pack: Pack, sender: UnitType) -> tuple[Row, ...]:
    """The decision table as this sender meets it. Rows that are for other senders are left out."""
    return _rows_for(Same(pack), sender)


@lru_cache(maxsize=256)
def _rows_for(same: Same[Pack], sender: UnitType) -> tuple[Row, ...]:
    rows = (
        Row(rule, place, when)
        for place, rule in enumerate(same.it.rows)
        if (when := for_sender(rule.when, sender)) is not None
    )
    return tuple(rows)


def for_sender(when: Condition, sender: UnitType) -> dict[Fact, frozenset[Value]] | None:
    """The condition over box facts that says the same for this sender, or None where it cannot hold."""
    rewritten: dict[Fact, frozenset[Value]] = {}
    for fact, values in when.items():
        if fact is Fact.SENDER_TYPE:
            if sender not in values:
                return None
            continue
        target, allowed = fact, frozenset(values)
        if fact is Fact.DIRECTION:
            target = Fact.RECIPIENT_TYPE
            allowed = frozenset(str(r) for r in UnitType if direction(sender, r) in values)
        rewritten[target] = rewritten.get(target, allowed) & allowed
    return None if any(not allowed for allowed in rewritten.values()) else rewritten


@lru_cache(maxsize=4096)
def _for_sender(same: Same[Condition], sender: UnitType) -> dict[Fact, frozenset[Value]] | None:
    return for_sender(same.it, sender)


def walk(rows: Sequence[Row], box: Box) -> Iterator[Leaf]:
    """The leaves of one box. Raises ValueError when a case falls through, which the linter rules out for a pack."""
    todo: list[tuple[int, Box]] = [(0, box)]
    while todo:
        index, here = todo.pop()
        hit: Box | None = None
        while hit is None:
            if index == len(rows):
                raise ValueError("the decision table has no last row without a condition")
            hit, misses = _split(rows[index], here)
            index += 1
            if hit is None:
                continue
            todo.extend((index, miss) for miss in misses)
        row = rows[index - 1]
        yield Leaf(hit, row.rule, row.position)


def _split(row: Row, box: Box) -> tuple[Box | None, list[Box]]:
    """The part of the box that the row decides, if any, and the disjoint parts that go on to the next row."""
    if any(not box[fact] & allowed for fact, allowed in row.when.items()):
        return None, []
    misses: list[Box] = []
    for fact, allowed in row.when.items():
        inside = box[fact] & allowed
        if outside := box[fact] - allowed:
            misses.append({**box, fact: outside})
            box = {**box, fact: inside}
    return box, misses


def whole_space(pack: Pack) -> tuple[Box, ...]:
    """Every case that can be, for one sender: a death notice is only about someone who has died."""
    return _lawful({fact: frozenset(pack.values(fact)) for fact in BOX_FACTS})


def _lawful(box: Box) -> tuple[Box, ...]:
    """The box without the cases that cannot be, as disjoint boxes. What a death notice says is kept to the one who died."""
    topics, states = box[Fact.TOPIC], box[Fact.PATIENT_STATUS]
    if DEATH_NOTICE not in topics or states == {PatientStatus.DECEASED}:
        return (box,)
    parts: list[Box] = []
    if others := topics - {DEATH_NOTICE}:
        parts.append({**box, Fact.TOPIC: others})
    if PatientStatus.DECEASED in states:
        parts.append(
            {
                **box,
                Fact.TOPIC: frozenset({DEATH_NOTICE}),
                Fact.PATIENT_STATUS: frozenset({str(PatientStatus.DECEASED)}),
            }
        )
    return tuple(parts)


def possible(pack: Pack, facts: Facts) -> tuple[Box, ...]:
    """The cases that what is known leaves open, before anything is assumed."""
    return _lawful({f: frozenset({facts[f].value}) if f in facts else frozenset(pack.values(f)) for f in BOX_FACTS})


def assume(pack: Pack, sender: UnitType, facts: Facts, box: Box) -> tuple[Box, dict[Fact, Known]]:
    """The box narrowed by the pack's assumptions, and what was assumed. Nothing unclear or already known is assumed."""
    made: dict[Fact, Known] = {}
    for assumption in pack.assumptions:
        fact = assumption.fact
        if fact in facts or fact in facts.unclear or fact in made or assumption.value not in box[fact]:
            continue
        if (
            certain(assumption.when, sender, box)
            and not any(may_hold(when, sender, box) for when in assumption.unless)
            and not any(certain(when, sender, box) for when in assumption.unless_certain)
        ):
            made[fact] = Known(assumption.value, Provenance.ASSUMED)
            box = {**box, fact: frozenset({assumption.value})}
    return box, made


def certain(when: Condition, sender: UnitType, box: Box) -> bool:
    """Whether the condition holds in every case of the box."""
    here = _for_sender(Same(when), sender)
    return here is not None and all(box[fact] <= allowed for fact, allowed in here.items())


def may_hold(when: Condition, sender: UnitType, box: Box) -> bool:
    """Whether the condition holds in some case of the box."""
    here = _for_sender(Same(when), sender)
    return here is not None and all(box[fact] & allowed for fact, allowed in here.items())


@dataclass(frozen=True, slots=True)
class Reach:
    """What can still happen: the leaves, and what was assumed in the open in all of them."""

    leaves: tuple[Leaf, ...]
    assumed: Mapping[Fact, Known]

    @property
    def channels(self) -> frozenset[str]:
        return frozenset(leaf.channel for leaf in self.leaves)


def reach(pack: Pack, sender: UnitType, facts: Facts) -> Reach:
    """Every leaf that the facts leave open, after the pack's assumptions. No leaves: the facts contradict each other."""
    rows = rows_for(pack, sender)
    leaves: list[Leaf] = []
    assumptions: list[dict[Fact, Known]] = []
    for box in possible(pack, facts):
        narrowed, made = assume(pack, sender, facts, box)
        assumptions.append(made)
        leaves.extend(walk(rows, narrowed))
    shared = (
        {f: k for f, k in assumptions[0].items() if all(f in other for other in assumptions)} if assumptions else {}
    )
    return Reach(tuple(sorted(leaves, key=lambda leaf: leaf.position)), shared)


def live_facts(leaves: Sequence[Leaf]) -> frozenset[Fact]:
    """The facts that can change the channel by themselves: two leaves with different channels are apart on that fact alone."""
    live: set[Fact] = set()
    for one, other in combinations(leaves, 2):
        if one.channel != other.channel and (fact := _apart_on(one.box, other.box)) is not None:
            live.add(fact)
    return frozenset(live)


def _apart_on(one: Box, other: Box) -> Fact | None:
    """The one fact on which the boxes are apart, or None. A death notice takes the person's state with it, and counts as the topic."""
    apart = [fact for fact in BOX_FACTS if one[fact].isdisjoint(other[fact])]
    if len(apart) == 1:
        return apart[0]
    if set(apart) == {Fact.TOPIC, Fact.PATIENT_STATUS} and {DEATH_NOTICE} in (one[Fact.TOPIC], other[Fact.TOPIC]):
        return Fact.TOPIC
    return None


def first_hit(pack: Pack, sender: UnitType, case: Mapping[Fact, Value]) -> ChannelRule:
    """The plain evaluator: a full case, row by row. Independent of the walk, which is checked against it."""
    recipient = UnitType(str(case[Fact.RECIPIENT_TYPE]))
    full = {**case, Fact.SENDER_TYPE: str(sender), Fact.DIRECTION: str(direction(sender, recipient))}
    return next(rule for rule in pack.rows if all(full[fact] in values for fact, values in rule.when.items()))
