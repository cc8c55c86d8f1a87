"""Who works at a unit in which role: given, changed and taken by those who may. Every change is audited in its own transaction. Knows no HTTP.

Nobody gives a role that her own role may not give, outside her unit or organisation, or to herself more than she has.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from api.audit.service import SYSTEM, Action, note, record
from api.authorisation import GRANTS, RIGHTS, Caller, Right, Role
from api.context import Api
from api.enrolment.tables import ChatAccountRow
from api.errors import (
    LastAdministrator,
    NotFound,
    NotYourUnit,
    PersonBlocked,
    PersonElsewhere,
    RoleNotYours,
    WrongState,
)
from api.imports.staff import LOCK, granted
from api.staff.tables import MembershipRow, SessionRow, StaffRow
from api.units.tables import UnitRow
from common.ids import new_id

MOST_FOUND: Final = 20


@dataclass(frozen=True, slots=True)
class MemberView:
    staff_id: str
    name: str
    hsa_id: str | None
    role: Role
    watches: bool
    active: bool
    blocked: bool


def roles_to_give(caller: Caller, unit: UnitRow) -> frozenset[Role]:
    """What the caller's roles let her give and take at the unit."""
    found: set[Role] = set()
    for place in caller.places:
        everywhere = place.gives(Right.ADMINISTER_ORGANISATION) and place.organisation == unit.organisation
        if everywhere or (place.gives(Right.ADMINISTER_UNIT) and place.unit_id == unit.id):
            found |= GRANTS[place.role]
    return frozenset(found)


async def unit_of(session: AsyncSession, caller: Caller, unit_id: str) -> UnitRow:
    """The unit, if the caller administers it; else NotYourUnit, whether it exists or not."""
    unit = await session.get(UnitRow, unit_id)
    if unit is None or not roles_to_give(caller, unit):
        raise NotYourUnit
    return unit


async def members(session: AsyncSession, unit_id: str) -> list[MemberView]:
    found = await session.exec(
        select(StaffRow, MembershipRow)
        .where(MembershipRow.unit_id == unit_id, StaffRow.id == MembershipRow.staff_id)
        .order_by(col(StaffRow.name), col(StaffRow.id))
    )
    return [
        MemberView(
            person.id,
            person.name,
            person.hsa_id,
            Role(post.role),
            post.watches,
            person.active,
            blocked=person.blocked_at is not None,
        )
        for person, post in found.all()
    ]


async def candidates(session: AsyncSession, unit: UnitRow, words: str) -> list[StaffRow]:
    """People of the unit's organisation by part of the name or by HSA-id, who do not work at the unit."""
    here = select(MembershipRow.staff_id).where(MembershipRow.unit_id == unit.id)
    found = await session.exec(
        select(StaffRow)
        .where(_in_organisation(unit.organisation), col(StaffRow.active), col(StaffRow.id).not_in(here))
        .order_by(col(StaffRow.name), col(StaffRow.id))
    )
    return list(islice((row for row in found.all() if fits(words, row.name, row.hsa_id)), MOST_FOUND))


def fits(words: str, name: str, hsa_id: str | None) -> bool:
    """Part of the name or the whole HSA-id, whatever the case. Compared here: SQLite knows no case but of a–z."""
    wanted = words.casefold()
    return wanted in name.casefold() or wanted == (hsa_id or "").casefold()


async def add_member(api: Api, caller: Caller, unit_id: str, staff_id: str, role: Role) -> None:
    async with api.db.write() as session:
        unit = await _open_unit(api, session, caller, unit_id)
        found = await session.exec(
            select(StaffRow).where(StaffRow.id == staff_id, _in_organisation(unit.organisation), col(StaffRow.active))
        )
        if found.first() is None:
            raise NotFound
        await _give(api, session, caller, unit, staff_id, role)


async def add_person(api: Api, caller: Caller, unit_id: str, external_id: str, name: str, role: Role) -> str:
    """Somebody new, or whom nobody else has any more. Returns her id."""
    async with api.db.write() as session:
        unit = await _open_unit(api, session, caller, unit_id)
        person = (await session.exec(select(StaffRow).where(StaffRow.hsa_id == external_id))).first()
        now = api.now()
        if person is None:
            person = StaffRow(id=new_id(), name=name, hsa_id=external_id)
            note(session, caller, now, Action.ADD_STAFF, unit.id, person.id)
        elif not await _may_take_in(session, person, unit):
            raise PersonElsewhere
        elif person.blocked_at is not None:
            raise PersonBlocked
        elif not person.active:
            person.active, person.name = True, name
            note(session, caller, now, Action.REACTIVATE_STAFF, unit.id, person.id)
        session.add(person)
        await session.flush()
        await _give(api, session, caller, unit, person.id, role)
    return person.id


