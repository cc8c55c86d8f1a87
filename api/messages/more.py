"""A unit that asked for more and is given it is awaited again, with the routine's whole time. In the transaction of what gives it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import and_, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import Api
from api.messages import reminders
from api.messages.status import MessageState, RecipientState, again, awaited
from api.messages.tables import EntryRow, MessageRow, RecipientRow
from api.messages.views import ASKING, NOBODY, SUPPLEMENT, asking, channel_of, recipients_of


async def given(
    api: Api,
    session: AsyncSession,
    message: MessageRow,
    at: datetime,
    *,
    to: Collection[str] | None = None,
    before: str | None = None,
) -> None:
    """The sender gives more: those who asked for it, of these units or of all, are awaited. `before`: the message that gives it."""
    rows = (await recipients_of(session, [message.id]))[message.id]
    asked = (await asking(session, [message], {message.id: rows}, before=before)).get(message.id, NOBODY)
    asked = asked if to is None else asked & frozenset(to)
    if not asked:
        return
    channel = channel_of(api, message)
    for row in rows:
        if row.unit_id in asked:
            row.state = RecipientState.ACKNOWLEDGED
            if awaited(channel, row):
                reminders.start_clock_again(api, session, message, row, await _turns(session, message, row), at)
    await session.flush()
    await due_again(api, session, message, [row for row in rows if awaited(channel, row)], at)


async def sent(api: Api, session: AsyncSession, message: MessageRow) -> None:
    """A new message in a thread gives more to those that it goes to, and who asked for it of an earlier one from the same unit."""
    older = select(MessageRow).where(
        MessageRow.thread == message.thread,
        MessageRow.sender_unit == message.sender_unit,
        MessageRow.state == MessageState.DELIVERED,
        MessageRow.id != message.id,
        col(MessageRow.exercise).is_(message.exercise),
    )
    to = {row.unit_id for row in (await recipients_of(session, [message.id]))[message.id]}
    for one in (await session.exec(older.order_by(col(MessageRow.id)).with_for_update())).all():
        await given(api, session, one, message.created_at, to=to, before=message.id)


async def taken(session: AsyncSession, message: MessageRow, row: RecipientRow) -> None:
    """The unit's own reminders end: it has answered or passed the message on, or its sender needs nothing more."""
    if again(row):
        await reminders.stop_clock_again(session, message, row, await _turns(session, message, row))


async def answered_by(session: AsyncSession, message: MessageRow, unit: str) -> Sequence[MessageRow]:
    """What an answer to this message answers too: earlier ones of its thread, of which the unit asked for what this one gives."""
    if message.thread == message.id:
        return []
    older = (
        select(MessageRow, RecipientRow)
        .where(
            col(RecipientRow.message_id) == col(MessageRow.id),
            RecipientRow.unit_id == unit,
            RecipientRow.state == RecipientState.ACKNOWLEDGED,
            col(RecipientRow.answered_at).is_not(None),
            MessageRow.thread == message.thread,
            MessageRow.sender_unit == message.sender_unit,
            MessageRow.state == MessageState.DELIVERED,
            MessageRow.created_at <= message.created_at,
            MessageRow.id != message.id,
            col(MessageRow.exercise).is_(message.exercise),
        )
        .order_by(col(MessageRow.id))
        .with_for_update()
    )
    found = []
    for one, row in (await session.exec(older)).all():
        if await _gave(session, message, one, unit):
            await taken(session, one, row)
            row.state = RecipientState.ANSWERED
            found.append(one)
    return found


async def due_again(
    api: Api, session: AsyncSession, message: MessageRow, waiting: Sequence[RecipientRow], since: datetime | None = None
) -> None:
    """When only units that have been given more are awaited, an answer is due when they have had the routine's whole time."""
    if waiting and all(again(row) for row in waiting):
        since = since or await _latest_given(session, message, [row.unit_id for row in waiting])
        message.due_at = reminders.due_at(api, channel_of(api, message).service_level, since)


async def _turns(session: AsyncSession, message: MessageRow, row: RecipientRow) -> int:
    """How many times the unit has asked for more."""
    asked = select(func.count()).where(
        EntryRow.message_id == message.id, EntryRow.unit_id == row.unit_id, EntryRow.kind == ASKING
    )
    return (await session.exec(asked)).one()


async def _gave(session: AsyncSession, message: MessageRow, older: MessageRow, unit: str) -> bool:
    """Whether it was this message, and nothing filled in, that came after the unit had asked."""
    said = select(EntryRow.kind, EntryRow.at).where(
        EntryRow.message_id == older.id,
        or_(
            and_(col(EntryRow.kind) == ASKING, col(EntryRow.unit_id) == unit),
            and_(col(EntryRow.kind) == SUPPLEMENT, col(EntryRow.unit_id) == older.sender_unit),
        ),
    )
    latest = (await session.exec(said.order_by(col(EntryRow.at).desc(), col(EntryRow.id).desc()).limit(1))).first()
    return latest is not None and latest[0] == ASKING and latest[1] <= message.created_at


async def _latest_given(session: AsyncSession, message: MessageRow, units: Collection[str]) -> datetime:
    """When its sender last gave the units more, in it or in its thread."""
    filled_in = select(func.max(EntryRow.at)).where(
        EntryRow.message_id == message.id, EntryRow.kind == SUPPLEMENT, EntryRow.unit_id == message.sender_unit
    )
    sent_since = select(func.max(MessageRow.created_at)).where(
        MessageRow.thread == message.thread,
        MessageRow.sender_unit == message.sender_unit,
        col(RecipientRow.message_id) == col(MessageRow.id),
        col(RecipientRow.unit_id).in_(units),
    )
    moments = [(await session.exec(filled_in)).one(), (await session.exec(sent_since)).one()]
    return max(moment for moment in moments if moment is not None)
