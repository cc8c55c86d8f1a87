"""What comes with time: due soon, overdue, and the hand-over through a port. Jobs in the outbox, idempotent by the events' keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import STOCKHOLM, Api
from api.duties.tables import OwnReminderRow
from api.events.service import EventType, to_inbox, to_sender
from api.messages import sealing
from api.messages.delivery import Outgoing, PortRefusedError
from api.messages.status import MessageState, again, awaited
from api.messages.tables import MessageRow, RecipientRow
from api.messages.views import channel_of, recipients_of
from common.outbox import GiveUp, Handler, Job, cancel, enqueue, job, put, put_all
from common.together import New
from knowledge.pack import Grounds, ServiceLevel
from knowledge.vocabulary import Basis
from triage.working_time import due, next_working_moment, working_morning

DUE_SOON: Final = "message.due_soon"
OVERDUE: Final = "message.overdue"
NOT_SENT: Final = "message.not_sent"
PORT: Final = "message.port"
A_MOMENT: Final = timedelta(seconds=1)
A_WHILE: Final = timedelta(hours=1)
"""What it may take to paste a text into another system and say so."""
PORT_TRIES: Final = 200
"""Four days of a busy system."""
TIMES_TOLD: Final = 3
"""How often a text that was never marked as sent is told of: after a while, and the two working mornings that follow."""
COMMON_HOURS: Final = ServiceLevel(grounds=Grounds(basis=Basis.LOTS_BASELINE), text="-")
"""Weekdays 8 to 17, for Lots' own reminders where the routine says nothing of hours."""


def due_at(api: Api, level: ServiceLevel | None, since: datetime) -> datetime | None:
    return None if level is None else due(level, since, api.free_day)


def start_clock(api: Api, session: AsyncSession, message: MessageRow, since: datetime) -> None:
    """Sets the due date by the pack and puts the reminders in the outbox, in the transaction of what starts the clock."""
    put_all(session, clock(api, message, since))


def clock(api: Api, message: MessageRow, since: datetime) -> tuple[New, ...]:
    """Sets the due date by the pack; gives the reminders, to be written together with what starts the clock."""
    level = channel_of(api, message).service_level
    message.due_at = due_at(api, level, since)
    if level is None or message.due_at is None or message.exercise:
        return ()
    return (
        job(DUE_SOON, message.id, message.id, max(since, soon(level, message.due_at))),
        job(OVERDUE, message.id, message.id, message.due_at + A_MOMENT),
    )


def start_clock_of(api: Api, session: AsyncSession, message: MessageRow, unit: RecipientRow) -> None:
    """For a unit that was brought in: it has the routine's whole time from when the message came to it, and reminders of its own."""
    level, due_at = channel_of(api, message).service_level, own_due_at(api, message, unit)
    if level is None or due_at is None or message.exercise:
        return
    key = f"{message.id}:{unit.unit_id}"
    put(session, DUE_SOON, key, message.id, max(unit.received_at, soon(level, due_at)))
    put(session, OVERDUE, key, message.id, due_at + A_MOMENT)


def start_clock_again(
    api: Api, session: AsyncSession, message: MessageRow, unit: RecipientRow, turn: int, since: datetime
) -> None:
    """For a unit that has been given the more it asked for the `turn`th time: the routine's whole time again."""
    level = channel_of(api, message).service_level
    due = due_at(api, level, since)
    if level is None or due is None or message.exercise:
        return
    key = _again_key(message, unit, turn)
    put(session, DUE_SOON, key, message.id, max(since, soon(level, due)))
    put(session, OVERDUE, key, message.id, due + A_MOMENT)


async def stop_clock_again(session: AsyncSession, message: MessageRow, unit: RecipientRow, turn: int) -> None:
    """It has answered."""
    for kind in (DUE_SOON, OVERDUE):
        await cancel(session, kind, _again_key(message, unit, turn))


def _again_key(message: MessageRow, unit: RecipientRow, turn: int) -> str:
    return f"{message.id}:{unit.unit_id}:{turn}"


def own_due_at(api: Api, message: MessageRow, unit: RecipientRow) -> datetime | None:
    """When the unit has had the routine's whole time."""
    return due_at(api, channel_of(api, message).service_level, unit.received_at)


