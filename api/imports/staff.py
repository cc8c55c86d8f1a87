"""A staff file into Lots: read beside the event loop, written in one transaction or not at all. Knows no HTTP."""

import asyncio

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, record
from api.authorisation import Caller, Right, Role
from api.context import Api
from api.errors import DirectoryChanged, FileRefused
from api.imports import staff_plan
from api.imports.sheet import headings, read_sheet
from api.imports.staff_plan import Known, Person, Post, Sender, StaffPlan, Workplace
from api.staff.tables import MembershipRow, StaffRow
from api.units.tables import UnitRow
from common.ids import new_id

IMPORTED = "import"
LOCK = "staff"


async def preview(api: Api, caller: Caller | None, text: str) -> StaffPlan:
    """What the file would do. `caller` None: whoever runs Lots."""
    async with api.db.read() as session:
        known = await _known(session)
    return await asyncio.to_thread(_plan, api, caller, text, known)


async def carry_out(api: Api, session: AsyncSession, caller: Caller | None, ready: StaffPlan) -> None:
    """All of it in the transaction given. Raises FileRefused, or DirectoryChanged when somebody else changed one of these people meanwhile."""
    if ready.problems:
        raise FileRefused
    await api.db.lock(session, LOCK)
    now = api.now()
    await _people(session, caller, api, ready)
    await session.flush()
    for post in ready.posts_new:
        if await session.get(MembershipRow, post.key) is not None:
            raise DirectoryChanged
        session.add(
            MembershipRow(
                staff_id=post.staff_id,
                unit_id=post.unit_id,
                role=post.role,
                chosen_at=now,
                source=IMPORTED,
                watches=post.watches,
            )
        )
        record(session, caller, now, granted(post.role), post.unit_id, post.staff_id)
    for post in ready.posts_changed:
        row = await _membership(session, post)
        if row.role != post.role:
            record(session, caller, now, granted(post.role), post.unit_id, post.staff_id)
        if row.watches != post.watches:
            record(session, caller, now, Action.SET_WATCH, post.unit_id, post.staff_id)
        row.role, row.watches, row.source = post.role, post.watches, IMPORTED
        session.add(row)
    for post in ready.posts_ended:
        await session.delete(await _membership(session, post))
        record(session, caller, now, Action.END_MEMBERSHIP, post.unit_id, post.staff_id)


def granted(role: Role) -> Action:
    """The deed of giving this very role, so that a log check finds it."""
    return Action(f"grant_{role}")


def _plan(api: Api, caller: Caller | None, text: str, known: Known) -> StaffPlan:
    words = api.knowledge.texts.text
    sheet = read_sheet(text, headings(words, "staff", staff_plan.COLUMNS, staff_plan.REQUIRED))
    allowed = None if caller is None else caller.organisations(Right.ADMINISTER_ORGANISATION)
    sender = Sender(None if caller is None else caller.staff_id, allowed)
    return staff_plan.plan(sheet, known, staff_plan.roles_of(words), sender, new_id)


async def _known(session: AsyncSession) -> Known:
    people = (await session.exec(select(StaffRow))).all()
    posts = (await session.exec(select(MembershipRow))).all()
    units = (await session.exec(select(UnitRow.id, UnitRow.hsa_id, UnitRow.organisation, UnitRow.closed_at))).all()
    return Known(
        {row.id: Person(row.id, row.hsa_id, row.name, row.active, row.blocked_at is not None) for row in people},
        {(row.staff_id, row.unit_id): _post(row) for row in posts},
        {
            unit_id: Workplace(unit_id, hsa, organisation, closed is not None)
            for unit_id, hsa, organisation, closed in units
        },
    )


def _post(row: MembershipRow) -> Post:
    return Post(row.staff_id, row.unit_id, Role(row.role), row.watches, imported=row.source == IMPORTED)


async def _people(session: AsyncSession, caller: Caller | None, api: Api, ready: StaffPlan) -> None:
    now = api.now()
    for person in ready.people_new:
        session.add(StaffRow(id=person.id, name=person.name, hsa_id=person.hsa_id))
        record(session, caller, now, Action.ADD_STAFF, None, person.id)
    for person in ready.people_changed:
        row = await _staff(session, person)
        if row.blocked_at is not None:
            raise DirectoryChanged
        record(session, caller, now, Action.UPDATE_STAFF if row.active else Action.REACTIVATE_STAFF, None, person.id)
        row.name, row.hsa_id, row.active = person.name, person.hsa_id, True
        session.add(row)
    for person in ready.people_gone:
        row = await _staff(session, person)
        row.active = False
        session.add(row)
        record(session, caller, now, Action.DEACTIVATE_STAFF, None, person.id)


async def _staff(session: AsyncSession, person: Person) -> StaffRow:
    row = await session.get(StaffRow, person.id)
    if row is None:
        raise DirectoryChanged
    return row


async def _membership(session: AsyncSession, post: Post) -> MembershipRow:
    row = await session.get(MembershipRow, post.key)
    if row is None:
        raise DirectoryChanged
    return row
