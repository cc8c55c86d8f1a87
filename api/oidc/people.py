"""From claims to the person and the units of this sign-in. Finds, and narrows; makes and widens nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Role
from api.context import Api
from api.errors import IdentityTaken, PersonUnknown
from api.oidc.token import Claims
from api.staff.tables import MembershipRow, StaffIdentityRow, StaffRow
from api.units.tables import UnitRow

MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Entering:
    """`units`: those that the sign-in is for; None is all of hers."""

    staff_id: str
    units: frozenset[str] | None


def identity(api: Api, claims: Claims) -> str:
    """Who the provider says it is, or PersonUnknown."""
    found = _words(claims.get(api.settings.oidc_staff_claim))
    if len(found) != 1:
        raise PersonUnknown
    return next(iter(found))


async def entering(api: Api, claims: Claims) -> Entering:
    """The person, who must be known and work here, in the units that the claims name. Raises PersonUnknown."""
    who = identity(api, claims)
    known = select(StaffIdentityRow.staff_id).where(StaffIdentityRow.lookup == _lookup(api, who))
    query = select(StaffRow).where(or_(col(StaffRow.hsa_id) == who.upper(), col(StaffRow.id).in_(known)))
    async with api.db.read() as session:
        people = (await session.exec(query.limit(2))).all()
        if len(people) != 1:
            raise PersonUnknown
        if not people[0].active:
            raise PersonUnknown(variant="inactive", staff=people[0].id)
        places = await _places(session, people[0].id)
    if not places:
        raise PersonUnknown(variant="no_unit", staff=people[0].id)
    units = _narrowed(api, claims, places)
    if units is not None and not units:
        raise PersonUnknown(variant="other_unit", staff=people[0].id)
    return Entering(people[0].id, units)


async def connect(api: Api, session: AsyncSession, staff_id: str, who: str, now: datetime) -> None:
    """From now on the provider's word `who` is this person. Raises PersonUnknown and IdentityTaken."""
    if await session.get(StaffRow, staff_id) is None:
        raise PersonUnknown
    row = await session.get(StaffIdentityRow, _lookup(api, who))
    if row is not None and row.staff_id != staff_id:
        raise IdentityTaken
    if row is None:
        session.add(StaffIdentityRow(lookup=_lookup(api, who), staff_id=staff_id, created_at=now))


def _lookup(api: Api, who: str) -> str:
    return api.cipher.lookup(f"identity:{api.settings.oidc_issuer}:{api.settings.oidc_staff_claim}:{who}")


async def _places(session: AsyncSession, staff_id: str) -> list[tuple[UnitRow, str]]:
    query = select(UnitRow, MembershipRow.role).where(
        MembershipRow.staff_id == staff_id, UnitRow.id == MembershipRow.unit_id
    )
    return list((await session.exec(query)).all())


def _narrowed(api: Api, claims: Claims, places: Iterable[tuple[UnitRow, str]]) -> frozenset[str] | None:
    """The units of hers that the claims name, in a role that they name. A claim that settings ask for must be there."""
    settings = api.settings
    if not settings.oidc_unit_claim and not settings.oidc_role_claim:
        return None
    units = {word.casefold() for word in _words(claims.get(settings.oidc_unit_claim))}
    roles = {settings.oidc_roles.get(word, word) for word in _words(claims.get(settings.oidc_role_claim))}
    return frozenset(
        unit.id
        for unit, role in places
        if (not settings.oidc_unit_claim or {unit.id.casefold(), (unit.hsa_id or "").casefold()} & units)
        and (not settings.oidc_role_claim or Role(role) in roles)
    )


def _words(claim: Any) -> frozenset[str]:
    """A claim of one word or several; anything else says nothing."""
    found = claim if isinstance(claim, list) else [claim]
    return frozenset(word.strip() for word in found if isinstance(word, str) and 0 < len(word.strip()) <= MAX_LENGTH)