def whether_sent(api: Api, message: MessageRow) -> tuple[New, ...]:
    """A text that was copied out and never marked as sent must not be forgotten halfway."""
    if message.exercise:
        return ()
    due_at = next_working_moment(office_of(api, message), message.created_at + A_WHILE, api.free_day)
    return (job(NOT_SENT, f"{message.id}:1", message.id, due_at),)


def office_of(api: Api, message: MessageRow) -> ServiceLevel:
    """The office hours that the routine counts with; the common ones where it says nothing."""
    return channel_of(api, message).service_level or COMMON_HOURS


def soon(level: ServiceLevel, due_at: datetime) -> datetime:
    """The opening of the office on the day an answer is due."""
    opens, closes = (hour.hour * 60 + hour.minute for hour in (level.office_opens, level.office_closes))
    return due_at - timedelta(minutes=max(0, closes - opens))


async def stop_clock(session: AsyncSession, message: MessageRow) -> None:
    """Nothing is awaited any more."""
    units = (await recipients_of(session, [message.id]))[message.id]
    for key in (message.id, *(f"{message.id}:{unit.unit_id}" for unit in units if _was_brought_in(unit))):
        await cancel(session, DUE_SOON, key)
        await cancel(session, OVERDUE, key)
    for time in range(1, TIMES_TOLD + 1):
        await cancel(session, NOT_SENT, f"{message.id}:{time}")


async def end_told(session: AsyncSession, message: MessageRow, now: datetime) -> None:
    """What staff asked to be reminded of, and were, is in no list any more when the message needs nothing of anybody."""
    told = (
        col(OwnReminderRow.message_id) == message.id,
        col(OwnReminderRow.ended_at).is_(None),
        col(OwnReminderRow.due_at) <= now,
    )
    await session.exec(update(OwnReminderRow).where(*told).values(ended_at=now))


def handlers(api: Api) -> dict[str, Handler]:
    """The API's kinds of timed and outgoing work, for a Worker."""

    async def not_sent(job: Job) -> None:
        await _ask_whether_sent(api, job)

    async def port(job: Job) -> None:
        try:
            await _hand_to_port(api, job)
        except Exception as error:
            if isinstance(error, GiveUp) or job.attempts >= PORT_TRIES:
                await _undelivered(api, job.key)
            raise

    return {
        DUE_SOON: _reminder(api, EventType.DUE_SOON),
        OVERDUE: _reminder(api, EventType.OVERDUE),
        NOT_SENT: Handler(not_sent, max_attempts=50),
        PORT: Handler(port, max_attempts=PORT_TRIES),
    }


def _reminder(api: Api, kind: EventType) -> Handler:
    """One at a time or many at once: a morning's reminders all fall due in the same minute."""

    async def alone(job: Job) -> None:
        async with api.db.write() as session:
            await _remind(api, session, (job,), kind)

    async def together(session: AsyncSession, jobs: Sequence[Job]) -> None:
        await _remind(api, session, jobs, kind)

    return Handler(alone, max_attempts=50, together=together)


async def _remind(api: Api, session: AsyncSession, jobs: Sequence[Job], kind: EventType) -> None:
    """Tells the units that are awaited, and the sender about each of them. Told once however often this runs.

    A unit that was brought in has a round of its own, of which the sender is told besides the message's. One that has been given
    more has one for each time, and no other.
    """
    now, ids = api.now(), sorted({job.payload for job in jobs})
    wanted = select(MessageRow).where(col(MessageRow.id).in_(ids)).order_by(col(MessageRow.id)).with_for_update()
    messages = (await session.exec(wanted)).all()
    if len(messages) < len(ids):
        raise GiveUp("message_gone")
    recipients = await recipients_of(session, ids)
    rounds = {job.key for job in jobs}
    for message in messages:
        for row in _awaited(api, message, recipients[message.id]):
            key = f"{message.id}:{row.unit_id}"
            if again(row):
                for turn in sorted(one for one in rounds if one.startswith(f"{key}:")):
                    await to_sender(session, kind, message, row.unit_id, turn, now)
                    await to_inbox(session, kind, message, row.unit_id, turn, now)
                continue
            later = _has_more_time(api, message, row)
            if message.id in rounds:
                await to_sender(session, kind, message, row.unit_id, key, now)
            if key in rounds:
                await to_sender(session, kind, message, row.unit_id, f"{key}:own" if later else key, now)
            if not row.hidden and (key in rounds or (message.id in rounds and not later)):
                await to_inbox(session, kind, message, row.unit_id, message.id, now)


