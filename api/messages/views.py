"""From rows to what a caller is shown. Opens only what is asked for; changes nothing."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller
from api.context import Api
from api.messages import sealing
from api.messages.schemas import EntryOut, InboxItem, MessageOut, MessageSummary, RecipientOut
from api.messages.status import MessageState, status
from api.messages.tables import EntryRow, MessageRow, RecipientRow
from api.units import service as units
from knowledge.pack import Channel
from triage.working_time import earliest


class Common(TypedDict):
    """The fields that every view of a message has."""

    id: str
    number: str
    thread: str
    in_response_to: str | None
    status: str
    delivery: str
    pack: str
    channel: str
    channel_label: str
    sender_unit: str
    sender_unit_name: str
    sent_by_me: bool
    recipients: list[RecipientOut]
    exercise: bool
    follow_up: str | None
    closed_as: str | None
    consent_state: str
    consent_basis: str | None
    created_at: object
    sent_at: object
    due_at: object
    earliest_answer_at: object


def channel_of(api: Api, message: MessageRow) -> Channel:
    return api.knowledge.registry.pack(message.pack).channel_by_id[message.channel]


async def recipients_of(session: AsyncSession, message_ids: Sequence[str]) -> dict[str, list[RecipientRow]]:
    """The recipients of each message, in the order they came in."""
    wanted = select(RecipientRow).where(col(RecipientRow.message_id).in_(message_ids))
    rows = (await session.exec(wanted.order_by(col(RecipientRow.received_at), col(RecipientRow.unit_id)))).all()
    found: dict[str, list[RecipientRow]] = {message_id: [] for message_id in message_ids}
    for row in rows:
        found[row.message_id].append(row)
    return found


async def entries_of(session: AsyncSession, message_id: str) -> Sequence[EntryRow]:
    wanted = select(EntryRow).where(EntryRow.message_id == message_id)
    return (await session.exec(wanted.order_by(col(EntryRow.at), col(EntryRow.id)))).all()


def common(
    api: Api, caller: Caller, message: MessageRow, recipients: Sequence[RecipientRow], names: Mapping[str, str]
) -> Common:
    channel = channel_of(api, message)
    since = message.created_at if message.state == MessageState.DELIVERED else message.sent_at
    level = channel.service_level
    return Common(
        id=message.id,
        number=message.number,
        thread=message.thread,
        in_response_to=message.in_response_to,
        status=status(message, recipients, channel, api.now()),
        delivery=message.delivery,
        pack=message.pack,
        channel=message.channel,
        channel_label=channel.label,
        sender_unit=message.sender_unit,
        sender_unit_name=names[message.sender_unit],
        sent_by_me=message.sender_staff is not None and message.sender_staff == caller.staff_id,
        recipients=[_recipient(row, names) for row in recipients],
        exercise=message.exercise,
        follow_up=message.follow_up,
        closed_as=message.closed_as,
        consent_state=message.consent_state,
        consent_basis=message.consent_basis,
        created_at=message.created_at,
        sent_at=message.sent_at,
        due_at=message.due_at,
        earliest_answer_at=earliest(level, since, api.free_day) if level is not None and since is not None else None,
    )


async def summary(api: Api, session: AsyncSession, caller: Caller, message: MessageRow) -> MessageSummary:
    recipients = (await recipients_of(session, [message.id]))[message.id]
    names = await units.names(session, [message.sender_unit, *(row.unit_id for row in recipients)])
    return MessageSummary.model_validate(common(api, caller, message, recipients, names))


async def summaries(
    api: Api, session: AsyncSession, caller: Caller, messages: Sequence[MessageRow]
) -> list[MessageSummary]:
    """Many at once, in as few queries as one."""
    recipients = await recipients_of(session, [message.id for message in messages])
    names = await _names(session, messages, recipients)
    return [MessageSummary.model_validate(common(api, caller, m, recipients[m.id], names)) for m in messages]


async def inbox_items(
    api: Api, session: AsyncSession, caller: Caller, unit_id: str, messages: Sequence[MessageRow]
) -> list[InboxItem]:
    recipients = await recipients_of(session, [message.id for message in messages])
    names = await _names(session, messages, recipients)
    items: list[InboxItem] = []
    for message in messages:
        ours = next(row for row in recipients[message.id] if row.unit_id == unit_id)
        content = sealing.open_content(api.cipher, message)
        items.append(
            InboxItem.model_validate(
                {
                    **common(api, caller, message, recipients[message.id], names),
                    "unit_state": ours.state,
                    "read_at": ours.read_at,
                    "received_at": ours.received_at,
                    "subject": None if content is None else content.subject,
                    "person": sealing.open_person(api.cipher, message),
                }
            )
        )
    return items


async def whole(api: Api, session: AsyncSession, caller: Caller, message: MessageRow) -> MessageOut:
    recipients = (await recipients_of(session, [message.id]))[message.id]
    entries = await entries_of(session, message.id)
    concerned = {message.sender_unit, *(row.unit_id for row in recipients), *(row.unit_id for row in entries)}
    concerned |= {row.other_unit for row in entries if row.other_unit is not None}
    names = await units.names(session, concerned)
    content = sealing.open_content(api.cipher, message)
    return MessageOut.model_validate(
        {
            **common(api, caller, message, recipients, names),
            "subject": None if content is None else content.subject,
            "sections": None if content is None else content.sections,
            "person": sealing.open_person(api.cipher, message),
            "consent": sealing.open_consent(api.cipher, message),
            "entries": [_entry(api, row, names) for row in entries],
        }
    )


async def _names(
    session: AsyncSession, messages: Sequence[MessageRow], recipients: Mapping[str, Sequence[RecipientRow]]
) -> dict[str, str]:
    senders = {message.sender_unit for message in messages}
    return await units.names(session, senders | {row.unit_id for rows in recipients.values() for row in rows})


def _recipient(row: RecipientRow, names: Mapping[str, str]) -> RecipientOut:
    return RecipientOut(
        unit=row.unit_id,
        unit_name=names[row.unit_id],
        state=row.state,
        added_as=row.added_as,
        received_at=row.received_at,
        read_at=row.read_at,
        acknowledged_at=row.acknowledged_at,
        answered_at=row.answered_at,
    )


def _entry(api: Api, row: EntryRow, names: Mapping[str, str]) -> EntryOut:
    words = sealing.open_words(api.cipher, row)
    return EntryOut(
        id=row.id,
        kind=row.kind,
        unit=row.unit_id,
        unit_name=names[row.unit_id],
        other_unit=row.other_unit,
        other_unit_name=None if row.other_unit is None else names[row.other_unit],
        heading=words.heading,
        text=words.text,
        at=row.at,
    )
