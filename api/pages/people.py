"""Whom a sign-in link belongs to, and whom one can play in the demo. Reads only; signing in is the staff service's."""

from dataclasses import dataclass
from itertools import groupby

from sqlmodel import col, select

from api.context import Api
from api.staff.secrets import digest
from api.staff.tables import MembershipRow, SignInLinkRow, StaffRow
from api.units.tables import UnitRow


@dataclass(frozen=True)
class Persona:
    id: str
    name: str
    unit: str


@dataclass(frozen=True)
class Region:
    """The demo's people of one region."""

    name: str
    people: tuple[Persona, ...]


def short(name: str | None) -> str:
    """The name without the profession that may follow it: "Maja Lindqvist"."""
    return (name or "").split(",")[0]


async def for_demo(api: Api) -> tuple[Region, ...]:
    """Those one can sign in as without proof: the demo's made-up people, and in production nobody."""
    if api.settings.production:
        return ()
    query = (
        select(UnitRow.region, StaffRow.id, StaffRow.name, UnitRow.name)
        .where(
            col(StaffRow.demo),
            col(StaffRow.active),
            MembershipRow.staff_id == StaffRow.id,
            UnitRow.id == MembershipRow.unit_id,
        )
        .order_by(col(UnitRow.region), col(UnitRow.name), col(StaffRow.name))
    )
    async with api.db.read() as session:
        rows = (await session.exec(query)).all()
    names = {pack.region: pack.name for pack in api.knowledge.registry.packs}
    return tuple(
        Region(names.get(region, region), tuple(Persona(*found) for _, *found in group))
        for region, group in groupby(rows, key=lambda row: row[0])
    )


async def of_link(api: Api, code: str) -> Persona | None:
    """Whom the link signs in, while it can still be used. Looking does not use it up."""
    query = (
        select(StaffRow.id, StaffRow.name, UnitRow.name)
        .where(
            SignInLinkRow.hash == digest(code),
            col(SignInLinkRow.used_at).is_(None),
            SignInLinkRow.expires_at > api.now(),
            StaffRow.id == SignInLinkRow.staff_id,
            col(StaffRow.active),
            MembershipRow.staff_id == StaffRow.id,
            UnitRow.id == MembershipRow.unit_id,
        )
        .order_by(col(MembershipRow.chosen_at).desc())
        .limit(1)
    )
    async with api.db.read() as session:
        row = (await session.exec(query)).first()
    return None if row is None else Persona(*row)
