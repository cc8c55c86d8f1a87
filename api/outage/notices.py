"""What people are told of an outage: written once for each of them in the cause's transaction, read by cursor. Holds no content."""

import json
import re
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, literal, or_, tuple_
from sqlalchemy import String as TextType
from sqlalchemy import select as rows
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller
from api.context import Api
from api.errors import CursorInvalid
from api.events.tables import EpochRow
from api.outage import numbers
from api.outage.schemas import NoticeList, NoticeOut
from api.outage.tables import NoticeRow, OutageRow, PhoneCallRow
from api.staff.tables import MembershipRow, StaffRow
from api.units.tables import UnitRow

CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")
START: Final = "0.0"


class NoticeKind(StrEnum):
    PLANNED = "planned"
    BEGAN = "began"
    APPLIES = "applies"
    ENDED = "ended"
    CALL_AGAIN = "call_again"


TURNS: Final = frozenset({NoticeKind.BEGAN, NoticeKind.ENDED})


async def tell_everyone(session: AsyncSession, kind: NoticeKind, outage: OutageRow, at: datetime) -> int:
    """Everyone who works in the outage's scope, once each however often this runs; of an exercise only its units. Gives how many were new."""
    people: Any = (
        rows(_tx(session), literal(str(kind)), literal(outage.id), literal(outage.id), col(StaffRow.id), _moment(at))
        .distinct()
        .select_from(StaffRow)
        .join(MembershipRow, col(MembershipRow.staff_id) == col(StaffRow.id))
        .join(UnitRow, col(UnitRow.id) == col(MembershipRow.unit_id))
        .where(col(StaffRow.active), col(UnitRow.region) == outage.region)
    )
    if outage.organisation is not None:
        people = people.where(col(UnitRow.organisation) == outage.organisation)
    if outage.exercise:
        people = people.where(col(UnitRow.id).in_(json.loads(outage.units)))
    elif kind in TURNS:
        people = people.where(~_down_by_another(outage))
    columns = ["tx", "kind", "subject", "outage_id", "staff_id", "at"]
    return await _insert(session, columns, people)


def _down_by_another(outage: OutageRow) -> ColumnElement[bool]:
    """Where an organisation's own outage and the region's meet: what is down already does not begin, nor does it work when one of them ends."""
    other = aliased(OutageRow)
    holds_there = or_(col(other.organisation).is_(None), col(other.organisation) == col(UnitRow.organisation))
    return exists().where(
        col(other.id) != outage.id,
        col(other.region) == outage.region,
        col(other.state) == "confirmed",
        ~col(other.exercise),
        holds_there,
    )


async def tell_to_call_again(session: AsyncSession, call: PhoneCallRow, at: datetime) -> int:
    """Whoever rang and reached nobody, once for each try."""
    made = (
        _tx(session),
        literal(str(NoticeKind.CALL_AGAIN)),
        literal(f"{call.id}.{call.tries}"),
        literal(call.id),
        literal(call.outage_id, TextType),
        literal(call.staff_id),
        _moment(at),
    )
    columns = ["tx", "kind", "subject", "call_id", "outage_id", "staff_id", "at"]
    return await _insert(session, columns, rows(*made).where(literal(1) == literal(1)))


async def _insert(session: AsyncSession, columns: list[str], rows: Any) -> int:
    make = sqlite.insert if _is_local(session) else postgresql.insert
    done = await session.exec(make(NoticeRow).from_select(columns, rows).on_conflict_do_nothing())
    return int(done.rowcount)


def _moment(at: datetime) -> Any:
    return literal(at, NoticeRow.__table__.c.at.type)  # type: ignore[attr-defined]


def _is_local(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _tx(session: AsyncSession) -> Any:
    """PostgreSQL's transaction number after the latest restore's base, so that no open transaction is overtaken and missed."""
    base = func.coalesce(select(func.max(EpochRow.base)).scalar_subquery(), 0)
    return base if _is_local(session) else base + cast(cast(func.pg_current_xact_id(), TextType), BigInteger)


async def read(api: Api, caller: Caller, after: str, limit: int) -> NoticeList:
    """What was told after the cursor, oldest first: to everyone for the chat's own follower, else to the caller."""
    found = CURSOR.fullmatch(after or START)
    if found is None:
        raise CursorInvalid
    async with api.db.read() as session:
        wanted = (
            select(NoticeRow, OutageRow, PhoneCallRow)
            .outerjoin(OutageRow, col(OutageRow.id) == col(NoticeRow.outage_id))
            .outerjoin(PhoneCallRow, col(PhoneCallRow.id) == col(NoticeRow.call_id))
            .where(tuple_(NoticeRow.tx, NoticeRow.seq) > tuple_(literal(int(found[1])), literal(int(found[2]))))
        )
        if not api.db.is_sqlite:
            oldest_open = func.pg_snapshot_xmin(func.pg_current_snapshot())
            base = func.coalesce(select(func.max(EpochRow.base)).scalar_subquery(), 0)
            wanted = wanted.where(col(NoticeRow.tx) < base + cast(cast(oldest_open, TextType), BigInteger))
        if not caller.follower:
            wanted = wanted.where(col(NoticeRow.staff_id) == caller.staff_id)
        rows = (await session.exec(wanted.order_by(col(NoticeRow.tx), col(NoticeRow.seq)).limit(limit))).all()
    items = [_out(notice, outage, call) for notice, outage, call in rows]
    return NoticeList(items=items, next=items[-1].cursor if items else (after or START))


def _out(notice: NoticeRow, outage: OutageRow | None, call: PhoneCallRow | None) -> NoticeOut:
    rung = numbers.shown(call) if call is not None else None
    return NoticeOut(
        cursor=f"{notice.tx}.{notice.seq}",
        kind=notice.kind,
        staff_id=notice.staff_id,
        outage_id=notice.outage_id,
        system=outage.system if outage else "",
        exercise=outage.exercise if outage else bool(call and call.exercise),
        planned_from=outage.planned_from if outage else None,
        started_at=outage.started_at if outage else None,
        call_id=call.id if call else None,
        number=call.number if call else None,
        name=rung.name if rung else None,
        phone=rung.phone if rung else None,
        at=notice.at,
    )
