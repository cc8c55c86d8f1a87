"""A pack laid out and compared: its decision table, how two packs differ, how labelled cases fare. Returns values; prints nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final, Protocol

from knowledge.pack import ChannelRule, Pack
from knowledge.vocabulary import ConsentState, Fact, PatientStatus, UnitType, Urgency, Value
from triage.decide import Ask, Conflict, Decided, decide
from triage.explain import all_leaves
from triage.facts import answered
from triage.reach import BOX_FACTS, Box, Leaf, whole_space

EXAMPLES = 3
"""How many examples are kept of each way in which two packs differ."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of the decision table and how much it decides. `share` is of every case that can be, all senders together."""

    rule: ChannelRule
    leaves: int
    cases: int
    share: float


@dataclass(frozen=True, slots=True)
class DecisionTable:
    rows: tuple[TableRow, ...]
    leaves: int
    cases: int


def decision_table(pack: Pack) -> DecisionTable:
    """Every row in order, with the number of leaves and of cases that it decides for all senders together."""
    leaves: dict[int, int] = defaultdict(int)
    cases: dict[int, int] = defaultdict(int)
    for sender in UnitType:
        for leaf in all_leaves(pack, sender):
            leaves[leaf.position] += 1
            cases[leaf.position] += leaf.size
    total = sum(cases.values())
    rows = tuple(
        TableRow(rule, leaves[position], cases[position], cases[position] / total)
        for position, rule in enumerate(pack.rows)
    )
    return DecisionTable(rows, sum(leaves.values()), total)


@dataclass(frozen=True, slots=True)
class Example:
    """A case as a person would tell it: who writes to whom, about what, and only those facts that are out of the ordinary."""

    unusual: int
    sender: UnitType
    recipient: Value
    topic: Value
    facts: tuple[tuple[Fact, Value], ...]


ORDINARY: Final[Mapping[Fact, Value]] = {
    Fact.URGENCY: str(Urgency.CAN_WAIT),
    Fact.PATIENT_STATUS: str(PatientStatus.AT_HOME),
    Fact.HOME_CARE_ENROLLED: True,
    Fact.FORUM_EXISTS: False,
    Fact.CONTROLLED_DRUG: False,
    Fact.ATTACHMENT: False,
    Fact.SIP_ONGOING: False,
    Fact.BOTH_PRINCIPALS: False,
    Fact.ONGOING_EXCHANGE: False,
    Fact.RECIPIENT_HAS_ACCESS: True,
    Fact.SYSTEM_DOWN: False,
    Fact.CONSENT: str(ConsentState.GIVEN),
}
"""What most matters are like; an example leaves these values unsaid."""


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """Cases that one pack sends one way and the other another way."""

    before: str
    after: str
    rules: tuple[str, str]
    cases: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule of both packs that is not the same: another condition, channel or ground, or only other words."""

    id: str
    before: tuple[ChannelRule, ...]
    after: tuple[ChannelRule, ...]

    @property
    def decides_otherwise(self) -> bool:
        return [(r.when, r.channel) for r in self.before] != [(r.when, r.channel) for r in self.after]


@dataclass(frozen=True, slots=True)
class PackDiff:
    """From `before` to `after`. `cases` counts those that both can have; the rest of a pack's topics are in `topics_*`."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[RuleChange, ...]
    moved: tuple[str, ...]
    topics_added: tuple[str, ...]
    topics_removed: tuple[str, ...]
    channels: tuple[ChannelChange, ...]
    cases: int
    cases_changed: int


def diff(before: Pack, after: Pack) -> PackDiff:
    """Which rules came, went or changed, and which cases get another channel."""
    old, new = _by_id(before), _by_id(after)
    shared = [rule_id for rule_id in before.order if rule_id in new]
    changes = _channel_changes(before, after)
    return PackDiff(
        added=tuple(rule_id for rule_id in after.order if rule_id not in old),
        removed=tuple(rule_id for rule_id in before.order if rule_id not in new),
        changed=tuple(RuleChange(i, old[i], new[i]) for i in shared if old[i] != new[i]),
        moved=_moved(shared, [rule_id for rule_id in after.order if rule_id in old]),
        topics_added=tuple(t.id for t in after.topics if t.id not in before.topic_by_id),
        topics_removed=tuple(t.id for t in before.topics if t.id not in after.topic_by_id),
        channels=changes,
        cases=sum(prod(map(len, box.values())) for box in _shared_space(before, after)) * len(UnitType),
        cases_changed=sum(change.cases for change in changes),
    )


def _by_id(pack: Pack) -> dict[str, tuple[ChannelRule, ...]]:
    return {rule_id: tuple(rule for rule in pack.rules if rule.id == rule_id) for rule_id in pack.order}


def _moved(before: list[str], after: list[str]) -> tuple[str, ...]:
    """Rules of both packs that stand after another one than before."""
    previous = dict(zip(before, [None, *before[:-1]], strict=True))
    return tuple(i for i, prior in zip(after, [None, *after[:-1]], strict=True) if previous[i] != prior)