async def change_role(
    api: Api, caller: Caller, unit_id: str, staff_id: str, role: Role, *, confirmed: bool = False
) -> None:
    """`confirmed`: she knows that the unit is then without an administrator."""
    async with api.db.write() as session:
        unit, post = await _post(api, session, caller, unit_id, staff_id)
        before = Role(post.role)
        if before is role:
            return
        _may_give(caller, unit, staff_id, role, before)
        await _keeps_an_administrator(session, unit, post, confirmed=confirmed)
        post.role, post.source = role, None
        session.add(post)
        note(session, caller, api.now(), granted(role), unit.id, staff_id)


async def end_membership(api: Api, caller: Caller, unit_id: str, staff_id: str, *, confirmed: bool = False) -> None:
    """Who has nowhere left to work can no longer sign in."""
    async with api.db.write() as session:
        unit, post = await _post(api, session, caller, unit_id, staff_id)
        await _keeps_an_administrator(session, unit, post, confirmed=confirmed)
        await session.delete(post)
        note(session, caller, api.now(), Action.END_MEMBERSHIP, unit.id, staff_id)
        await session.flush()
        left = await session.exec(select(MembershipRow.unit_id).where(MembershipRow.staff_id == staff_id).limit(1))
        person = await session.get(StaffRow, staff_id)
        if left.first() is None and person is not None and person.active:
            person.active = False
            session.add(person)
            note(session, caller, api.now(), Action.DEACTIVATE_STAFF, unit.id, staff_id)


async def set_watches(api: Api, caller: Caller, unit_id: str, staff_id: str, *, watches: bool) -> None:
    """Whether the person watches the unit's inbox when she is at work."""
    async with api.db.write() as session:
        unit = await unit_of(session, caller, unit_id)
        post = await session.get(MembershipRow, (staff_id, unit.id))
        if post is None:
            raise NotFound
        if post.watches == watches:
            return
        post.watches = watches
        session.add(post)
        note(session, caller, api.now(), Action.SET_WATCH, unit.id, staff_id)


async def block(api: Api, person: str) -> str | None:
    """By id or HSA-id, at the operator's command: the person's sessions and chat accounts end, and her access with them, until the block is lifted.

    None: nobody, or she is blocked already.
    """
    now = api.now()
    async with api.db.write() as session:
        row = (await session.exec(_named(person).where(col(StaffRow.blocked_at).is_(None)))).first()
        if row is None:
            return None
        row.active, row.blocked_at, row.blocked_by = False, now, SYSTEM
        session.add(row)
        sessions = select(SessionRow).where(SessionRow.staff_id == row.id, col(SessionRow.ended_at).is_(None))
        for opened in (await session.exec(sessions)).all():
            opened.ended_at = now
        accounts = select(ChatAccountRow).where(
            ChatAccountRow.staff_id == row.id, col(ChatAccountRow.revoked_at).is_(None)
        )
        for bound in (await session.exec(accounts)).all():
            bound.revoked_at = now
        record(session, None, now, Action.DEACTIVATE_STAFF, None, row.id)
        return row.id


async def unblock(api: Api, person: str) -> str | None:
    """By id or HSA-id, at the operator's command. None: nobody who is blocked."""
    async with api.db.write() as session:
        row = (await session.exec(_named(person).where(col(StaffRow.blocked_at).is_not(None)))).first()
        if row is None:
            return None
        await _lift(api, session, None, row)
        return row.id


async def unblock_member(api: Api, caller: Caller, unit_id: str, staff_id: str) -> None:
    """By a system administrator of everywhere that the person works. One who is not blocked stays as she is."""
    async with api.db.write() as session:
        unit = await unit_of(session, caller, unit_id)
        person = await session.get(StaffRow, staff_id)
        if person is None or await session.get(MembershipRow, (staff_id, unit.id)) is None:
            raise NotFound
        if not await may_unblock(session, caller, staff_id):
            raise RoleNotYours(variant="blocked")
        if person.blocked_at is not None:
            await _lift(api, session, caller, person)


async def may_unblock(session: AsyncSession, caller: Caller, staff_id: str) -> bool:
    return await _organisations(session, staff_id) <= caller.organisations(Right.ADMINISTER_ORGANISATION)


