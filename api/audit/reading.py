"""Log checks: search, random samples and export of the deeds in the auditor's own organisations. Each look is itself a deed."""

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import ColumnElement, and_, false, literal, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.schemas import AuditList, AuditOut, AuditQuery, AuditSample, AuditSampled, AuditSearch
from api.audit.service import SYSTEM, Action, note
from api.audit.tables import AuditRow
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import CursorInvalid
from api.staff.tables import MembershipRow
from api.units.tables import UnitRow

PAGE: Final = 500


async def search(api: Api, caller: Caller, query: AuditSearch) -> AuditList:
    """The newest deeds first, a page at a time."""
    async with api.db.read() as session:
        wanted = _wanted(caller, query)
        if query.after is not None:
            wanted &= await _older_than(session, query.after)
        rows = await _newest(session, wanted, query.limit + 1)
    await _note(api, caller)
    more = len(rows) > query.limit
    items = rows[: query.limit]
    return AuditList(items=items, next=items[-1].id if more else None)


async def sample(api: Api, caller: Caller, query: AuditSample) -> AuditSampled:
    """Deeds drawn at random, each as likely as the other, for the recurrent checks."""
    wanted = _wanted(caller, query)
    async with api.db.read() as session:
        count = (await session.exec(select(func.count()).select_from(AuditRow).where(wanted))).one()
        drawn = select(AuditRow).where(wanted).order_by(func.random()).limit(query.size)
        rows = (await session.exec(drawn)).all()
    await _note(api, caller)
    return AuditSampled(items=sorted((_out(row) for row in rows), key=lambda row: (row.at, row.id)), of=count)


async def export(api: Api, caller: Caller, query: AuditQuery) -> AsyncIterator[bytes]:
    """All of them as JSON lines, newest first. No database session is held while the receiver reads."""
    await _note(api, caller)
    last: str | None = None
    while True:
        async with api.db.read() as session:
            wanted = _wanted(caller, query)
            if last is not None:
                wanted &= await _older_than(session, last)
            rows = await _newest(session, wanted, PAGE)
        if rows:
            yield b"".join(row.model_dump_json().encode() + b"\n" for row in rows)
            last = rows[-1].id
        if len(rows) < PAGE:
            return


async def unsealed(session: AsyncSession) -> int:
    """How many deeds are not yet in the chain."""
    return (await session.exec(select(func.count()).where(col(AuditRow.seq).is_(None)))).one()


def _wanted(caller: Caller, query: AuditQuery) -> ColumnElement[bool]:
    given = (
        (query.actor, col(AuditRow.actor) == query.actor),
        (query.action, col(AuditRow.action) == query.action),
        (query.unit, col(AuditRow.unit_id) == query.unit),
        (query.about, col(AuditRow.object_id) == query.about),
        (query.since, col(AuditRow.at) >= query.since if query.since else false()),
        (query.until, col(AuditRow.at) < query.until if query.until else false()),
    )
    return and_(_in_organisations(caller), *(condition for value, condition in given if value is not None))


def _in_organisations(caller: Caller) -> ColumnElement[bool]:
    """Deeds at the organisations' units, by Lots itself, and by their staff outside any unit: of who left, what she did before."""
    units = select(UnitRow.id).where(col(UnitRow.organisation).in_(caller.organisations(Right.AUDIT)))
    people = select(literal("staff:") + col(MembershipRow.staff_id)).where(col(MembershipRow.unit_id).in_(units))
    ended = aliased(AuditRow)
    left = select(ended.id).where(
        ended.action == Action.END_MEMBERSHIP,
        col(ended.unit_id).in_(units),
        literal("staff:") + col(ended.object_id) == AuditRow.actor,
        col(ended.at) >= col(AuditRow.at),
    )
    by_us = or_(col(AuditRow.actor).in_(people), col(AuditRow.actor) == SYSTEM, left.exists())
    return or_(col(AuditRow.unit_id).in_(units), and_(col(AuditRow.unit_id).is_(None), by_us))


async def _older_than(session: AsyncSession, row_id: str) -> ColumnElement[bool]:
    row = await session.get(AuditRow, row_id)
    if row is None:
        raise CursorInvalid
    return or_(col(AuditRow.at) < row.at, and_(col(AuditRow.at) == row.at, col(AuditRow.id) < row.id))


async def _newest(session: AsyncSession, wanted: ColumnElement[bool], limit: int) -> list[AuditOut]:
    ordered = select(AuditRow).where(wanted).order_by(col(AuditRow.at).desc(), col(AuditRow.id).desc()).limit(limit)
    return [_out(row) for row in (await session.exec(ordered)).all()]


async def _note(api: Api, caller: Caller) -> None:
    async with api.db.write() as session:
        note(session, caller, api.now(), Action.READ_AUDIT, caller.first_place(Right.AUDIT), None)


def _out(row: AuditRow) -> AuditOut:
    return AuditOut(
        id=row.id,
        at=row.at,
        action=row.action,
        actor=row.actor,
        via=row.via,
        unit=row.unit_id,
        about=row.object_id,
        number=row.seq,
        sealed_at=row.sealed_at,
    )
