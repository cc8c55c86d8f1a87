"""A message as its pages show it: from the API's own shapes to words, tones and lines. Pure; decides nothing and reads nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from api.messages.checks import SECRECY
from api.messages.delivery import Delivery
from api.messages.schemas import (
    ConsentOut,
    EntryOut,
    InboxItem,
    MessageOut,
    MessageSummary,
    PersonOut,
    RecipientOut,
    SectionOut,
)
from api.messages.status import OVERDUE, MessageState, RecipientState
from common.web.dates import SwedishTime, Text
from knowledge.errors import UnknownPack
from knowledge.pack import Channel
from knowledge.registry import Registry

Tone = Literal["new", "calm", "good", "warn", "bad", "plain"]
Fact = tuple[str, str]
Mark = Literal["sent", "read", "answered"]

ASKED: Final = "asked_for_more"
"""An answered message of which a unit wants to know more."""
WRONG: Final = "wrong"
"""A closed message that its sender says was wrongly sent."""
TONES: Final[dict[str, Tone]] = {
    RecipientState.RECEIVED: "new",
    RecipientState.ACKNOWLEDGED: "calm",
    RecipientState.ANSWERED: "good",
    RecipientState.FORWARDED: "plain",
    OVERDUE: "bad",
    MessageState.TO_COPY: "warn",
    MessageState.TO_SEND: "calm",
    MessageState.SENT: "new",
    MessageState.UNDELIVERED: "bad",
    MessageState.CLOSED: "plain",
    "read": "calm",
    WRONG: "warn",
    ASKED: "warn",
}
UNDONE: Final = frozenset(
    {
        RecipientState.RECEIVED,
        RecipientState.ACKNOWLEDGED,
        OVERDUE,
        MessageState.TO_COPY,
        MessageState.TO_SEND,
        MessageState.SENT,
        MessageState.UNDELIVERED,
    }
)
ANSWERED_BY: Final[dict[str, frozenset[str]]] = {
    "answer_every": frozenset({RecipientState.RECEIVED, RecipientState.ACKNOWLEDGED}),
    "answer": frozenset({RecipientState.RECEIVED, RecipientState.ACKNOWLEDGED}),
    "confirm": frozenset({RecipientState.RECEIVED}),
    "none": frozenset(),
}
"""In which states a reply policy still waits for a unit."""
UNKNOWN_POLICY: Final = "answer"
"""Of a version that is no longer kept: rather waited for than forgotten."""


@dataclass(frozen=True)
class Row:
    """One line in a list: nothing about the person and nothing of the text."""

    id: str
    number: str
    channel: str
    unit: str
    status: str
    status_label: str
    tone: Tone
    at: datetime
    due_at: datetime | None
    overdue: bool
    open: bool
    state: str = ""
    """In an inbox: what the reader's own unit has done with it."""
    by: str = ""
    remind_at: datetime | None = None
    """A reminder of the reader's own whose time has come."""


@dataclass(frozen=True)
class RecipientLine:
    unit: str
    label: str
    tone: Tone


@dataclass(frozen=True)
class Deed:
    """One thing done with a message. `ours`: by the unit of the reader."""

    unit: str
    deed: str
    at: datetime
    text: str | None
    ours: bool


@dataclass(frozen=True)
class Letter(Row):
    """A message opened."""

    subject: str = ""
    exercise: bool = False
    system: str = ""
    place: str = ""
    policy: str = ""
    call_advice: str = ""
    person_facts: Sequence[Fact] = ()
    consent_facts: Sequence[Fact] = ()
    facts: Sequence[Fact] = ()
    sections: Sequence[SectionOut] = ()
    recipients: Sequence[RecipientLine] = ()
    entries: Sequence[Deed] = ()
    marks: Sequence[Mark] = ()
    wrong: bool = False
    closed: bool = False
    living: bool = False
    """Others go on filling it in, and more units can be taken in."""


@dataclass(frozen=True)
class Phone:
    unit: str
    number: str | None


