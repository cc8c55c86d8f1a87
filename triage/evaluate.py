"""Measure the reading and the deciding on labelled cases, case by case. Pure: cases in, outcomes out; adds nothing up, prints nothing.

A case is answered from its own labels until a channel is reached: as a colleague who knows the person would answer.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from knowledge.pack import Pack
from knowledge.registry import Registry
from knowledge.vocabulary import SENDING_KINDS, ConsentState, Fact, Provenance, UnitType, Urgency, Value
from triage.consult import Matter, consult
from triage.decide import Ask, Conflict, Decided
from triage.reach import BOX_FACTS, first_hit
from triage.reading import Reader

ALARMS: Final = frozenset({"phone", "emergency_112"})
ROUNDS: Final = 10
_USUAL: Final[dict[Fact, Value]] = {Fact.CONSENT: str(ConsentState.GIVEN), Fact.SYSTEM_DOWN: False}
"""What holds where a label says nothing: known before the first question, in every measurement."""


class Harm(StrEnum):
    """What can go wrong for a case, worst first."""

    DANGER_MISSED = "danger_missed"
    AGAINST_CONSENT = "against_consent"
    WRONG_CHANNEL = "wrong_channel"
    FALSE_ALARM = "false_alarm"
    TAKEN_FOR_TALK = "taken_for_talk"
    ALARM_QUESTION = "alarm_question"
    NEEDLESS_QUESTION = "needless_question"


class Labelled(BaseModel):
    """What every kind of line has."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    text: str
    voice: str = ""
    trap: str = ""

    @property
    def group(self) -> str:
        """Who wrote it: the voice, or the series that the id begins with."""
        return self.voice or self.id.rpartition("-")[0] or self.id


class Case(Labelled):
    """A labelled text. `stated` are the facts a colleague would take as settled by it; `also_ok` channels are right too."""

    pack: str
    sender: UnitType
    recipient: UnitType | None = None
    facts: dict[str, Value]
    stated: tuple[str, ...] = ()
    channel: str
    also_ok: tuple[str, ...] = ()
    why: str = ""

    @property
    def right(self) -> frozenset[str]:
        return frozenset({self.channel, *self.also_ok})

    @property
    def urgent(self) -> bool:
        return self.facts.get(Fact.URGENCY) != Urgency.CAN_WAIT

    @property
    def calm(self) -> bool:
        """Neither hurry nor an outage: nothing that should raise an alarm."""
        return not self.urgent and not self.facts.get(Fact.SYSTEM_DOWN)

    def truth(self, fact: Fact) -> Value | None:
        if fact is Fact.RECIPIENT_TYPE:
            return str(self.recipient or UnitType.PRIMARY_CARE)
        return self.facts.get(fact, _USUAL.get(fact))


class AlarmCase(Labelled):
    """A text of which only the hurry is labelled: does it raise the alarm or not?"""

    urgency: Urgency

    @property
    def urgent(self) -> bool:
        return self.urgency is not Urgency.CAN_WAIT


class Example(Labelled):
    """A labelled text without a routine: which channel is right depends on the pack it is put to."""

    sender: UnitType
    recipient: UnitType | None = None
    facts: dict[str, Value | None]
    stated: tuple[str, ...] = ()
    kind: str = "matter"

    @property
    def is_matter(self) -> bool:
        return self.kind == "matter"

    def put_to(self, pack: Pack) -> Case:
        """The case it makes in that routine, its channel found row by row from the labels. Raises ValueError when a label is missing."""
        facts = {name: value for name, value in self.facts.items() if value is not None}
        recipient = str(self.recipient or UnitType.PRIMARY_CARE)
        full: dict[Fact, Value] = {
            **_USUAL,
            **{Fact(name): value for name, value in facts.items()},
            Fact.RECIPIENT_TYPE: recipient,
        }
        for fact in BOX_FACTS:
            if full.get(fact) not in pack.values(fact):
                raise ValueError(f"facts.{fact}: {full.get(fact)}")
        row = first_hit(pack, self.sender, full)
        return Case(
            **self.model_dump(exclude={"facts", "kind"}), pack=pack.id, facts=facts, channel=row.channel, why=row.id
        )


def parse(line: str, pack: Pack) -> Case | AlarmCase | None:
    """One line of a file, told by its keys. `pack` is for lines that name none; None for a line that is no matter.

    Raises ValueError (pydantic's ValidationError among them) for what is no labelled case.
    """
    raw = json.loads(line)
    if "channel" in raw:
        return Case.model_validate(raw)
    if "urgency" in raw and "facts" not in raw:
        return AlarmCase.model_validate(raw)
    example = Example.model_validate(raw)
    return example.put_to(pack) if example.is_matter else None


