"""From a key or a session to the person or program that calls. Reads the database; decides no rights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, Select, String, Update, bindparam, func, or_, select, update

from api.authorisation import Caller, Place, Role
from api.errors import KeyExpired, KeyHeld, KeyRevoked, NotSignedIn, ScopeMissing, StaffUnknown
from api.staff.secrets import digest
from api.staff.sessions import still_on
from api.staff.tables import ApiKeyRow, MembershipRow, SessionRow, StaffRow
from api.units.tables import UnitRow
from common.database import Database, UtcDateTime, few, table_of
from common.errors import DatabaseUnavailable
from knowledge.vocabulary import UnitType

Found = Row[*tuple[Any, ...]]
"""A key or a session beside one place where its person works, or beside the key's own unit."""
Kind = Literal["key", "session"]
NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly a key's and a session's latest use is written down."""


@dataclass(frozen=True, slots=True)
class Unnoted:
    """A key or a session whose latest use ought to be written down."""

    kind: Kind
    id: str
    """A session's is its hash."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who calls; and with what, when its latest use was written down long ago."""

    caller: Caller
    unnoted: Unnoted | None


async def by_key(
    db: Database, key: str, on_behalf_of: str | None, now: datetime, within: frozenset[str] | None = None
) -> Known:
    """The caller of a program's key, or NotSignedIn. `on_behalf_of` is the member of staff whom the call names, `within` some of her units."""
    found = await db.ask(_by_key(), {"hash": digest(key), "staff": on_behalf_of})
    if not found:
        raise NotSignedIn
    row = found[0]
    if row.revoked_at is not None:
        raise KeyRevoked
    if row.expires_at is not None and row.expires_at <= now:
        raise KeyExpired
    if row.held_at is not None:
        raise KeyHeld
    if on_behalf_of is not None and not row.on_behalf:
        raise ScopeMissing
    unnoted = Unnoted("key", row.key_id) if _long_ago(row.last_used_at, now) else None
    rows = found if within is None or on_behalf_of is None else [here for here in found if here.unit_id in within]
    return Known(_program(row, on_behalf_of, rows), unnoted)


def _program(row: Found, on_behalf_of: str | None, found: Sequence[Found]) -> Caller:
    """`found`: the key beside each place where its person works, or beside its own unit."""
    if on_behalf_of is not None:
        return _person(found, via=row.key_id, unknown=StaffUnknown())
    if row.on_behalf:
        return Caller(actor=f"key:{row.key_id}", places=(), name=row.key_name, via=row.key_id, follower=True)
    if row.key_staff is not None:
        return _person(found, via=row.key_id, unknown=NotSignedIn())
    if row.unit_id is None or row.key_role is None:
        raise NotSignedIn
    return Caller(actor=f"key:{row.key_id}", places=(_place(row, row.key_role),), name=row.key_name, via=row.key_id)


async def by_session(db: Database, token: str, now: datetime, idle: timedelta) -> Known:
    """The person of a browser's session, or NotSignedIn. In the units that the sign-in was for, where it was for some."""
    found = await db.ask(_by_session(), {"hash": digest(token)})
    if not found or not still_on(found[0], now, idle):
        raise NotSignedIn
    row = found[0]
    units = None if row.units is None else frozenset(row.units.split())
    rows = [here for here in found if units is None or here.unit_id in units]
    caller = replace(_person(rows, via=None, unknown=NotSignedIn()), method=row.method)
    return Known(caller, Unnoted("session", row.hash) if _long_ago(row.seen_at, now) else None)


async def note_use(db: Database, used: Unnoted, now: datetime) -> None:
    """Writes down that the key or session is in use. A database that cannot write now shall not stop who only reads."""
    given = {"used": used.id, "now": now, "before": now - NOTED_EVERY}
    try:
        await db.do(lambda connection: connection.execute(_noting(used.kind), given), alone=True)
    except DatabaseUnavailable:
        return


@lru_cache(maxsize=2)
def _noting(kind: Kind) -> Update:
    """Writes down that `used` is in use `now`, where that was last done `before`."""
    table = table_of(SessionRow if kind == "session" else ApiKeyRow)
    which, last = (table.c.hash, table.c.seen_at) if kind == "session" else (table.c.id, table.c.last_used_at)
    now, before = (bindparam(name, type_=UtcDateTime) for name in ("now", "before"))
    long_ago = or_(last.is_(None), last <= before)
    return few(update(table).where(which == bindparam("used", type_=String), long_ago).values({last: now}))


@lru_cache(maxsize=1)
def _by_key() -> Select[*tuple[Any, ...]]:
    """A key with every place where the person works whom it is for, the latest chosen first; or with its own unit. Made once."""
    key, staff, membership, unit = (table_of(row) for row in (ApiKeyRow, StaffRow, MembershipRow, UnitRow))
    person = func.coalesce(bindparam("staff", type_=String), key.c.staff_id)
    own = key.c.id.label("key_id"), key.c.name.label("key_name"), key.c.role.label("key_role")
    whose = key.c.staff_id.label("key_staff"), key.c.on_behalf
    holds = key.c.expires_at, key.c.revoked_at, key.c.held_at, key.c.last_used_at
    return (
        select(*own, *whose, *holds, *_place_columns())
        .select_from(key)
        .outerjoin(staff, staff.c.id == person)
        .outerjoin(membership, membership.c.staff_id == staff.c.id)
        .outerjoin(unit, unit.c.id == func.coalesce(membership.c.unit_id, key.c.unit_id))
        .where(key.c.hash == bindparam("hash"))
        .order_by(membership.c.chosen_at.desc(), unit.c.id)
    )


@lru_cache(maxsize=1)
def _by_session() -> Select[*tuple[Any, ...]]:
    """A session with every place where its person works, the latest chosen first. Made once."""
    session, staff, membership, unit = (table_of(row) for row in (SessionRow, StaffRow, MembershipRow, UnitRow))
    own = (session.c[name] for name in ("hash", "ended_at", "expires_at", "seen_at", "created_at", "units", "method"))
    return (
        select(*own, *_place_columns())
        .where(
            session.c.hash == bindparam("hash"),
            staff.c.id == session.c.staff_id,
            membership.c.staff_id == staff.c.id,
            unit.c.id == membership.c.unit_id,
        )
        .order_by(membership.c.chosen_at.desc(), unit.c.id)
    )


def _place_columns() -> tuple[ColumnElement[Any], ...]:
    """What `_person` and `_place` look at."""
    staff, membership, unit = (table_of(row).c for row in (StaffRow, MembershipRow, UnitRow))
    return (
        staff.id.label("staff_id"),
        staff.name.label("staff_name"),
        staff.active,
        staff.language,
        membership.role,
        unit.id.label("unit_id"),
        unit.name.label("unit_name"),
        unit.type,
        unit.region,
        unit.organisation,
    )


def _person(found: Sequence[Found], *, via: str | None, unknown: Exception) -> Caller:
    """The person of these rows, one for each place where she works."""
    places = tuple(_place(row, row.role) for row in found if row.role is not None and row.unit_id is not None)
    if not places or not found[0].active:
        raise unknown
    person = found[0]
    return Caller(
        f"staff:{person.staff_id}",
        places,
        staff_id=person.staff_id,
        name=person.staff_name,
        via=via,
        language=person.language,
    )


def _long_ago(noted: datetime | None, now: datetime) -> bool:
    return noted is None or noted <= now - NOTED_EVERY


def _place(row: Found, role: str) -> Place:
    return Place(row.unit_id, row.unit_name, UnitType(row.type), row.region, row.organisation, Role(role))
