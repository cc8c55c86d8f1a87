"""Who watches a unit's inbox at a moment: its watching members, and in place of those who are away whoever covers for them. Sends nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import RIGHTS, Right, Role
from api.context import STOCKHOLM
from api.staff.tables import AbsenceRow, MembershipRow, StaffRow


@dataclass(frozen=True, slots=True)
class Member:
    """An active person who may read the unit's inbox."""

    staff_id: str
    watches: bool


async def watchers(session: AsyncSession, unit_id: str, at: datetime) -> tuple[str, ...]:
    """The staff ids, sorted. Empty only for a unit where nobody may read the inbox."""
    day = at.astimezone(STOCKHOLM).date()
    found = await session.exec(
        select(StaffRow.id, MembershipRow.role, MembershipRow.watches).where(
            MembershipRow.unit_id == unit_id, StaffRow.id == MembershipRow.staff_id, col(StaffRow.active)
        )
    )
    members = tuple(Member(who, watches) for who, role, watches in found.all() if Right.RECEIVE in RIGHTS[Role(role)])
    return on_watch(members, await away(session, unit_id, day))


async def unread(session: AsyncSession, unit_ids: Iterable[str]) -> frozenset[str]:
    """Those of the units where nobody may read the inbox: what is sent there waits until somebody may."""
    wanted = frozenset(unit_ids)
    readers = [role for role in Role if Right.RECEIVE in RIGHTS[role]]
    found = await session.exec(
        select(MembershipRow.unit_id)
        .join(StaffRow, col(StaffRow.id) == col(MembershipRow.staff_id))
        .where(col(MembershipRow.unit_id).in_(wanted), col(MembershipRow.role).in_(readers), col(StaffRow.active))
        .distinct()
    )
    return wanted - frozenset(found.all())


async def away(session: AsyncSession, unit_id: str, day: date) -> dict[str, str | None]:
    """Who is away from the unit that day, and who covers."""
    found = await session.exec(
        select(AbsenceRow)
        .where(
            AbsenceRow.unit_id == unit_id,
            AbsenceRow.first_day <= day,
            AbsenceRow.last_day >= day,
            col(AbsenceRow.ended_at).is_(None),
        )
        .order_by(col(AbsenceRow.set_at), col(AbsenceRow.id))
    )
    return {row.staff_id: row.covered_by for row in found.all()}


def on_watch(members: Iterable[Member], absent: Mapping[str, str | None]) -> tuple[str, ...]:
    """Pure. When nobody is left, everybody who is at work watches; when nobody is at work, everybody: an inbox is never unwatched."""
    members = tuple(members)
    able = frozenset(member.staff_id for member in members)
    wanted = frozenset(stands_in(member.staff_id, absent) for member in members if member.watches)
    watching = able & wanted
    return tuple(sorted(watching or able - absent.keys() or able))


def stands_in(staff_id: str, absent: Mapping[str, str | None]) -> str | None:
    """She herself, whoever covers for her, or for that person in turn; None when the line ends with somebody away."""
    seen: set[str] = set()
    current: str | None = staff_id
    while current is not None and current in absent:
        if current in seen:
            return None
        seen.add(current)
        current = absent[current]
    return current
