"""From a key or a session to the person or program that calls. Reads the database; decides no rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import String, bindparam, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from api.authorisation import Caller, Place, Role
from api.errors import KeyExpired, KeyRevoked, NotSignedIn, ScopeMissing, StaffUnknown
from api.staff.secrets import digest
from api.staff.sessions import still_on
from api.staff.tables import ApiKeyRow, MembershipRow, SessionRow, StaffRow
from api.units.tables import UnitRow
from common.database import Database
from common.errors import DatabaseUnavailable
from knowledge.vocabulary import UnitType

Found = tuple[ApiKeyRow, StaffRow | None, MembershipRow | None, UnitRow | None]
NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly a key's and a session's latest use is written down."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who calls; and the key or session whose latest use ought to be written down, when that was long ago."""

    caller: Caller
    unnoted: ApiKeyRow | SessionRow | None


async def by_key(session: AsyncSession, key: str, on_behalf_of: str | None, now: datetime) -> Known:
    """The caller of a program's key, or NotSignedIn. `on_behalf_of` is the member of staff whom the call names."""
    found = (await session.exec(_by_key(), params={"hash": digest(key), "staff": on_behalf_of})).all()
    if not found:
        raise NotSignedIn
    row = found[0][0]
    if row.revoked_at is not None:
        raise KeyRevoked
    if row.expires_at is not None and row.expires_at <= now:
        raise KeyExpired
    if on_behalf_of is not None and not row.on_behalf:
        raise ScopeMissing
    return Known(_program(row, on_behalf_of, found), row if _long_ago(row.last_used_at, now) else None)


def _program(row: ApiKeyRow, on_behalf_of: str | None, found: Sequence[Found]) -> Caller:
    """`found`: the key beside each place where its person works, or beside its own unit."""
    if on_behalf_of is not None:
        return _person([here[1:] for here in found], via=row.id, unknown=StaffUnknown())
    if row.on_behalf:
        return Caller(actor=f"key:{row.id}", places=(), name=row.name, via=row.id, follower=True)
    if row.staff_id is not None:
        return _person([here[1:] for here in found], via=row.id, unknown=NotSignedIn())
    unit = found[0][3]
    if unit is None or row.role is None:
        raise NotSignedIn
    return Caller(actor=f"key:{row.id}", places=(_place(unit, row.role),), name=row.name, via=row.id)


async def by_session(session: AsyncSession, token: str, now: datetime, idle: timedelta) -> Known:
    """The person of a browser's session, or NotSignedIn. In the units that the sign-in was for, where it was for some."""
    row = await session.get(SessionRow, digest(token))
    if row is None or not still_on(row, now, idle):
        raise NotSignedIn
    units = None if row.units is None else frozenset(row.units.split())
    found = (await session.exec(_places(), params={"staff": row.staff_id})).all()
    rows = [here for here in found if units is None or here[2].id in units]
    caller = _person(rows, via=None, unknown=NotSignedIn())
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
def _by_key() -> Select[ApiKeyRow, StaffRow | None, MembershipRow | None, UnitRow | None]:
    """A key with every place where the person works whom it is for, the latest chosen first; or with its own unit. Made once."""
    person = func.coalesce(bindparam("staff", type_=String), col(ApiKeyRow.staff_id))
    return (
        select(ApiKeyRow, StaffRow, MembershipRow, UnitRow)
        .outerjoin(StaffRow, col(StaffRow.id) == person)
        .outerjoin(MembershipRow, col(MembershipRow.staff_id) == col(StaffRow.id))
        .outerjoin(UnitRow, col(UnitRow.id) == func.coalesce(col(MembershipRow.unit_id), col(ApiKeyRow.unit_id)))
        .where(col(ApiKeyRow.hash) == bindparam("hash"))
        .order_by(col(MembershipRow.chosen_at).desc(), col(UnitRow.id))
    )


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


def _person(
    found: Sequence[tuple[StaffRow | None, MembershipRow | None, UnitRow | None]],
    *,
    via: str | None,
    unknown: Exception,
) -> Caller:
    """The person of these rows, one for each place where she works."""
    places = tuple(_place(unit, membership.role) for _, membership, unit in found if membership and unit)
    person = found[0][0] if found else None
    if person is None or not places or not person.active:
        raise unknown
    return Caller(f"staff:{person.id}", places, staff_id=person.id, name=person.name, via=via, language=person.language)


def _long_ago(noted: datetime | None, now: datetime) -> bool:
    return noted is None or noted <= now - NOTED_EVERY


def _place(unit: UnitRow, role: str) -> Place:
    return Place(unit.id, unit.name, UnitType(unit.type), unit.region, unit.organisation, Role(role))
