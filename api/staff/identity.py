"""From a key or a session to the person or program that calls. Reads the database; decides no rights."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller, Place, Role
from api.errors import NotSignedIn, ScopeMissing, StaffUnknown
from api.staff.secrets import digest
from api.staff.tables import ApiKeyRow, MembershipRow, SessionRow, StaffRow
from api.units.tables import UnitRow
from knowledge.vocabulary import UnitType


async def by_key(session: AsyncSession, key: str, on_behalf_of: str | None, now: datetime) -> Caller:
    """The caller of a program's key, or NotSignedIn. `on_behalf_of` is the member of staff whom the call names."""
    row = (await session.exec(select(ApiKeyRow).where(ApiKeyRow.hash == digest(key)))).first()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise NotSignedIn
    if on_behalf_of is not None:
        if not row.on_behalf:
            raise ScopeMissing
        return await _person(session, on_behalf_of, via=row.id, unknown=StaffUnknown())
    if row.on_behalf:
        return Caller(actor=f"key:{row.id}", places=(), name=row.name, via=row.id, follower=True)
    if row.staff_id is not None:
        return await _person(session, row.staff_id, via=row.id, unknown=NotSignedIn())
    unit = None if row.unit_id is None else await session.get(UnitRow, row.unit_id)
    if unit is None or row.role is None:
        raise NotSignedIn
    return Caller(actor=f"key:{row.id}", places=(_place(unit, row.role),), name=row.name)


async def by_session(session: AsyncSession, token: str, now: datetime) -> Caller:
    """The person of a browser's session, or NotSignedIn."""
    row = await session.get(SessionRow, digest(token))
    if row is None or row.ended_at is not None or row.expires_at <= now:
        raise NotSignedIn
    return await _person(session, row.staff_id, via=None, unknown=NotSignedIn())


async def _person(session: AsyncSession, staff_id: str, *, via: str | None, unknown: Exception) -> Caller:
    found = await session.exec(
        select(StaffRow, MembershipRow, UnitRow)
        .where(StaffRow.id == staff_id, MembershipRow.staff_id == StaffRow.id, UnitRow.id == MembershipRow.unit_id)
        .order_by(col(MembershipRow.chosen_at).desc(), col(UnitRow.id))
    )
    rows = found.all()
    if not rows or not rows[0][0].active:
        raise unknown
    places = tuple(_place(unit, membership.role) for _, membership, unit in rows)
    return Caller(actor=f"staff:{staff_id}", places=places, staff_id=staff_id, name=rows[0][0].name, via=via)


def _place(unit: UnitRow, role: str) -> Place:
    return Place(unit.id, unit.name, UnitType(unit.type), unit.region, unit.organisation, Role(role))
