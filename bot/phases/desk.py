"""The desk a phase works at: the profile's pack, the matter and what the routine says of it. Reads; changes nothing but copies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.conversation import Conversation, Matter
from bot.findings import Profile, UnitCard
from bot.phases.screens import t
from bot.replies import Text
from bot.tools import Tools
from knowledge.errors import UnknownPack
from knowledge.pack import Channel, Pack
from knowledge.vocabulary import DEATH_NOTICE, Fact, PatientStatus, UnitType, Urgency, Value
from triage.choices import plain
from triage.consult import Consultation, consult
from triage.consult import Matter as Question
from triage.content import SURE
from triage.decide import Decided, Decision, NoRoutine
from triage.facts import Facts
from triage.reading import Context, Reading
from triage.unknown import decide_without


def pack_of(profile: Profile, tools: Tools) -> Pack | None:
    """The pack in force for this person; None in a gap."""
    if profile.pack is None:
        return None
    try:
        return tools.knowledge.registry.pack(profile.pack)
    except UnknownPack:
        return None


NAMED_WORDS: Final = 2
ROLES: Final = ("staff", "unit_administrator", "trainer", "routine_owner", "auditor", "system_administrator")


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on the desk: who asks, by which routine, about what, and what the routine says of it now."""

    conversation: Conversation
    profile: Profile
    routine: Pack
    pack: Pack
    """The routine as it holds towards the unit that is chosen, where one is."""
    matter: Matter
    consultation: Consultation

    @property
    def decision(self) -> Decision:
        return self.consultation.decision

    @property
    def decided(self) -> Decided | None:
        return self.decision if isinstance(self.decision, Decided) else None

    @property
    def facts(self) -> Facts:
        return Facts() if isinstance(self.decision, NoRoutine) else self.decision.facts

    @property
    def recipient(self) -> UnitType | None:
        """The type of unit the matter goes to, as far as it is known."""
        value = self.facts.value(Fact.RECIPIENT_TYPE)
        return None if value is None else UnitType(str(value))


def desk(conversation: Conversation, tools: Tools) -> Desk | None:
    """None while there is no matter, no profile, or no routine in force."""
    profile, matter = conversation.profile, conversation.matter
    routine = pack_of(profile, tools) if profile else None
    if profile is None or matter is None or routine is None:
        return None
    pack = towards(routine, matter.units)
    return Desk(conversation, profile, routine, pack, matter, consulted(conversation, profile, pack, matter, tools))


def towards(routine: Pack, units: Sequence[UnitCard]) -> Pack:
    """The routine as it holds towards these units: what the first has agreed to."""
    return routine.towards(takes_renewals_by_care_request=bool(units) and units[0].takes_renewals_by_care_request)


def consulted(conversation: Conversation, profile: Profile, pack: Pack, matter: Matter, tools: Tools) -> Consultation:
    """What the routine says about the matter as it stands now."""
    answers: dict[Fact, Value] = dict(matter.answers)
    if conversation.system_down:
        answers.setdefault(Fact.SYSTEM_DOWN, True)
    recipient = matter.units[0].unit_type if matter.units else None
    if recipient is not None:
        answers[Fact.RECIPIENT_TYPE] = str(recipient)
    found = consult(tools.reader, Question(pack, profile.unit_type, recipient, said(matter), answers))
    unknown = frozenset(matter.unknown) - answers.keys()
    if not unknown or isinstance(found.decision, NoRoutine):
        return found
    to = found.decision.facts.value(Fact.RECIPIENT_TYPE)
    whom = None if to is None else UnitType(str(to))
    return replace(found, decision=decide_without(pack, profile.unit_type, whom, found.decision, unknown))


def read(text: str, here: Desk, tools: Tools) -> Reading:
    """What these words say, apart from what was said before."""
    return tools.reader.read(text, Context(here.pack, here.profile.unit_type, here.recipient))


def named_recipient(here: Desk) -> str:
    """The words that said who it is for, with those after them: "vårdcentralen Nissastrand". Empty where none did."""
    text, evidence = said(here.matter), here.consultation.reading.recipient_evidence
    start, end = (evidence[0].start, evidence[0].end) if evidence else _mention(here, text)
    after = re.split(r"[.,;:!?\n]", text[end:], maxsplit=1)[0].split()[:NAMED_WORDS]
    return " ".join((text[start:end], *after)) if end else ""


def _mention(here: Desk, text: str) -> tuple[int, int]:
    """Where the text names a unit of the recipient's kind, though it does not say that it is for it."""
    if here.recipient is None:
        return 0, 0
    name = here.pack.unit_labels[here.recipient].split()[0]
    found = re.search(rf"\b{re.escape(name)}\w*", text, re.IGNORECASE)
    return found.span() if found else (0, 0)


def addressee(here: Desk) -> frozenset[str]:
    """Every word that names whom it is for: in the text, in the units' own names and in what such a unit is called."""
    text = said(here.matter)
    named = [text[found.start : found.end] for found in here.consultation.reading.recipient_evidence]
    named += [unit.name for unit in here.matter.units]
    named += [here.pack.unit_labels[here.recipient]] if here.recipient else []
    return frozenset(word for name in named for word in plain(name).split())


