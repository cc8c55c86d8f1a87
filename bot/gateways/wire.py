"""The message API's answers as the bot reads them, and as values of the conversation. Unknown fields are let be; nothing is decided."""

from datetime import datetime, time
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.events import Receipt
from bot.findings import Answer, OpeningHours, Profile, SentMessage, UnitCard
from knowledge.directory import WEEK, Weekday
from knowledge.vocabulary import UnitType

ANSWERS: Final = frozenset({"answer", "request_more", "redirect"})


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class MyUnit(Wire):
    id: str
    name: str
    type: UnitType
    region: str


class Me(Wire):
    staff_id: str | None
    name: str | None = None
    role: str
    unit: MyUnit
    units: tuple[MyUnit, ...] = ()
    pack: str | None
    language: str | None = None
    outage: str | None = None
    waiting: int | None = None

    def profile(self) -> Profile | None:
        """None for a program's key that is no person's: nobody chats then."""
        if self.staff_id is None:
            return None
        unit = self.unit
        place = (unit.id, unit.name, unit.type, unit.region)
        return Profile(
            self.staff_id,
            self.role,
            *place,
            self.pack,
            name=self.name,
            language=self.language,
            outage=self.outage,
            units=tuple(one.id for one in self.units),
        )


class Hours(Wire):
    days: tuple[Weekday, ...]
    opens: time
    closes: time

    def rows(self) -> tuple[OpeningHours, ...]:
        """Hours within one day each: what goes on past midnight is a row of its own on the next day."""
        days = tuple(WEEK.index(day) for day in self.days)
        if self.opens < self.closes:
            return (OpeningHours(days, self.opens, self.closes),)
        evening = OpeningHours(days, self.opens, time.max)
        next_days = tuple((day + 1) % len(WEEK) for day in days)
        return (evening, OpeningHours(next_days, time.min, self.closes)) if self.closes > time.min else (evening,)


class WireUnit(Wire):
    id: str
    name: str
    type: UnitType
    region: str
    phone: str | None = None
    opening_hours: tuple[Hours, ...] = ()
    opening_text: str | None = None
    on_call_phone: str | None = None
    on_call_note: str | None = None
    has_access: bool = True
    no_access_in: frozenset[str] = frozenset()
    """Packs under which it takes no part in the message system."""
    receives: tuple[str, ...] = ()
    municipality: str | None = None
    organisation: str | None = None
    takes_renewals_by_care_request: bool = False

    def card(self, pack: str | None) -> UnitCard:
        """As it stands under this version of the routine."""
        return UnitCard(
            id=self.id,
            name=self.name,
            unit_type=self.type,
            region=self.region,
            phone=self.phone,
            hours=tuple(row for hours in self.opening_hours for row in hours.rows()),
            hours_text=self.opening_text,
            on_call_phone=self.on_call_phone,
            on_call_note=self.on_call_note,
            has_access=self.has_access and pack not in self.no_access_in,
            receives=self.receives,
            municipality=self.municipality,
            organisation=self.organisation,
            takes_renewals_by_care_request=self.takes_renewals_by_care_request,
        )


class Units(Wire):
    items: tuple[WireUnit, ...]


class WireReceipt(Wire):
    id: str
    number: str
    status: str
    delivery: str
    due_at: datetime | None = None

    def receipt(self) -> Receipt:
        return Receipt(self.id, self.number, self.status, self.delivery, self.due_at)


class Marked(Wire):
    due_at: datetime | None = None


class Recipient(Wire):
    unit_name: str


class Summary(Wire):
    id: str
    number: str
    status: str
    delivery: str
    channel_label: str
    recipients: tuple[Recipient, ...]
    created_at: datetime
    sent_at: datetime | None = None
    due_at: datetime | None = None
    asked_for_more: bool = False

    def summary(self) -> SentMessage:
        return SentMessage(
            message_id=self.id,
            number=self.number,
            channel=self.channel_label,
            status="asked_for_more" if self.asked_for_more and self.status != "overdue" else self.status,
            recipients=tuple(recipient.unit_name for recipient in self.recipients),
            delivery=self.delivery,
            due_at=self.due_at,
            sent_at=self.sent_at or self.created_at,
        )


class Sent(Wire):
    items: tuple[Summary, ...]


class Entry(Wire):
    kind: str
    unit_name: str
    text: str | None = None
    at: datetime


class Message(Summary):
    entries: tuple[Entry, ...] = ()

    def answers(self) -> tuple[Answer, ...]:
        return tuple(
            Answer(entry.kind, entry.text or "", entry.unit_name, entry.at)
            for entry in self.entries
            if entry.kind in ANSWERS
        )


class Draft(Wire):
    id: str
    url: str


class Call(Wire):
    id: str
    number: int
    outcome: str | None = None
    name: str | None = None
    phone: str | None = None
    retry_at: datetime | None = None
    url: str


class Notice(Wire):
    cursor: str
    kind: str
    staff_id: str
    system: str
    exercise: bool = False
    planned_from: datetime | None = None
    started_at: datetime | None = None
    call_id: str | None = None
    number: int | None = None
    name: str | None = None
    phone: str | None = None


class Notices(Wire):
    items: tuple[Notice, ...]
    next: str


class EventItem(Wire):
    cursor: str
    type: str
    message_id: str
    number: str
    staff_id: str | None
    about_unit_name: str | None = None
    about_unit_phone: str | None = None
    at: datetime
    due_at: datetime | None = None
    answer: str | None = None


class Events(Wire):
    items: tuple[EventItem, ...]
    next: str


ME: Final = TypeAdapter(Me)
UNITS: Final = TypeAdapter(Units)
RECEIPT: Final = TypeAdapter(WireReceipt)
MARKED: Final = TypeAdapter(Marked)
SENT: Final = TypeAdapter(Sent)
MESSAGE: Final = TypeAdapter(Message)
DRAFT: Final = TypeAdapter(Draft)
EVENTS: Final = TypeAdapter(Events)
CALL: Final = TypeAdapter(Call)
NOTICES: Final = TypeAdapter(Notices)
REPORTED: Final[TypeAdapter[dict[str, object] | None]] = TypeAdapter(dict[str, object] | None)
STATE: Final = TypeAdapter(dict[str, str])
