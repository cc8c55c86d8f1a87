"""Writes what happened in its cause's transaction, once each, and reads it by cursor. Never holds content."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal, tuple_
from sqlalchemy import String as Text
from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller, Right
from api.context import Api
from api.errors import CursorInvalid
from api.events.schemas import EventList, EventOut
from api.events.tables import EpochRow, EventRow
from api.messages.tables import EntryRow, MessageRow
from api.staff.watch import watchers
from api.units import service as units
from common.database import table_of
from common.together import Computed, New, insert_together
from common.wake import after_commit

CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")
START: Final = "0.0"


class EventType(StrEnum):
    HANDED_OVER = "message_handed_over"
    """On the secure page, of a draft from a chat that may not hold it: the chat shows the receipt."""
    TO_COPY = "message_to_copy"
    """The same, where the person pastes it herself."""
    RECEIVED = "message_received"
    ACKNOWLEDGED = "message_acknowledged"
    ANSWERED = "message_answered"
    FORWARDED = "message_forwarded"
    OVERDUE = "message_overdue"
    DUE_SOON = "message_due_soon"
    SUPPLEMENTED = "message_supplemented"
    CLOSED = "message_closed"
    WRONGLY_SENT = "message_wrongly_sent"
    NOT_SENT = "message_not_sent"
    """Copied out, and never marked as sent."""
    UNDELIVERED = "message_undelivered"
    """The other system did not take it: it reached nobody."""
    UNIT_CLOSED = "message_unit_closed"
    """The unit that it waits for takes nothing more."""
    OWN_REMINDER = "message_reminder"
    """One that the sender asked for herself."""
    UNREAD = "inbox_unread"
    """The routine's time for reading is nearly over, and something new lies in an inbox that nobody has opened."""
    WATCH_UNREAD = "watch_unread"
    WATCH_DUE_SOON = "watch_due_soon"
    WATCH_OVERDUE = "watch_overdue"


WATCH: Final = {
    EventType.UNREAD: EventType.WATCH_UNREAD,
    EventType.DUE_SOON: EventType.WATCH_DUE_SOON,
    EventType.OVERDUE: EventType.WATCH_OVERDUE,
}
"""What tells each person who watches the inbox, by what tells the unit. Only the chat reads these: a program would see them twice."""


async def to_sender(
    session: AsyncSession, kind: EventType, message: MessageRow, about: str, key: str, at: datetime
) -> bool:
    """Tells whoever sent the message. `about` is the unit whose doing it was; `key` makes it stand once."""
    return await _publish(session, kind, message, message.sender_unit, message.sender_staff, about, f"{key}:sender", at)


async def to_unit(
    session: AsyncSession, kind: EventType, message: MessageRow, unit: str, about: str, key: str, at: datetime
) -> bool:
    """Tells a unit that the message lies with."""
    return await _publish(session, kind, message, unit, None, about, f"{key}:{unit}", at)


async def to_person(
    session: AsyncSession, kind: EventType, message: MessageRow, staff_id: str, about: str, key: str, at: datetime
) -> bool:
    """Tells one person of something of her own."""
    return await _publish(session, kind, message, message.sender_unit, staff_id, about, f"{key}:{staff_id}", at)


async def to_inbox(
    session: AsyncSession, kind: EventType, message: MessageRow, unit: str, key: str, at: datetime
) -> None:
    """Tells a unit of its own duty, and each of those who watch its inbox now."""
    if not await to_unit(session, kind, message, unit, unit, key, at):
        return
    for staff_id in await watchers(session, unit, at):
        await _publish(session, WATCH[kind], message, unit, staff_id, unit, f"{key}:{unit}:{staff_id}", at)


async def _publish(
    session: AsyncSession,
    kind: EventType,
    message: MessageRow,
    unit: str,
    staff: str | None,
    about: str,
    key: str,
    at: datetime,
) -> bool:
    new = await insert_together(
        session, _event(kind, message, unit, staff, about, key, at, on_sqlite=_on_sqlite(session)), ()
    )
    after_commit(session, unit)
    return new


def received(api: Api, message: MessageRow, unit: str) -> New:
    """What tells a unit of a message that is handed over, to be written together with it."""
    about, key, at = message.sender_unit, f"{message.id}:{unit}", message.created_at
    return _event(EventType.RECEIVED, message, unit, None, about, key, at, on_sqlite=api.db.is_sqlite)