@dataclass(frozen=True, slots=True)
class Misread:
    """A fact that was taken for something else than it is: what usually explains a wrong channel."""

    fact: Fact
    taken_for: Value
    truth: Value
    provenance: Provenance
    why: tuple[str, ...] = ()
    """The lexicon entries or reasons that gave it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case went: the first decision without any question, the questions asked, the channel in the end."""

    case: Case
    kind: str
    at_once: str | None
    asked: tuple[Fact, ...]
    channel: str | None
    sends: bool
    misread: tuple[Misread, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.channel in self.case.right

    @property
    def needless(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.asked if _name(fact) in self.case.stated)

    @property
    def asked_urgency(self) -> bool:
        return Fact.URGENCY in self.asked

    @property
    def false_alarm(self) -> bool:
        return self.case.calm and self.channel in ALARMS and not self.case.right & ALARMS

    @property
    def danger_missed(self) -> bool:
        """An urgent matter that neither ended at the phone nor was asked about, or that was sent elsewhere at once."""
        if not self.case.urgent:
            return False
        silent = not self.asked_urgency and self.channel not in ALARMS
        return silent or (self.at_once is not None and self.at_once not in ALARMS)

    @property
    def against_consent(self) -> bool:
        """Sent although the person refused, where the label says it may not be."""
        return self.refused and self.sends and not self.is_right

    @property
    def refused(self) -> bool:
        return self.case.truth(Fact.CONSENT) == ConsentState.REFUSED

    @property
    def taken_for_talk(self) -> bool:
        """A matter that the conversation would answer as a greeting, thanks or a question."""
        return self.kind not in {"matter", "unreadable"}

    @property
    def harms(self) -> tuple[Harm, ...]:
        happened = {
            Harm.DANGER_MISSED: self.danger_missed,
            Harm.AGAINST_CONSENT: self.against_consent,
            Harm.TAKEN_FOR_TALK: self.taken_for_talk,
            Harm.WRONG_CHANNEL: not self.is_right,
            Harm.FALSE_ALARM: self.false_alarm,
            Harm.ALARM_QUESTION: self.case.calm and self.asked_urgency,
            Harm.NEEDLESS_QUESTION: bool(self.needless),
        }
        return tuple(harm for harm, did in happened.items() if did)


@dataclass(frozen=True, slots=True)
class AlarmOutcome:
    """How one text went whose hurry alone is labelled: whether the first answer was an alarm or a question about hurry."""

    case: AlarmCase
    kind: str
    alarm: bool
    channel: str | None

    @property
    def harms(self) -> tuple[Harm, ...]:
        happened = {
            Harm.DANGER_MISSED: self.case.urgent and not self.alarm,
            Harm.TAKEN_FOR_TALK: self.kind not in {"matter", "unreadable"},
            Harm.FALSE_ALARM: not self.case.urgent and self.channel in ALARMS,
            Harm.ALARM_QUESTION: not self.case.urgent and self.alarm,
        }
        return tuple(harm for harm, did in happened.items() if did)


def run(registry: Registry, reader: Reader, case: Case) -> Outcome:
    """Take one case through its questions. A question asked twice, or one the labels do not answer, ends it undecided."""
    pack = registry.pack(case.pack)
    known: dict[Fact, Value] = {fact: case.facts.get(fact, usual) for fact, usual in _USUAL.items()}
    asked: list[Fact] = []
    at_once: str | None = None
    kind = ""
    for number in range(ROUNDS):
        found = consult(reader, Matter(pack, case.sender, case.recipient, case.text, known))
        decision = found.decision
        kind = kind or found.reading.kind
        if isinstance(decision, Decided):
            at_once = decision.channel.id if number == 0 else None
            sends = decision.channel.kind in SENDING_KINDS
            return Outcome(case, kind, at_once, tuple(asked), decision.channel.id, sends, misread(case, decision))
        if not isinstance(decision, Ask):
            break
        truth = case.truth(decision.fact)
        again = decision.fact in asked
        asked.append(decision.fact)
        if truth is None or again:
            break
        known[decision.fact] = truth
    wrong = misread(case, decision) if isinstance(decision, Ask | Conflict) else ()
    return Outcome(case, kind, None, tuple(asked), None, sends=False, misread=wrong)


def run_alarm(reader: Reader, pack: Pack, case: AlarmCase) -> AlarmOutcome:
    """Put one text to a pack as a nurse in municipal care writing to primary care, and look at the first answer."""
    matter = Matter(pack, UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE, case.text, _USUAL)
    found = consult(reader, matter)
    match found.decision:
        case Decided(channel=channel):
            return AlarmOutcome(case, found.reading.kind, channel.id in ALARMS, channel.id)
        case Ask(fact=fact):
            return AlarmOutcome(case, found.reading.kind, fact is Fact.URGENCY, None)
        case _:
            return AlarmOutcome(case, found.reading.kind, alarm=False, channel=None)


def misread(case: Case, decision: Decided | Ask | Conflict) -> tuple[Misread, ...]:
    """The facts that the decision rests on and that are labelled otherwise."""
    return tuple(
        Misread(fact, known.value, truth, known.provenance, tuple(dict.fromkeys(e.why for e in known.evidence)))
        for fact, known in decision.facts.known.items()
        if known.provenance not in {Provenance.ANSWERED, Provenance.CONTEXT}
        and (truth := case.facts.get(fact)) is not None
        and truth != known.value
    )


def _name(fact: Fact) -> str:
    """As labels call it."""
    return "recipient" if fact is Fact.RECIPIENT_TYPE else str(fact)
