"""A message as it is handed out or put away: everything that is kept about it, opened. Changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.messages import sealing
from api.messages.schemas import ConsentOut, PersonOut, SectionOut
from api.messages.tables import EntryRow, MessageRow, RecipientRow
from api.messages.views import recipients_of
from common.crypto import Cipher


class RecipientRecord(BaseModel):
    unit: str
    state: str
    added_as: str
    received_at: datetime
    read_at: datetime | None
    acknowledged_at: datetime | None
    answered_at: datetime | None


class EntryRecord(BaseModel):
    kind: str
    unit: str
    other_unit: str | None
    staff: str | None
    heading: str | None
    text: str | None
    at: datetime


class MessageRecord(BaseModel):
    """One message with its recipients and what was done with it. `person`, `subject` and `sections` are null where they were not kept."""

    id: str
    number: str
    thread: str
    in_response_to: str | None
    pack: str
    channel: str
    delivery: str
    state: str
    follow_up: str | None
    exercise: bool
    sender_unit: str
    sender_staff: str | None
    created_at: datetime
    sent_at: datetime | None
    due_at: datetime | None
    person: PersonOut | None
    subject: str | None
    sections: list[SectionOut] | None
    consent: ConsentOut
    recipients: list[RecipientRecord]
    entries: list[EntryRecord]

    @property
    def says_something(self) -> bool:
        """Whether any words are left in what was done with it."""
        return any(entry.text is not None or entry.heading is not None for entry in self.entries)

    @property
    def last_event(self) -> datetime:
        """When something last happened to it."""
        moments = [self.created_at, self.sent_at, *(entry.at for entry in self.entries)]
        for row in self.recipients:
            moments += [row.received_at, row.read_at, row.acknowledged_at, row.answered_at]
        return max(moment for moment in moments if moment is not None)


async def records_of(session: AsyncSession, cipher: Cipher, messages: Sequence[MessageRow]) -> list[MessageRecord]:
    ids = [message.id for message in messages]
    recipients = await recipients_of(session, ids)
    wanted = select(EntryRow).where(col(EntryRow.message_id).in_(ids)).order_by(col(EntryRow.at), col(EntryRow.id))
    entries = (await session.exec(wanted)).all()
    return [
        _record(cipher, message, recipients[message.id], [entry for entry in entries if entry.message_id == message.id])
        for message in messages
    ]


def _record(
    cipher: Cipher, message: MessageRow, recipients: Sequence[RecipientRow], entries: Sequence[EntryRow]
) -> MessageRecord:
    content = sealing.open_content(cipher, message)
    plain = {name: getattr(message, name) for name in _PLAIN}
    return MessageRecord(
        **plain,
        person=sealing.open_person(cipher, message),
        subject=None if content is None else content.subject,
        sections=None if content is None else content.sections,
        consent=sealing.open_consent(cipher, message),
        recipients=[_recipient(row) for row in recipients],
        entries=[_entry(cipher, row) for row in entries],
    )


_PLAIN = (
    *("id", "number", "thread", "in_response_to", "pack", "channel", "delivery", "state", "follow_up", "exercise"),
    *("sender_unit", "sender_staff", "created_at", "sent_at", "due_at"),
)


def _recipient(row: RecipientRow) -> RecipientRecord:
    return RecipientRecord(
        unit=row.unit_id,
        state=row.state,
        added_as=row.added_as,
        received_at=row.received_at,
        read_at=row.read_at,
        acknowledged_at=row.acknowledged_at,
        answered_at=row.answered_at,
    )


def _entry(cipher: Cipher, row: EntryRow) -> EntryRecord:
    words = sealing.open_words(cipher, row)
    return EntryRecord(
        kind=row.kind,
        unit=row.unit_id,
        other_unit=row.other_unit,
        staff=row.staff_id,
        heading=words.heading,
        text=words.text,
        at=row.at,
    )