def _shared_space(before: Pack, after: Pack) -> tuple[Box, ...]:
    """Every case that both packs can have, for one sender."""
    topics = frozenset(after.values(Fact.TOPIC))
    boxes = ({**box, Fact.TOPIC: box[Fact.TOPIC] & topics} for box in whole_space(before))
    return tuple(box for box in boxes if box[Fact.TOPIC])


def _channel_changes(before: Pack, after: Pack) -> tuple[ChannelChange, ...]:
    cases: dict[tuple[str, str, str, str], int] = defaultdict(int)
    examples: dict[tuple[str, str, str, str], set[Example]] = defaultdict(set)
    for sender in UnitType:
        for one, other, box in _differing(before, after, sender):
            key = (one.channel, other.channel, one.row.id, other.row.id)
            cases[key] += prod(map(len, box.values()))
            examples[key].add(_example(before, sender, box))
    changes = (
        ChannelChange(key[0], key[1], (key[2], key[3]), count, _plainest(examples[key])) for key, count in cases.items()
    )
    return tuple(sorted(changes, key=lambda change: -change.cases))


def _differing(before: Pack, after: Pack, sender: UnitType) -> Iterator[tuple[Leaf, Leaf, Box]]:
    """Disjoint boxes that the two packs send different ways, each with its leaf in either pack."""
    others = all_leaves(after, sender)
    for one in all_leaves(before, sender):
        for other in others:
            if one.channel != other.channel and (box := _both(one.box, other.box)) is not None:
                yield one, other, box


def _both(one: Box, other: Box) -> Box | None:
    box: dict[Fact, frozenset[Value]] = {}
    for fact in BOX_FACTS:
        if not (shared := one[fact] & other[fact]):
            return None
        box[fact] = shared
    return box


def _example(pack: Pack, sender: UnitType, box: Box) -> Example:
    unusual = tuple(
        (fact, next(value for value in pack.values(fact) if value in box[fact]))
        for fact, ordinary in ORDINARY.items()
        if ordinary not in box[fact]
    )
    topic = next(value for value in pack.values(Fact.TOPIC) if value in box[Fact.TOPIC])
    recipients = [value for value in pack.values(Fact.RECIPIENT_TYPE) if value in box[Fact.RECIPIENT_TYPE]]
    other = next((value for value in recipients if value != sender), recipients[0])
    return Example(len(unusual), sender, other, topic, unusual)


def _plainest(examples: Iterable[Example]) -> tuple[Example, ...]:
    """The most ordinary ones, of different topics where there are."""
    ranked = sorted(examples, key=lambda e: (e.unusual, e.sender, str(e.recipient), str(e.topic)))
    topics: dict[Value, Example] = {}
    for example in ranked:
        topics.setdefault(example.topic, example)
    first = tuple(topics.values())[:EXAMPLES]
    return (*first, *(example for example in ranked if example not in first))[:EXAMPLES]


class Labelled(Protocol):
    """A labelled case, as `triage.evaluate.Case`: who writes to whom, the facts, and the channels that are right."""

    @property
    def sender(self) -> UnitType: ...
    @property
    def recipient(self) -> UnitType | None: ...
    @property
    def facts(self) -> Mapping[str, Value]: ...
    @property
    def right(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a labelled case fares in a pack. No channel: `asks` is what the labels left open, or the labels contradict each other."""

    case: Labelled
    channel: str | None
    rule: str | None
    asks: Fact | None = None
    unknown: tuple[str, ...] = ()
    """Facts or values that the pack does not know, so that the case could not be tried."""

    @property
    def is_same(self) -> bool:
        return self.channel in self.case.right


def replay(pack: Pack, cases: Iterable[Labelled]) -> tuple[Replayed, ...]:
    """Each case decided by its labelled facts alone, whatever pack it was labelled for. No text is read."""
    return tuple(_replayed(pack, case) for case in cases)


def _replayed(pack: Pack, case: Labelled) -> Replayed:
    if unknown := tuple(_unknown(pack, case)):
        return Replayed(case, None, None, unknown=unknown)
    facts: dict[Fact, Value] = {Fact.CONSENT: str(ConsentState.GIVEN), Fact.SYSTEM_DOWN: False}
    facts |= {Fact(name): value for name, value in case.facts.items()}
    match decide(pack, case.sender, case.recipient, answered(facts)):
        case Decided(channel=channel, row=row):
            return Replayed(case, channel.id, row.id)
        case Ask(fact=fact):
            return Replayed(case, None, None, asks=fact)
        case Conflict():
            return Replayed(case, None, None)


def _unknown(pack: Pack, case: Labelled) -> Iterator[str]:
    for name, value in case.facts.items():
        if name not in set(Fact):
            yield name
        elif value not in pack.values(Fact(name)):
            yield f"{name}: {value}"
