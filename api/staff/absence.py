"""Leave and handover: who is away from a unit, from when to when, and who watches its inbox instead. Knows no HTTP."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import RIGHTS, Caller, Right, Role
from api.context import Api
from api.errors import AbsenceInvalid, NotFound
from api.staff.administration import unit_of
from api.staff.tables import AbsenceRow, MembershipRow, StaffRow
from common.ids import new_id

LONGEST: Final = timedelta(days=366 * 2)


@dataclass(frozen=True, slots=True)
class Leave:
    id: str
    staff_id: str
    name: str
    cover: str | None
    first_day: date
    last_day: date


async def leaves(session: AsyncSession, unit_id: str, today: date) -> list[Leave]:
    """Those that are on or to come, in order."""
    found = (
        await session.exec(
            select(AbsenceRow)
            .where(AbsenceRow.unit_id == unit_id, AbsenceRow.last_day >= today, col(AbsenceRow.ended_at).is_(None))
            .order_by(col(AbsenceRow.first_day), col(AbsenceRow.id))
        )
    ).all()
    ids = {who for row in found for who in (row.staff_id, row.covered_by) if who is not None}
    names = dict((await session.exec(select(StaffRow.id, StaffRow.name).where(col(StaffRow.id).in_(ids)))).all())
    return [
        Leave(
            row.id,
            row.staff_id,
            names[row.staff_id],
            None if row.covered_by is None else names[row.covered_by],
            row.first_day,
            row.last_day,
        )
        for row in found
    ]


async def add(
    api: Api, caller: Caller, unit_id: str, staff_id: str, covered_by: str | None, first_day: date, last_day: date
) -> str:
    """Both days included. Both people must be able to read the unit's inbox already: covering gives nobody a right."""
    if last_day < first_day or last_day < api.today() or last_day - first_day > LONGEST:
        raise AbsenceInvalid(variant="days")
    if staff_id == covered_by:
        raise AbsenceInvalid(variant="same")
    async with api.db.write() as session:
        unit = await unit_of(session, caller, unit_id)
        for person in (staff_id, covered_by):
            if person is not None and not await _reads(session, unit.id, person):
                raise AbsenceInvalid
        leave = new_id()
        session.add(
            AbsenceRow(
                id=leave,
                unit_id=unit.id,
                staff_id=staff_id,
                covered_by=covered_by,
                first_day=first_day,
                last_day=last_day,
                set_at=api.now(),
            )
        )
        note(session, caller, api.now(), Action.ADD_ABSENCE, unit.id, staff_id)
    return leave


async def end(api: Api, caller: Caller, unit_id: str, leave_id: str) -> None:
    """Taken back: from now on it does not count."""
    async with api.db.write() as session:
        unit = await unit_of(session, caller, unit_id)
        row = await session.get(AbsenceRow, leave_id)
        if row is None or row.unit_id != unit.id:
            raise NotFound
        if row.ended_at is None:
            row.ended_at = api.now()
            session.add(row)
            note(session, caller, api.now(), Action.END_ABSENCE, unit.id, row.staff_id)


async def _reads(session: AsyncSession, unit_id: str, staff_id: str) -> bool:
    post = await session.get(MembershipRow, (staff_id, unit_id))
    person = await session.get(StaffRow, staff_id)
    return post is not None and person is not None and person.active and Right.RECEIVE in RIGHTS[Role(post.role)]
