"""Reading: one message, a unit's inbox, what a unit has sent. Each look at what concerns a person is noted in the audit."""

import base64
import binascii
from datetime import UTC, datetime

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.duties.openings import opened
from api.errors import CursorInvalid, MessageUnknown
from api.messages.schemas import InboxList, MessageOut, SentList
from api.messages.status import passed_on
from api.messages.tables import MessageRow, RecipientRow
from api.messages.views import NOBODY, inbox_items, summaries, whole


async def visible(session: AsyncSession, caller: Caller, message_id: str, *, lock: bool = False) -> MessageRow:
    """The message if the caller's units sent or received it; else it is unknown, whether it exists or not.

    `lock` makes others who are about to do something with it wait for this transaction.
    """
    message = await session.get(MessageRow, message_id, with_for_update=lock)
    mine = caller.units(Right.READ)
    if message is None or not (message.sender_unit in mine or await our_rows(session, message_id, mine)):
        raise MessageUnknown
    return message


async def our_rows(session: AsyncSession, message_id: str, mine: frozenset[str]) -> dict[str, RecipientRow]:
    """The caller's units that the message lies with."""
    wanted = select(RecipientRow).where(
        RecipientRow.message_id == message_id,
        col(RecipientRow.unit_id).in_(mine),
        col(RecipientRow.hidden).is_(False),
    )
    return {row.unit_id: row for row in (await session.exec(wanted)).all()}


async def read(api: Api, caller: Caller, message_id: str) -> MessageOut:
    """The whole message; for a unit that has passed it on, as it was then. The first look by a receiving unit is its read receipt.

    Someone of both its ends reads it as the unit where she works now.
    """
    now = api.now()
    async with api.db.write() as session:
        message = await visible(session, caller, message_id)
        rows = await our_rows(session, message_id, caller.units(Right.READ))
        unit = caller.first_of(Right.READ, frozenset(rows) | {message.sender_unit}) or message.sender_unit
        if unit in rows and rows[unit].read_at is None:
            rows[unit].read_at = now
        note(session, caller, now, Action.READ, unit, message.id)
        await session.flush()
        stays = message.sender_unit in caller.units(Right.READ) or not all(map(passed_on, rows.values()))
        return await whole(api, session, caller, message, NOBODY if stays else frozenset(rows))


async def thread(api: Api, caller: Caller, message_id: str) -> SentList:
    """Every message of the thread that the caller may see, oldest first."""
    async with api.db.read() as session:
        message = await visible(session, caller, message_id)
        mine = caller.units(Right.READ)
        ours = select(RecipientRow.message_id).where(
            col(RecipientRow.unit_id).in_(mine), col(RecipientRow.hidden).is_(False)
        )
        wanted = select(MessageRow).where(
            MessageRow.thread == message.thread,
            or_(col(MessageRow.sender_unit).in_(mine), col(MessageRow.id).in_(ours)),
        )
        rows = (await session.exec(wanted.order_by(col(MessageRow.created_at), col(MessageRow.id)).limit(200))).all()
        return SentList(items=await summaries(api, session, caller, rows), next=None)


async def inbox(
    api: Api,
    caller: Caller,
    unit_id: str,
    after: str | None,
    limit: int,
    state: str | None,
    *,
    by_itself: bool = False,
) -> InboxList:
    """What has come to the unit, newest first. Exercises and what was copied out never come here.

    `by_itself`: an open page that keeps itself up to date, which is nobody's reading of the inbox.
    """
    caller.require_at(Right.RECEIVE, unit_id)
    wanted = (
        select(MessageRow, RecipientRow)
        .where(RecipientRow.unit_id == unit_id, col(RecipientRow.hidden).is_(False))
        .where(col(MessageRow.id) == col(RecipientRow.message_id))
        .order_by(col(RecipientRow.received_at).desc(), col(RecipientRow.message_id).desc())
        .limit(limit + 1)
    )
    if state is not None:
        wanted = wanted.where(RecipientRow.state == state)
    if after:
        at, last = _place(after)
        older = and_(RecipientRow.received_at == at, RecipientRow.message_id < last)
        wanted = wanted.where(or_(RecipientRow.received_at < at, older))
    now = api.now()
    async with api.db.write() as session:
        rows = (await session.exec(wanted)).all()
        items = await inbox_items(api, session, caller, unit_id, [message for message, _ in rows[:limit]])
        note(session, caller, now, Action.LIST_INBOX, unit_id, None)
        if not by_itself:
            await opened(session, unit_id, now)
    more = len(rows) > limit
    return InboxList(items=items, next=_cursor(items[-1].received_at, items[-1].id) if more else None)


async def sent(
    api: Api, caller: Caller, unit_id: str, after: str | None, limit: int, *, mine: bool, exercise: bool | None
) -> SentList:
    """What the unit has handed over, newest first, without a word of content. `mine`: only what the caller sent."""
    caller.require_at(Right.SEND, unit_id)
    wanted = (
        select(MessageRow)
        .where(MessageRow.sender_unit == unit_id)
        .order_by(col(MessageRow.created_at).desc(), col(MessageRow.id).desc())
        .limit(limit + 1)
    )
    if mine:
        wanted = wanted.where(MessageRow.sender_staff == caller.staff_id)
    if exercise is not None:
        wanted = wanted.where(col(MessageRow.exercise).is_(exercise))
    if after:
        at, last = _place(after)
        older = and_(MessageRow.created_at == at, MessageRow.id < last)
        wanted = wanted.where(or_(MessageRow.created_at < at, older))
    async with api.db.read() as session:
        rows = (await session.exec(wanted)).all()
        items = await summaries(api, session, caller, rows[:limit])
    more = len(rows) > limit
    return SentList(items=items, next=_cursor(items[-1].created_at, items[-1].id) if more else None)


def _cursor(at: datetime, last: str) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{last}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        at, _, last = raw.partition("|")
        moment = datetime.fromisoformat(at)
    except (binascii.Error, ValueError):
        raise CursorInvalid from None
    if moment.tzinfo is not UTC or not last.isalnum():
        raise CursorInvalid
    return moment, last
