"""Programs' keys, for the operator (`lots token`, `lots tokens`) and for an organisation's administrator; and what `lots connect` and `lots units` ask for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from api.audit.service import Action, note, note_system
from api.authorisation import Caller, Right, Role
from api.context import Api
from api.errors import KeyUnknown, RoleNotYours, WrongState
from api.oidc import people
from api.staff import service as staff
from api.staff.administration import roles_to_give, unit_of
from api.staff.tables import ApiKeyRow, MembershipRow
from api.units import service as units
from api.units.tables import UnitRow
from knowledge.directory import Unit
from knowledge.vocabulary import UnitType

SHORTEST: Final = 4
"""Characters of an id that are enough to name a key, if only one begins so."""
State = Literal["valid", "expired", "revoked", "held"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key as its owner may know it: everything but the key."""

    id: str
    name: str
    unit: str | None
    role: str | None
    on_behalf: bool
    made: datetime
    expires: datetime | None
    used: datetime | None
    state: State


async def token(api: Api, unit_id: str, role: Role, days: int) -> str:
    """A new key for scripts that act as the unit in the role. Raises UnitUnknown."""
    name = api.knowledge.texts.text("cli.script")
    return await staff.issue_key(api, name=name, unit_id=unit_id, role=role, lifetime=timedelta(days=days))


async def listed(api: Api) -> list[Key]:
    """Every key, the newest first."""
    query = (
        select(ApiKeyRow, MembershipRow)
        .outerjoin(MembershipRow, col(MembershipRow.staff_id) == col(ApiKeyRow.staff_id))
        .order_by(col(ApiKeyRow.created_at).desc(), col(ApiKeyRow.id), col(MembershipRow.chosen_at).desc())
    )
    async with api.db.read() as session:
        rows = (await session.exec(query)).all()
    newest = {row.id: (row, place) for row, place in reversed(rows)}
    return [_key(row, place, api.now()) for row, place in reversed(newest.values())]


async def revoke(api: Api, beginning: str) -> str:
    """The key whose id begins so counts no longer; gives its id. Raises KeyUnknown where none does, or more than one."""
    now = api.now()
    async with api.db.write() as session:
        query = select(ApiKeyRow).where(col(ApiKeyRow.id).startswith(beginning, autoescape=True)).limit(2)
        rows = (await session.exec(query)).all()
        if len(beginning) < SHORTEST or len(rows) != 1:
            raise KeyUnknown
        if rows[0].name == staff.BOT and rows[0].on_behalf:
            raise KeyUnknown(variant="own")
        if rows[0].revoked_at is None:
            rows[0].revoked_at = now
            note_system(session, now, Action.REVOKE_KEY, None, rows[0].id)
        return rows[0].id


async def of_organisations(api: Api, caller: Caller) -> list[tuple[Key, str]]:
    """The keys of the organisations that the caller administers, the newest first, each with its unit's name."""
    async with api.db.read() as session:
        rows = (await session.exec(_administered(caller))).all()
    newest = {row.id: (_key(row, place, api.now()), unit.name) for row, place, unit in reversed(rows)}
    return list(reversed(newest.values()))


async def of_id(api: Api, caller: Caller, key_id: str) -> tuple[Key, str]:
    """One of them, or KeyUnknown, whether it is another organisation's or nobody's."""
    async with api.db.read() as session:
        found = (await session.exec(_administered(caller).where(ApiKeyRow.id == key_id))).first()
    if found is None:
        raise KeyUnknown
    row, place, unit = found
    return _key(row, place, api.now()), unit.name


async def issue(api: Api, caller: Caller, unit_id: str, name: str, role: Role, days: int) -> str:
    """A new key for a program at a unit that is open and that the caller administers; shown once, only its hash is kept."""
    async with api.db.read() as session:
        unit = await unit_of(session, caller, unit_id)
        if unit.closed_at is not None:
            raise WrongState(variant="unit_closed")
        if role not in roles_to_give(caller, unit):
            raise RoleNotYours
    lifetime = timedelta(days=days)
    return await staff.issue_key(api, name=name, unit_id=unit_id, role=role, lifetime=lifetime, by=caller)


async def withdraw(api: Api, caller: Caller, key_id: str) -> None:
    """The key counts no longer, from its next call on. One that is revoked already stays so."""
    now = api.now()
    async with api.db.write() as session:
        found = (await session.exec(_administered(caller).where(ApiKeyRow.id == key_id))).first()
        if found is None:
            raise KeyUnknown
        row, _, unit = found
        if row.revoked_at is None:
            row.revoked_at = now
            session.add(row)
            note(session, caller, now, Action.REVOKE_KEY, unit.id, row.id)


def _administered(caller: Caller) -> Select[ApiKeyRow, MembershipRow, UnitRow]:
    """Keys of programs, never a person's own nor the chat's, at units of the caller's organisations."""
    theirs = col(UnitRow.organisation).in_(caller.organisations(Right.ADMINISTER_ORGANISATION))
    return (
        select(ApiKeyRow, MembershipRow, UnitRow)
        .join(MembershipRow, col(MembershipRow.staff_id) == col(ApiKeyRow.staff_id))
        .join(UnitRow, col(UnitRow.id) == col(MembershipRow.unit_id))
        .where(theirs, col(ApiKeyRow.on_behalf).is_(False))
        .order_by(col(ApiKeyRow.created_at).desc(), col(ApiKeyRow.id))
    )


async def connect(api: Api, staff_id: str, word: str) -> None:
    """Raises PersonUnknown and IdentityTaken."""
    async with api.db.write() as session:
        await people.connect(api, session, staff_id, word.strip(), api.now())
        note_system(session, api.now(), Action.CONNECT, None, staff_id)


async def list_units(api: Api, *, pack_id: str | None = None, unit_type: UnitType | None = None) -> list[Unit]:
    """The directory in the database; a pack means the units of its region. Raises UnknownPack."""
    region = None if pack_id is None else api.knowledge.registry.pack(pack_id).region
    return await units.listed(api, region=region, unit_type=unit_type)


def _key(row: ApiKeyRow, place: MembershipRow | None, now: datetime) -> Key:
    state: State = "valid"
    if row.revoked_at is not None:
        state = "revoked"
    elif row.expires_at is not None and row.expires_at <= now:
        state = "expired"
    elif row.held_at is not None:
        state = "held"
    unit, role = (row.unit_id, row.role) if place is None else (place.unit_id, place.role)
    return Key(row.id, row.name, unit, role, row.on_behalf, row.created_at, row.expires_at, row.last_used_at, state)
