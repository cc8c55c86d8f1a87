"""What `lots token`, `lots tokens`, `lots connect` and `lots units` ask for. Prints nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlmodel import col, select

from api.audit.service import Action, note_system
from api.authorisation import Role
from api.context import Api
from api.errors import KeyUnknown
from api.oidc import people
from api.staff import service as staff
from api.staff.tables import ApiKeyRow, MembershipRow
from api.units import service as units
from knowledge.directory import Unit
from knowledge.vocabulary import UnitType

SHORTEST: Final = 4
"""Characters of an id that are enough to name a key, if only one begins so."""
State = Literal["valid", "expired", "revoked"]


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
    unit, role = (row.unit_id, row.role) if place is None else (place.unit_id, place.role)
    return Key(row.id, row.name, unit, role, row.on_behalf, row.created_at, row.expires_at, row.last_used_at, state)