def _on_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _event(
    kind: EventType,
    message: MessageRow,
    unit: str,
    staff: str | None,
    about: str,
    key: str,
    at: datetime,
    *,
    on_sqlite: bool,
) -> New:
    values = {
        "key": f"{kind}:{key}",
        "type": str(kind),
        "message_id": message.id,
        "number": message.number,
        "unit_id": unit,
        "staff_id": staff,
        "about_unit": about,
        "at": at,
    }
    return New(table_of(EventRow), values, _place(on_sqlite=on_sqlite))


@lru_cache(maxsize=2)
def _place(*, on_sqlite: bool) -> Computed:
    """Where the event stands among all, as the database says. Made once."""
    here = 0 if on_sqlite else cast(cast(func.pg_current_xact_id(), Text), BigInteger)
    return (("tx", _base() + here),)


def _base() -> ColumnElement[int]:
    """Where events begin since the latest restore."""
    return func.coalesce(select(func.max(EpochRow.base)).scalar_subquery(), 0)


def _open_from() -> ColumnElement[int]:
    """The oldest transaction that may still write, in any database of this PostgreSQL server: what came later waits, so that no cursor passes it."""
    oldest_open = func.pg_snapshot_xmin(func.pg_current_snapshot())
    return _base() + cast(cast(oldest_open, Text), BigInteger)


async def withheld(api: Api, session: AsyncSession) -> int:
    """How many events older than a minute nobody has been told, since a transaction on the same server stays open."""
    if api.db.is_sqlite:
        return 0
    old = (col(EventRow.tx) >= _open_from()) & (col(EventRow.at) < api.now() - timedelta(minutes=1))
    return (await session.exec(select(func.count()).where(old))).one()


async def read(api: Api, caller: Caller, after: str, limit: int) -> EventList:
    """What happened after the cursor to messages that the caller may see, oldest first. `next` is where to go on."""
    found = CURSOR.fullmatch(after or START)
    if found is None:
        raise CursorInvalid
    place = (int(found[1]), int(found[2]))
    async with api.db.read() as session:
        wanted = select(EventRow).where(
            tuple_(EventRow.tx, EventRow.seq) > tuple_(literal(place[0]), literal(place[1]))
        )
        if not api.db.is_sqlite:
            wanted = wanted.where(col(EventRow.tx) < _open_from())
        if not caller.follower:
            mine = and_(col(EventRow.staff_id).is_not(None), col(EventRow.staff_id) == caller.staff_id)
            wanted = wanted.where(or_(mine, col(EventRow.unit_id).in_(caller.units(Right.FOLLOW))))
            wanted = wanted.where(col(EventRow.type).not_in(WATCH.values()))
            wanted = wanted.where(or_(mine, col(EventRow.type) != EventType.OWN_REMINDER))
        rows = (await session.exec(wanted.order_by(col(EventRow.tx), col(EventRow.seq)).limit(limit))).all()
        about = await units.by_ids(session, (row.about_unit for row in rows))
        answers = await _answers(session, [row.key for row in rows if row.type == EventType.ANSWERED])
        dues = await _dues(session, [row.message_id for row in rows if row.type == EventType.HANDED_OVER])
    items = [
        EventOut(
            cursor=f"{row.tx}.{row.seq}",
            type=row.type,
            message_id=row.message_id,
            number=row.number,
            unit_id=row.unit_id,
            staff_id=row.staff_id,
            about_unit=row.about_unit,
            about_unit_name=about[row.about_unit].name,
            about_unit_phone=about[row.about_unit].phone,
            at=row.at,
            due_at=dues.get(row.message_id) if row.type == EventType.HANDED_OVER else None,
            answer=answers.get(row.key),
        )
        for row in rows
    ]
    return EventList(items=items, next=items[-1].cursor if items else (after or START))


async def _answers(session: AsyncSession, keys: list[str]) -> dict[str, str]:
    """What kind of answer each of these events tells of, by the entry that its key names."""
    if not keys:
        return {}
    entries = {key: key.split(":")[1] for key in keys}
    wanted = select(EntryRow.id, EntryRow.kind).where(col(EntryRow.id).in_(entries.values()))
    kinds = dict((await session.exec(wanted)).all())
    return {key: kinds[entry] for key, entry in entries.items() if entry in kinds}


async def _dues(session: AsyncSession, message_ids: list[str]) -> dict[str, datetime | None]:
    """When answers to them are due."""
    if not message_ids:
        return {}
    wanted = select(MessageRow.id, MessageRow.due_at).where(col(MessageRow.id).in_(message_ids))
    return dict((await session.exec(wanted)).all())
