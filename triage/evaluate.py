"""Measure the reading and the deciding on labelled cases, split by harm. Pure: cases in, figures out; prints nothing.

A case is answered from its own labels until a channel is reached: as a colleague who knows the person would answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, ConfigDict

from knowledge.registry import Registry
from knowledge.vocabulary import ConsentState, Fact, UnitType, Urgency, Value
from triage.consult import Matter, consult
from triage.decide import Ask, Decided
from triage.reading import Reader

ALARMS = frozenset({"phone", "emergency_112"})
SENDING = frozenset(
    {"message_outside_care_episode", "care_request", "mvo", "administrative_message", "planning", "sip"}
)
ROUNDS = 12


class Case(BaseModel):
    """A labelled text. `stated` are the facts a colleague would take as settled by it; `also_ok` channels are right too."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    pack: str
    sender: UnitType
    recipient: UnitType | None = None
    text: str
    facts: dict[str, Value]
    stated: tuple[str, ...] = ()
    channel: str
    also_ok: tuple[str, ...] = ()
    why: str = ""

    @property
    def right(self) -> frozenset[str]:
        return frozenset({self.channel, *self.also_ok})

    def truth(self, fact: Fact) -> Value | None:
        if fact is Fact.RECIPIENT_TYPE:
            return str(self.recipient or UnitType.PRIMARY_CARE)
        return self.facts.get(fact)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case went: the first decision without any question, the questions asked, the channel in the end."""

    case: Case
    at_once: str | None
    asked: tuple[Fact, ...]
    channel: str | None

    @property
    def is_right(self) -> bool:
        return self.channel in self.case.right

    @property
    def urgent(self) -> bool:
        return self.case.facts.get(Fact.URGENCY) != Urgency.CAN_WAIT

    @property
    def danger_missed(self) -> bool:
        """An urgent matter that neither ended at the phone nor was asked about."""
        if not self.urgent:
            return False
        silent = Fact.URGENCY not in self.asked and self.channel not in ALARMS
        return silent or (self.at_once is not None and self.at_once not in ALARMS)

    @property
    def against_consent(self) -> bool:
        """Sent although the person refused, where the label says it may not be."""
        return self.case.facts.get(Fact.CONSENT) == ConsentState.REFUSED and self.channel in SENDING - self.case.right

    @property
    def false_alarm(self) -> bool:
        return not self.urgent and self.channel in ALARMS and not self.case.right & ALARMS

    @property
    def needless(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.asked if str(fact) in self.case.stated)


@dataclass
class Tally:
    """Right of all, for a pack, a channel or a group of writers."""

    right: int = 0
    cases: int = 0

    def add(self, right: bool) -> None:
        self.right += right
        self.cases += 1

    def __str__(self) -> str:
        return f"{self.right}/{self.cases}"


@dataclass(frozen=True)
class Figures:
    """The harm first: danger missed and sent against consent are counts that should be 0."""

    cases: int
    right: float
    right_at_once: float
    questions_per_case: float
    danger_missed: int
    urgent: int
    against_consent: int
    needless_questions: int
    calm: int
    calm_asked_urgency: int
    false_alarms: int
    by_pack: Mapping[str, Tally] = field(default_factory=dict)
    by_channel: Mapping[str, Tally] = field(default_factory=dict)
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Self:
        done = tuple(outcomes)
        calm = [o for o in done if not o.urgent and not o.case.facts.get(Fact.SYSTEM_DOWN)]
        by_pack, by_channel = defaultdict[str, Tally](Tally), defaultdict[str, Tally](Tally)
        for outcome in done:
            by_pack[outcome.case.pack].add(outcome.is_right)
            by_channel[outcome.case.channel].add(outcome.is_right)
        count = max(len(done), 1)
        return cls(
            cases=len(done),
            right=sum(o.is_right for o in done) / count,
            right_at_once=sum(o.at_once in o.case.right for o in done) / count,
            questions_per_case=sum(len(o.asked) for o in done) / count,
            danger_missed=sum(o.danger_missed for o in done),
            urgent=sum(o.urgent for o in done),
            against_consent=sum(o.against_consent for o in done),
            needless_questions=sum(len(o.needless) for o in done),
            calm=len(calm),
            calm_asked_urgency=sum(Fact.URGENCY in o.asked for o in calm),
            false_alarms=sum(o.false_alarm for o in calm),
            by_pack=dict(sorted(by_pack.items())),
            by_channel=dict(sorted(by_channel.items())),
            confusion=Counter((o.case.channel, str(o.channel)) for o in done if not o.is_right),
        )


def run(registry: Registry, reader: Reader, case: Case) -> Outcome:
    """Take one case through its questions. A question asked twice, or one the labels do not answer, ends it undecided."""
    pack = registry.pack(case.pack)
    known: dict[Fact, Value] = {
        Fact.CONSENT: case.facts.get(Fact.CONSENT, str(ConsentState.GIVEN)),
        Fact.SYSTEM_DOWN: case.facts.get(Fact.SYSTEM_DOWN, False),
    }
    asked: list[Fact] = []
    at_once: str | None = None
    for number in range(ROUNDS):
        decision = consult(reader, Matter(pack, case.sender, case.recipient, case.text, known)).decision
        if isinstance(decision, Decided):
            at_once = decision.channel.id if number == 0 else None
            return Outcome(case, at_once, tuple(asked), decision.channel.id)
        truth = case.truth(decision.fact) if isinstance(decision, Ask) else None
        if not isinstance(decision, Ask) or truth is None or decision.fact in asked:
            break
        asked.append(decision.fact)
        known[decision.fact] = truth
    return Outcome(case, None, tuple(asked), None)