def said(matter: Matter) -> str:
    """Everything that was said about the matter, what it is about first."""
    return "\n".join(part for part in (matter.text, matter.notes) if part)


def with_matter(conversation: Conversation, **changes: Any) -> Conversation:
    """The conversation with its matter changed; as it is when there is none."""
    if conversation.matter is None:
        return conversation
    return replace(conversation, matter=replace(conversation.matter, **changes))


def with_answer(conversation: Conversation, fact: Fact, value: Value) -> Conversation:
    """The matter with an answer. What follows from the old answer goes with it, and the draft keeps what was written."""
    matter = conversation.matter
    if matter is None:
        return conversation
    answers = {**matter.answers, fact: value}
    if fact is Fact.TOPIC and value == DEATH_NOTICE:
        answers[Fact.PATIENT_STATUS] = str(PatientStatus.DECEASED)
    if fact is Fact.PATIENT_STATUS and value != PatientStatus.DECEASED and answers.get(Fact.TOPIC) == DEATH_NOTICE:
        del answers[Fact.TOPIC]
    units = () if fact is Fact.RECIPIENT_TYPE else matter.units
    return with_matter(
        conversation, answers=answers, asked=None, page=0, units=units, told=tuple(f for f in matter.told if f is not fact),
        unknown=tuple(f for f in matter.unknown if f is not fact), units_ready=bool(units) and matter.units_ready,
        searched=None, found=(),
    )  # fmt: skip


FEW_WORDS: Final = 3


def alarms(reading: Reading, text: str, matter: Matter) -> bool:
    """Whether what is told on the way speaks of danger or hurry.

    A mere likeness is no alarm in a name, a role or a thank-you, nor against the person's own answer; plain words always are.
    """
    unclear = reading.facts.unclear.get(Fact.URGENCY)
    least = SURE if len(text.split()) <= FEW_WORDS or Fact.URGENCY in matter.answers else 0.0
    hinted = unclear is not None and any(found.weight >= least for found in unclear.evidence)
    return hinted or reading.facts.value(Fact.URGENCY) in (Urgency.LIFE_THREATENING, Urgency.URGENT)


def tells(reading: Reading) -> bool:
    """Whether the words said anything about a matter; a doubt about words that could not be read is nothing said."""
    doubts = any(unclear.evidence for unclear in reading.facts.unclear.values())
    return bool(reading.facts.known) or doubts or reading.recipient is not None


def names_a_matter(reading: Reading) -> bool:
    """Whether a greeting or a question also names whom it is for or, but for a question about the routine, what it is about: in plain
    words, not by likeness alone.
    """
    if reading.kind == "question_about_routine":
        return reading.recipient is not None
    found = (
        *(known.evidence for known in reading.facts.known.values()),
        *(u.evidence for u in reading.facts.unclear.values()),
    )
    return reading.recipient is not None or any(one.weight >= SURE for evidence in found for one in evidence)


def kind_word(kind: str, text: str) -> Text:
    """A kind word back. Who greets in more than a word or two has not met Lots before, and is told what it is."""
    if kind == "greeting" and len(text.split()) >= FEW_WORDS:
        return t("chat.kind.greeting_and_lots", about=t("chat.kind.question_about_lots"))
    return t(f"chat.kind.{kind}")


def hints_at_hurry(reading: Reading) -> bool:
    """Whether the words may mean danger or hurry. They raise the alarm; they never lower it."""
    unclear = reading.facts.unclear.get(Fact.URGENCY)
    hinted = unclear is not None and bool(unclear.evidence)
    return hinted or reading.facts.value(Fact.URGENCY) in (Urgency.LIFE_THREATENING, Urgency.URGENT)


# ── labels ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def fact_label(fact: Fact) -> Text:
    return t(f"fact.{fact}")


def value_label(pack: Pack, fact: Fact, value: Value) -> Text:
    if fact is Fact.TOPIC and value in pack.topic_by_id:
        return t("chat.literal", text=pack.topic_by_id[str(value)].label)
    if fact in (Fact.RECIPIENT_TYPE, Fact.SENDER_TYPE):
        return unit_type_label(pack, UnitType(str(value)))
    return t(f"value.{fact}.{encode(value)}")


def unit_type_label(pack: Pack, unit_type: UnitType) -> Text:
    label = pack.unit_labels.get(unit_type)
    return t("chat.literal", text=label) if label else t(f"unit_type.{unit_type}")


def channel_label(channel: Channel) -> Text:
    return t("chat.literal", text=channel.label)


def role_label(role: str) -> Text:
    return t(f"chat.role.{role if role in ROLES else 'staff'}")


def encode(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def decode(pack: Pack, fact: Fact, text: str) -> Value | None:
    """The fact's value that was encoded so, or None."""
    return next((value for value in pack.values(fact) if encode(value) == text), None)