async def _ask_whether_sent(api: Api, job: Job) -> None:
    """Told once a time; the next time is put in the outbox in the same transaction."""
    now, time = api.now(), int(job.key.rpartition(":")[2])
    async with api.db.write() as session:
        message = await session.get(MessageRow, job.payload, with_for_update=True)
        if message is None:
            raise GiveUp("message_gone")
        if message.state != MessageState.TO_COPY:
            return
        rows = (await recipients_of(session, [message.id]))[message.id]
        await to_sender(session, EventType.NOT_SENT, message, rows[0].unit_id, job.key, now)
        if time < TIMES_TOLD:
            tomorrow = now.astimezone(STOCKHOLM).date() + timedelta(days=1)
            due_at = working_morning(office_of(api, message), tomorrow, api.free_day)
            await enqueue(session, NOT_SENT, f"{message.id}:{time + 1}", message.id, due_at)


def _was_brought_in(unit: RecipientRow) -> bool:
    return unit.added_as != "recipient"


def _has_more_time(api: Api, message: MessageRow, unit: RecipientRow) -> bool:
    """Whether it was brought in so late that its time ends after the message's."""
    own = own_due_at(api, message, unit) if _was_brought_in(unit) else None
    return own is not None and (message.due_at is None or own > message.due_at)


def _awaited(api: Api, message: MessageRow, rows: list[RecipientRow]) -> list[RecipientRow]:
    if message.state == MessageState.DELIVERED:
        channel = channel_of(api, message)
        return [row for row in rows if awaited(channel, row)]
    return rows if message.state == MessageState.SENT and message.follow_up != "answered" else []


async def _hand_to_port(api: Api, job: Job) -> None:
    """The door to another system is outside every transaction; what it said is written after."""
    if api.port is None:
        raise GiveUp("port_missing")
    async with api.db.read() as session:
        message = await session.get(MessageRow, job.key)
        if message is None or message.state != MessageState.TO_SEND:
            return
        rows = (await recipients_of(session, [message.id]))[message.id]
    try:
        await api.port.hand_over(_outgoing(api, message, rows), key=message.id, repeat=job.repeat)
    except PortRefusedError as error:
        raise GiveUp(error.code) from None
    now = api.now()
    async with api.db.write() as session:
        found = await session.get(MessageRow, message.id, with_for_update=True)
        if found is not None and found.state == MessageState.TO_SEND:
            found.state, found.sent_at = MessageState.SENT, now
            start_clock(api, session, found, now)


async def _undelivered(api: Api, message_id: str) -> None:
    """It will not be tried again: the sender is told, in the transaction that says so."""
    now = api.now()
    async with api.db.write() as session:
        message = await session.get(MessageRow, message_id, with_for_update=True)
        if message is not None and message.state == MessageState.TO_SEND:
            message.state = MessageState.UNDELIVERED
            rows = (await recipients_of(session, [message.id]))[message.id]
            await to_sender(session, EventType.UNDELIVERED, message, rows[0].unit_id, message.id, now)


def _outgoing(api: Api, message: MessageRow, recipients: list[RecipientRow]) -> Outgoing:
    content, person = sealing.open_content(api.cipher, message), sealing.open_person(api.cipher, message)
    if content is None or person is None:
        raise GiveUp("content_gone")
    return Outgoing(
        id=message.id,
        number=message.number,
        pack=message.pack,
        channel=message.channel,
        sender_unit=message.sender_unit,
        recipient_units=tuple(row.unit_id for row in recipients),
        person=person.model_dump_json(),
        subject=content.subject,
        sections=tuple((section.heading, section.text) for section in content.sections),
        consent=sealing.open_consent(api.cipher, message).model_dump_json(),
    )