@dataclass(frozen=True)
class Views:
    """Puts messages into words. `now` decides what is late."""

    text: Text
    time: SwedishTime
    registry: Registry
    now: datetime

    def inbox_row(self, item: InboxItem) -> Row:
        """The message as the unit that received it sees it: by its own state."""
        waits = self._waits(item, item.unit_state)
        late = self._late(item, item.unit_state)
        status = self._own_status(item, item.unit_state)
        return Row(
            id=item.id,
            number=item.number,
            channel=item.channel_label,
            unit=item.sender_unit_name,
            status=status,
            status_label=self.text(f"page.status.{status}"),
            tone=TONES[status],
            at=item.received_at,
            due_at=item.due_at,
            overdue=late,
            open=waits,
            state=item.unit_state,
        )

    def sent_row(self, message: MessageSummary) -> Row:
        """The message as the unit that sent it sees it: by the state of the whole."""
        read = message.status == MessageState.SENT and message.follow_up == "read"
        status = "read" if read else WRONG if message.closed_as == WRONG else message.status
        asked = message.asked_for_more and status != OVERDUE
        status = ASKED if asked else status
        return Row(
            id=message.id,
            number=message.number,
            channel=message.channel_label,
            unit=self._units(message),
            status=status,
            status_label=self.text(f"page.sent_status.{status}"),
            tone=TONES[status],
            at=message.sent_at or message.created_at,
            due_at=None if asked else message.due_at,
            overdue=message.status == OVERDUE,
            open=asked or message.status in UNDONE,
            by=self.text("page.sent.by_me") if message.sent_by_me else self.text("page.sent.by_unit"),
        )

    def received(self, message: MessageOut, unit_id: str) -> Letter:
        """The whole message for one of the units that received it."""
        mine = next(recipient for recipient in message.recipients if recipient.unit == unit_id)
        late = self._late(message, mine.state)
        status = self._own_status(message, mine.state)
        due_label = self.text("page.message.due")
        letter = self._letter(
            message,
            unit_id,
            Row(
                id=message.id,
                number=message.number,
                channel=message.channel_label,
                unit=message.sender_unit_name,
                status=status,
                status_label=self.text(f"page.status.{status}"),
                tone=TONES[status],
                at=mine.received_at,
                due_at=message.due_at,
                overdue=late,
                open=self._waits(message, mine.state),
                state=mine.state,
            ),
            due_label,
        )
        return replace(letter, living=letter.living and mine.state != RecipientState.FORWARDED)

    def sent(self, message: MessageOut, unit_id: str, phone: Phone | None = None) -> Letter:
        """The whole message for the unit that sent it; `phone`: whom to call when the answer is late."""
        return self._letter(message, unit_id, self.sent_row(message), self.text("page.message.due_sent"), phone)

    def consent(self, consent: ConsentOut) -> tuple[Fact, ...]:
        """The consent record, as the receiver is shown it. Of one who cannot answer or has died, secrecy was weighed instead."""
        label = "page.consent."
        assessed = consent.basis == SECRECY
        state = self.text(f"{label}assessed" if assessed else f"{label}states.{consent.state}")
        pairs = (
            ("state", state),
            ("basis", self.text(f"{label}bases.{consent.basis}") if consent.basis else None),
            ("obtained_by", consent.obtained_by),
            ("obtained_at", self.time.full_moment(consent.obtained_at) if consent.obtained_at else None),
            ("decided_by", consent.decided_by),
            ("reason", consent.reason),
        )
        return tuple((self.text(label + name), value) for name, value in pairs if value)

    def person(self, person: PersonOut | None) -> tuple[Fact, ...]:
        if person is None:
            return ((self.text("page.message.person"), self.text("page.message.person_none")),)
        number = (self.text(f"page.id_type.{person.id_type}"), grouped(person.id_type, person.id))
        return (number, (self.text("page.draft.person_name"), person.name)) if person.name else (number,)

    def _letter(
        self, message: MessageOut, unit_id: str, row: Row, due_label: str, phone: Phone | None = None
    ) -> Letter:
        channel = self._channel(message)
        return Letter(
            **vars(row),
            subject=message.subject or "",
            exercise=message.exercise,
            system=channel.system if channel else "",
            place=self._place(message, channel),
            policy=self.text(f"page.message.policy.{channel.reply_policy}") if channel else "",
            call_advice=self._call_advice(row, phone),
            person_facts=self.person(message.person),
            consent_facts=self.consent(message.consent),
            facts=tuple(self._facts(message, due_label)),
            sections=tuple(section for section in message.sections or () if section.text.strip()),
            recipients=tuple(self._recipient(message, recipient, row) for recipient in message.recipients),
            entries=tuple(self._deed(entry, message, unit_id, channel) for entry in message.entries),
            marks=marks(message),
            wrong=message.closed_as == WRONG,
            closed=message.status == MessageState.CLOSED,
            living=_lives(message, channel),
        )

    def _recipient(self, message: MessageSummary, recipient: RecipientOut, row: Row) -> RecipientLine:
        """Of what lies in another system, only what the sender has told is known."""
        if message.delivery != Delivery.BUILT_IN:
            return RecipientLine(recipient.unit_name, row.status_label, row.tone)
        state = ASKED if recipient.asks_for_more else recipient.state
        return RecipientLine(recipient.unit_name, self.text(f"page.sent_status.{state}"), TONES[state])

    def _facts(self, message: MessageOut, due_label: str) -> Iterable[Fact]:
        yield self.text("page.message.number"), message.number
        yield self.text("page.message.from"), message.sender_unit_name
        yield self.text("page.message.to"), self._units(message)
        if message.status != MessageState.TO_COPY:
            yield self.text("page.message.sent_at"), self.time.full_moment(message.sent_at or message.created_at)
        if message.earliest_answer_at:
            yield self.text("page.message.earliest"), self.time.full_moment(message.earliest_answer_at)
        due = self.time.full_moment(message.due_at) if message.due_at else self.text("page.message.no_due")
        yield due_label, due

    def _place(self, message: MessageSummary, channel: Channel | None) -> str:
        system = channel.system if channel else ""
        match message.delivery:
            case Delivery.BUILT_IN:
                return self.text("page.message.system", system=system)
            case Delivery.COPY_OUT:
                return ""
            case _:
                return self.text("page.message.port", system=system)

    def _deed(self, entry: EntryOut, message: MessageSummary, unit_id: str, channel: Channel | None) -> Deed:
        key = f"page.entry.{entry.kind}"
        if entry.kind == "follow_up":
            key = f"page.entry.follow_up_{message.follow_up or 'read'}"
        words = self.text(key, unit=entry.other_unit_name or "", system=channel.system if channel else "")
        said = "\n".join(part for part in (entry.heading, entry.text) if part) or None
        return Deed(entry.unit_name, words, entry.at, said, ours=entry.unit == unit_id)

    def _call_advice(self, row: Row, phone: Phone | None) -> str:
        if not row.overdue or phone is None:
            return ""
        if phone.number is None:
            return self.text("page.message.overdue_sender_no_phone", unit=phone.unit)
        return self.text("page.message.overdue_sender", unit=phone.unit, phone=phone.number)

    def _units(self, message: MessageSummary) -> str:
        return ", ".join(recipient.unit_name for recipient in message.recipients)

    def _own_status(self, message: MessageSummary, state: str) -> str:
        """What one unit sees of where it stands itself."""
        if message.status == MessageState.CLOSED:
            return WRONG if message.closed_as == WRONG else MessageState.CLOSED
        return OVERDUE if self._late(message, state) else state

    def _waits(self, message: MessageSummary, state: str) -> bool:
        """Whether this unit still has something to do: what is new is at least to be acknowledged."""
        return message.status != MessageState.CLOSED and (
            state == RecipientState.RECEIVED or self._awaited(message, state)
        )

    def _late(self, message: MessageSummary, state: str) -> bool:
        overdue = message.due_at is not None and self.now > message.due_at
        return overdue and message.status != MessageState.CLOSED and self._awaited(message, state)

    def _awaited(self, message: MessageSummary, state: str) -> bool:
        channel = self._channel(message)
        return state in ANSWERED_BY[channel.reply_policy if channel else UNKNOWN_POLICY]

    def _channel(self, message: MessageSummary) -> Channel | None:
        """The channel as its pack's version has it; None when that version is no longer kept."""
        try:
            return self.registry.pack(message.pack).channel_by_id.get(message.channel)
        except UnknownPack:
            return None


def _lives(message: MessageOut, channel: Channel | None) -> bool:
    """Where it is kept with its words, and not closed."""
    open_here = message.delivery == Delivery.BUILT_IN and message.status != MessageState.CLOSED
    return open_here and message.sections is not None and channel is not None and channel.living


def marks(message: MessageSummary) -> tuple[Mark, ...]:
    """What the sender can tick: only for what was copied into another system."""
    if message.delivery != Delivery.COPY_OUT or message.status == RecipientState.ANSWERED:
        return ()
    if message.status == MessageState.TO_COPY:
        return ("sent",)
    if message.status not in {MessageState.SENT, OVERDUE}:
        return ()
    return ("answered",) if message.follow_up == "read" else ("read", "answered")


def grouped(id_type: str, value: str) -> str:
    """19121212-1212: as people write it, where the number has that form."""
    plain = value.isdigit() and len(value) == 12 and id_type in {"personnummer", "samordningsnummer"}
    return f"{value[:8]}-{value[8:]}" if plain else value
