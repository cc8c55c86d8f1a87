"""From a key or a session to the person or program that calls. Reads the database; decides no rights."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select, SelectOfScalar

from api.authorisation import Caller, Place, Role
from api.errors import KeyExpired, KeyRevoked, NotSignedIn, ScopeMissing, StaffUnknown
from api.staff.secrets import digest
from api.staff.sessions import still_on
from api.staff.tables import ApiKeyRow, MembershipRow, SessionRow, StaffRow
from api.units.tables import UnitRow
from common.database import Database
from common.errors import DatabaseUnavailable
from knowledge.vocabulary import UnitType

NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly a key's and a session's latest use is written down."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who calls; and the key or session whose latest use ought to be written down, when that was long ago."""

    caller: Caller
    unnoted: ApiKeyRow | SessionRow | None


async def by_key(session: AsyncSession, key: str, on_behalf_of: str | None, now: datetime) -> Known:
    """The caller of a program's key, or NotSignedIn. `on_behalf_of` is the member of staff whom the call names."""
    row = (await session.exec(_key(), params={"hash": digest(key)})).first()
    if row is None:
        raise NotSignedIn
    if row.revoked_at is not None:
        raise KeyRevoked
    if row.expires_at is not None and row.expires_at <= now:
        raise KeyExpired
    return Known(await _program(session, row, on_behalf_of), row if _long_ago(row.last_used_at, now) else None)


async def _program(session: AsyncSession, row: ApiKeyRow, on_behalf_of: str | None) -> Caller:
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
    return Caller(actor=f"key:{row.id}", places=(_place(unit, row.role),), name=row.name, via=row.id)


async def by_session(session: AsyncSession, token: str, now: datetime, idle: timedelta) -> Known:
    """The person of a browser's session, or NotSignedIn. In the units that the sign-in was for, where it was for some."""
    row = await session.get(SessionRow, digest(token))
    if row is None or not still_on(row, now, idle):
        raise NotSignedIn
    units = None if row.units is None else frozenset(row.units.split())
    caller = await _person(session, row.staff_id, via=None, unknown=NotSignedIn(), units=units)
    return Known(caller, row if _long_ago(row.seen_at, now) else None)


async def note_use(db: Database, row: ApiKeyRow | SessionRow, now: datetime) -> None:
    """Writes down that the key or session is in use. A database that cannot write now shall not stop who only reads."""
    before = now - NOTED_EVERY
    if isinstance(row, SessionRow):
        seen = col(SessionRow.seen_at)
        noted = update(SessionRow).where((col(SessionRow.hash) == row.hash) & (seen.is_(None) | (seen <= before)))
        noted = noted.values(seen_at=now)
    else:
        used = col(ApiKeyRow.last_used_at)
        noted = update(ApiKeyRow).where((col(ApiKeyRow.id) == row.id) & (used.is_(None) | (used <= before)))
        noted = noted.values(last_used_at=now)
    try:
        async with db.write() as session:
            await session.exec(noted)
    except DatabaseUnavailable:
        return


@lru_cache(maxsize=1)
def _key() -> SelectOfScalar[ApiKeyRow]:
    """Made once, as it stands before every call."""
    return select(ApiKeyRow).where(ApiKeyRow.hash == bindparam("hash"))


@lru_cache(maxsize=1)
def _places() -> Select[StaffRow, MembershipRow, UnitRow]:
    """A person with every place where she works, the latest chosen first. Made once."""
    return (
        select(StaffRow, MembershipRow, UnitRow)
        .where(
            StaffRow.id == bindparam("staff"),
            MembershipRow.staff_id == StaffRow.id,
            UnitRow.id == MembershipRow.unit_id,
        )
        .order_by(col(MembershipRow.chosen_at).desc(), col(UnitRow.id))
    )


async def _person(
    session: AsyncSession, staff_id: str, *, via: str | None, unknown: Exception, units: frozenset[str] | None = None
) -> Caller:
    found = await session.exec(_places(), params={"staff": staff_id})
    rows = [row for row in found.all() if units is None or row[2].id in units]
    if not rows or not rows[0][0].active:
        raise unknown
    places = tuple(_place(unit, membership.role) for _, membership, unit in rows)
    person = rows[0][0]
    return Caller(f"staff:{staff_id}", places, staff_id=staff_id, name=person.name, via=via, language=person.language)


def _long_ago(noted: datetime | None, now: datetime) -> bool:
    return noted is None or noted <= now - NOTED_EVERY


def _place(unit: UnitRow, role: str) -> Place:
    return Place(unit.id, unit.name, UnitType(unit.type), unit.region, unit.organisation, Role(role))
