"""What the matter is about: weighted phrases and, where the lexicon has examples, how alike they are. Knows no channel.

Topics that lead to the same place in this pack, for these units, count together: what cannot change the answer is not asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from knowledge.pack import Pack
from knowledge.vocabulary import DERIVED, FIXED_VALUES, ConsentState, Fact, PatientStatus, Provenance, UnitType, Value
from triage.facts import Evidence, Known, Unclear
from triage.reach import first_hit
from triage.reading.classify import evidence
from triage.reading.match import Hit
from triage.reading.model import Verdict, shares
from triage.reading.normalise import Token

_SURE = 0.85
"""How likely one answer must be, among those that lead to different places, to be taken as read."""
_SHOWN = 4
_BESIDE_MODEL, _ALONE = 0.6, 2.0
"""How much an entry's weight counts beside the small model, which has seen most entries, and without one."""
_LEARNT_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Scores:
    """How much speaks for each topic, on a log scale, with the evidence."""

    by_topic: Mapping[str, float]
    evidence: tuple[Evidence, ...]


def score(hits: Sequence[Hit], tokens: Sequence[Token], verdict: Verdict | None) -> Scores:
    """The weights of the entries found, each once, beside what the small model says if there is one."""
    once: dict[str, Hit] = {}
    for hit in hits:
        once.setdefault(hit.why, hit)
    total = dict(verdict.scores) if verdict else {}
    scale = _BESIDE_MODEL if verdict else _ALONE
    for hit in once.values():
        topic = str(hit.entry.value)
        total[topic] = total.get(topic, 0.0) + scale * hit.entry.weight
    found = tuple(evidence(Fact.TOPIC, hit, tokens) for hit in once.values())
    return Scores(total, (*found, *_learnt(verdict, tokens)))


def _learnt(verdict: Verdict | None, tokens: Sequence[Token]) -> tuple[Evidence, ...]:
    """The words that weighed most for the model's own best topic."""
    if verdict is None:
        return ()
    best = max(verdict.scores, key=verdict.scores.__getitem__)
    return tuple(
        Evidence(Fact.TOPIC, best, tokens[sign.first].start, tokens[sign.last - 1].end, "models.topic", _LEARNT_WEIGHT)
        for sign in verdict.reasons
    )


def read_topic(scores: Scores, groups: Sequence[frozenset[str]], topics: Sequence[str]) -> Known | Unclear | None:
    """The likeliest topic, where its group is likely enough; else unclear with the likeliest few."""
    if not scores.by_topic:
        return None
    share = shares({topic: scores.by_topic.get(topic, 0.0) for topic in topics})
    ranked = sorted(topics, key=lambda topic: -share[topic])
    best = max(groups, key=lambda group: sum(share.get(topic, 0.0) for topic in group))
    if sum(share.get(topic, 0.0) for topic in best) >= _SURE:
        topic = next(topic for topic in ranked if topic in best)
        own = tuple(item for item in scores.evidence if item.value in best)
        return Known(topic, Provenance.INFERRED, own)
    return Unclear(tuple(ranked[:_SHOWN]), tuple(item for item in scores.evidence if item.value in ranked[:_SHOWN]))


def alike(
    pack: Pack, sender: UnitType, recipient: UnitType | None, known: Mapping[Fact, Value]
) -> tuple[frozenset[str], ...]:
    """The pack's topics in groups that lead to the same places, given who writes to whom, what is known and what the pack assumes."""
    return _alike(_Same(pack), sender, recipient, tuple(sorted(known.items())))


class _Same:
    """A pack as a cache key: by identity, since a loaded pack is never changed."""

    __slots__ = ("pack",)

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __hash__(self) -> int:
        return id(self.pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.pack is self.pack


@lru_cache(maxsize=2048)
def _alike(
    key: _Same, sender: UnitType, recipient: UnitType | None, known: tuple[tuple[Fact, Value], ...]
) -> tuple[frozenset[str], ...]:
    pack = key.pack
    recipients = (recipient,) if recipient is not None else _USUAL_RECIPIENTS
    cases = tuple(case for to in recipients for case in _cases(pack, sender, to, dict(known)))
    groups: dict[tuple[str, ...], set[str]] = {}
    for topic in pack.topics:
        way = tuple(first_hit(pack, sender, {**case, Fact.TOPIC: topic.id}).channel for case in cases)
        groups.setdefault(way, set()).add(topic.id)
    return tuple(frozenset(group) for group in groups.values())


_USUAL_RECIPIENTS = (UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, UnitType.SPECIALIST_OUTPATIENT)


def _cases(
    pack: Pack, sender: UnitType, recipient: UnitType, known: Mapping[Fact, Value]
) -> Iterable[dict[Fact, Value]]:
    """The case as known and assumed, once for each answer to a yes-or-no fact that is neither."""
    units: dict[Fact, Value] = {Fact.SENDER_TYPE: str(sender), Fact.RECIPIENT_TYPE: str(recipient)}
    case: dict[Fact, Value] = {fact: values[0] for fact, values in FIXED_VALUES.items() if fact not in DERIVED}
    case |= {Fact.CONSENT: str(ConsentState.NOT_ASKED), Fact.PATIENT_STATUS: str(PatientStatus.AT_HOME)}
    assumed = {a.fact: a.value for a in reversed(pack.assumptions) if all(units.get(f) in v for f, v in a.when.items())}
    case |= assumed | dict(known) | {Fact.RECIPIENT_TYPE: str(recipient)}
    open_facts = [f for f in _OPEN if f not in known and f not in assumed]
    for values in product((True, False), repeat=len(open_facts)):
        yield case | dict(zip(open_facts, values, strict=True))


_OPEN = (Fact.HOME_CARE_ENROLLED, Fact.CONTROLLED_DRUG)
