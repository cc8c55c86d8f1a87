"""Reminders that a member of staff sets for herself about a message, one at a time a message. Told once; keeps no content."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller
from api.context import STOCKHOLM, Api
from api.duties.schemas import ReminderOut
from api.duties.tables import OwnReminderRow
from api.errors import PersonRequired, ReminderTime
from api.events.service import EventType, to_person
from api.messages.reading import visible
from api.messages.reminders import office_of
from api.messages.status import MessageState, RecipientState, status
from api.messages.tables import MessageRow
from api.messages.views import asking, channel_of, recipients_of
from common.ids import new_id
from common.outbox import GiveUp, Handler, Job, cancel, put
from triage.working_time import working_morning

OWN: Final = "duty.own_reminder"
FURTHEST: Final = timedelta(days=366)
OVER: Final = frozenset({RecipientState.ANSWERED, MessageState.CLOSED})


async def remind_me(api: Api, caller: Caller, message_id: str, at: datetime) -> tuple[ReminderOut, bool]:
    """In place of the one she had. The same moment again is the same reminder; says whether it is new."""
    now, who = api.now(), _person(caller)
    if not now < at <= now + FURTHEST:
        raise ReminderTime
    async with api.db.write() as session:
        message = await visible(session, caller, message_id, lock=True)
        before = await _active(session, message.id, who)
        if before is not None and before.due_at == at:
            return _out(before, now), False
        if before is not None:
            await _end(session, before, now)
        row = OwnReminderRow(id=new_id(), message_id=message.id, staff_id=who, due_at=at, made_at=now)
        session.add(row)
        put(session, OWN, row.id, row.id, at)
    return _out(row, now), True


async def remind_me_in(api: Api, caller: Caller, message_id: str, days: int) -> ReminderOut:
    """When the office opens so many days from now, or on the working day after."""
    async with api.db.read() as session:
        message = await visible(session, caller, message_id)
    day = api.now().astimezone(STOCKHOLM).date() + timedelta(days=days)
    at = working_morning(office_of(api, message), day, api.free_day)
    return (await remind_me(api, caller, message_id, at))[0]


async def take_back(api: Api, caller: Caller, message_id: str) -> None:
    """She needs it no more. Taken back twice is as once."""
    now, who = api.now(), _person(caller)
    async with api.db.write() as session:
        message = await visible(session, caller, message_id)
        row = await _active(session, message.id, who)
        if row is not None:
            await _end(session, row, now)


async def mine(api: Api, caller: Caller, message_ids: Sequence[str] | None = None) -> list[ReminderOut]:
    """Her reminders that are not taken back, the soonest first; of these messages, or of all."""
    if caller.staff_id is None:
        return []
    wanted = select(OwnReminderRow).where(
        OwnReminderRow.staff_id == caller.staff_id, col(OwnReminderRow.ended_at).is_(None)
    )
    if message_ids is not None:
        wanted = wanted.where(col(OwnReminderRow.message_id).in_(message_ids))
    async with api.db.read() as session:
        rows = (await session.exec(wanted.order_by(col(OwnReminderRow.due_at)).limit(200))).all()
    return [_out(row, api.now()) for row in rows]


def handlers(api: Api) -> dict[str, Handler]:
    async def remind(job: Job) -> None:
        now = api.now()
        async with api.db.write() as session:
            row = await session.get(OwnReminderRow, job.payload, with_for_update=True)
            if row is None:
                raise GiveUp("reminder_gone")
            if row.ended_at is not None:
                return
            message = await session.get(MessageRow, row.message_id)
            if message is None:
                raise GiveUp("message_gone")
            recipients = (await recipients_of(session, [message.id]))[message.id]
            asked = await asking(session, [message], {message.id: recipients})
            if not asked and status(message, recipients, channel_of(api, message), now) in OVER:
                row.ended_at = now
                return
            about = recipients[0].unit_id
            await to_person(session, EventType.OWN_REMINDER, message, row.staff_id, about, row.id, now)

    return {OWN: Handler(remind, max_attempts=50)}


async def _active(session: AsyncSession, message_id: str, staff_id: str) -> OwnReminderRow | None:
    wanted = select(OwnReminderRow).where(
        OwnReminderRow.message_id == message_id,
        OwnReminderRow.staff_id == staff_id,
        col(OwnReminderRow.ended_at).is_(None),
    )
    return (await session.exec(wanted.with_for_update())).first()


async def _end(session: AsyncSession, row: OwnReminderRow, now: datetime) -> None:
    row.ended_at = now
    await cancel(session, OWN, row.id)


def _person(caller: Caller) -> str:
    if caller.staff_id is None:
        raise PersonRequired
    return caller.staff_id


def _out(row: OwnReminderRow, now: datetime) -> ReminderOut:
    return ReminderOut(message_id=row.message_id, at=row.due_at, told=row.due_at <= now)