async def _lift(api: Api, session: AsyncSession, caller: Caller | None, person: StaffRow) -> None:
    """She is where she was; who has nowhere to work waits for somebody to take her in."""
    person.active, person.blocked_at, person.blocked_by = bool(await _organisations(session, person.id)), None, None
    session.add(person)
    record(session, caller, api.now(), Action.REACTIVATE_STAFF, None, person.id)


def _named(person: str) -> SelectOfScalar[StaffRow]:
    return select(StaffRow).where(or_(col(StaffRow.id) == person, func.lower(StaffRow.hsa_id) == person.lower()))


async def _open_unit(api: Api, session: AsyncSession, caller: Caller, unit_id: str) -> UnitRow:
    await api.db.lock(session, LOCK)
    unit = await unit_of(session, caller, unit_id)
    if unit.closed_at is not None:
        raise WrongState(variant="unit_closed")
    return unit


async def _post(
    api: Api, session: AsyncSession, caller: Caller, unit_id: str, staff_id: str
) -> tuple[UnitRow, MembershipRow]:
    """The membership, with a role that the caller may take."""
    await api.db.lock(session, LOCK)
    unit = await unit_of(session, caller, unit_id)
    post = await session.get(MembershipRow, (staff_id, unit.id))
    if post is None:
        raise NotFound
    if Role(post.role) not in roles_to_give(caller, unit):
        raise RoleNotYours
    return unit, post


async def _give(api: Api, session: AsyncSession, caller: Caller, unit: UnitRow, staff_id: str, role: Role) -> None:
    _may_give(caller, unit, staff_id, role, None)
    if await session.get(MembershipRow, (staff_id, unit.id)) is not None:
        raise WrongState(variant="already_member")
    now = api.now()
    session.add(MembershipRow(staff_id=staff_id, unit_id=unit.id, role=role, chosen_at=now))
    note(session, caller, now, granted(role), unit.id, staff_id)


def _may_give(caller: Caller, unit: UnitRow, staff_id: str, role: Role, before: Role | None) -> None:
    if role not in roles_to_give(caller, unit):
        raise RoleNotYours
    if staff_id == caller.staff_id and (before is None or not RIGHTS[role] <= RIGHTS[before]):
        raise RoleNotYours(variant="own")


async def _keeps_an_administrator(
    session: AsyncSession, unit: UnitRow, post: MembershipRow, *, confirmed: bool
) -> None:
    """A unit may be left without an administrator when that is meant; an organisation never."""
    if post.role == Role.SYSTEM_ADMINISTRATOR:
        where: ColumnElement[bool] = col(UnitRow.organisation) == unit.organisation
    elif post.role == Role.UNIT_ADMINISTRATOR and not confirmed:
        where = col(UnitRow.id) == unit.id
    else:
        return
    others = await session.exec(
        select(MembershipRow.staff_id)
        .join(UnitRow, col(UnitRow.id) == col(MembershipRow.unit_id))
        .join(StaffRow, col(StaffRow.id) == col(MembershipRow.staff_id))
        .where(
            where,
            MembershipRow.role == post.role,
            col(StaffRow.active),
            or_(col(MembershipRow.staff_id) != post.staff_id, col(MembershipRow.unit_id) != post.unit_id),
        )
        .limit(1)
    )
    if others.first() is not None:
        return
    if post.role == Role.SYSTEM_ADMINISTRATOR:
        raise LastAdministrator(variant="organisation", unit=unit.organisation)
    raise LastAdministrator(unit=unit.name)


async def _may_take_in(session: AsyncSession, person: StaffRow, unit: UnitRow) -> bool:
    """Somebody of the same organisation, or of none."""
    found = await _organisations(session, person.id)
    return not found or unit.organisation in found


async def _organisations(session: AsyncSession, staff_id: str) -> frozenset[str]:
    """Where the person works."""
    found = await session.exec(
        select(UnitRow.organisation)
        .join(MembershipRow, col(MembershipRow.unit_id) == col(UnitRow.id))
        .where(MembershipRow.staff_id == staff_id)
    )
    return frozenset(found.all())


def _in_organisation(organisation: str) -> ColumnElement[bool]:
    return col(StaffRow.id).in_(
        select(MembershipRow.staff_id)
        .join(UnitRow, col(UnitRow.id) == col(MembershipRow.unit_id))
        .where(UnitRow.organisation == organisation)
    )
