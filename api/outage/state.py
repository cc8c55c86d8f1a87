"""Outages from suspicion to certainty: who may say what, and who is told when. Everything here may run twice and counts once."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sqlalchemy import String, bindparam, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import NotYourUnit, OutageUnknown, PackNotInForce, PersonRequired, ValidationFailed, WrongState
from api.outage import notices
from api.outage.notices import NoticeKind
from api.outage.schemas import OutageIn, OutageList, OutageOut
from api.outage.tables import OutageRow, ReportRow
from api.units.tables import UnitRow
from common.database import insert_new
from common.ids import new_id
from knowledge.outage import OutageRoutine
from knowledge.pack import Pack

REPORTS_NEEDED: Final = 2
LONGEST_KEPT: Final = timedelta(days=90)
"""Identities go this long after an outage even where a worklist is never done."""


class State(StrEnum):
    PLANNED = "planned"
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    DISMISSED = "dismissed"


OPEN: Final = (State.SUSPECTED, State.CONFIRMED)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pack_of(api: Api, region: str) -> Pack:
    pack = api.knowledge.registry.in_force(region, api.today())
    if pack is None:
        raise PackNotInForce(pack=region, day=api.today().isoformat())
    return pack


def routine_of(api: Api, outage: OutageRow) -> OutageRoutine | None:
    """The routine of the outage's own pack: never another region's."""
    return api.knowledge.outages.of(outage.pack)


async def down_for(session: AsyncSession, region: str, organisation: str) -> OutageRow | None:
    """The confirmed, real outage that holds for a unit of the organisation, if there is one."""
    return (await session.exec(_down(), params={"region": region, "organisation": organisation})).first()


@lru_cache(maxsize=1)
def _down() -> SelectOfScalar[OutageRow]:
    """Asked at the beginning of every conversation. Made once."""
    return (
        select(OutageRow)
        .where(
            OutageRow.region == bindparam("region", type_=String),
            OutageRow.state == State.CONFIRMED,
            ~col(OutageRow.exercise),
            or_(
                col(OutageRow.organisation).is_(None),
                col(OutageRow.organisation) == bindparam("organisation", type_=String),
            ),
        )
        .order_by(col(OutageRow.started_at))
        .limit(1)
    )


async def down_system(api: Api, region: str, organisation: str) -> str | None:
    """The name of the message system that is down for the organisation now."""
    found = await api.db.ask(_down(), {"region": region, "organisation": organisation})
    return str(found[0].system) if found else None


async def listed(api: Api, caller: Caller, *, ended_within: timedelta = timedelta(days=90)) -> OutageList:
    """The outages of the caller's own scope, the newest first; of exercises those that her unit takes part in."""
    async with api.db.read() as session:
        rows = await of_scope(session, caller, api.now() - ended_within)
        reports = await count_reports(session, [row.id for row in rows])
    return OutageList(items=[out(row, reports.get(row.id, 0)) for row in rows])


async def of_scope(session: AsyncSession, caller: Caller, ended_after: datetime) -> list[OutageRow]:
    here = caller.here
    wanted = (
        select(OutageRow)
        .where(
            OutageRow.region == here.region,
            or_(col(OutageRow.organisation).is_(None), col(OutageRow.organisation) == here.organisation),
            or_(col(OutageRow.ended_at).is_(None), col(OutageRow.ended_at) > ended_after),
            OutageRow.state != State.DISMISSED,
        )
        .order_by(col(OutageRow.created_at).desc())
        .limit(50)
    )
    return [row for row in (await session.exec(wanted)).all() if concerns(row, here.unit_id)]


def concerns(outage: OutageRow, unit_id: str) -> bool:
    return not outage.exercise or unit_id in json.loads(outage.units)


async def count_reports(session: AsyncSession, ids: Sequence[str]) -> dict[str, int]:
    counted = (
        select(ReportRow.outage_id, func.count()).where(col(ReportRow.outage_id).in_(ids)).group_by(ReportRow.outage_id)
    )
    return {outage: int(count) for outage, count in (await session.exec(counted)).all()}


async def find(session: AsyncSession, caller: Caller, outage_id: str, *, lock: bool = False) -> OutageRow:
    """The outage if it is in the caller's scope, or OutageUnknown."""
    row = await session.get(OutageRow, outage_id, with_for_update=lock or None)
    here = caller.here
    if (
        row is None
        or row.region != here.region
        or row.organisation not in (None, here.organisation)
        or not concerns(row, here.unit_id)
    ):
        raise OutageUnknown
    return row


def out(row: OutageRow, reports: int) -> OutageOut:
    return OutageOut(**row.model_dump(include=set(OutageOut.model_fields) - {"reports"}), reports=reports)


# ── saying that it is down ──────────────────────────────────────────────────────────────────────────────────────────────


async def report(api: Api, caller: Caller, *, wide: bool) -> OutageOut | None:
    """A member of staff says that it is down for more than herself. The second one, or an administrator, makes it so for all.

    For herself alone nothing is opened: it counts in her own matter, where she said it.
    """
    if caller.staff_id is None:
        raise PersonRequired
    if not wide:
        return None
    here, now = caller.here, api.now()
    pack = pack_of(api, here.region)
    async with api.db.write() as session:
        await api.db.lock(session, f"outage:{here.region}")
        row = await open_for(session, here.region, here.organisation)
        if row is None:
            row = new_row(pack, None, "staff", State.SUSPECTED, caller.actor, now)
            session.add(row)
            await session.flush()
        await insert_new(session, ReportRow(outage_id=row.id, staff_id=caller.staff_id, unit_id=here.unit_id, at=now))
        note(session, caller, now, Action.REPORT_OUTAGE, here.unit_id, row.id)
        count = (await count_reports(session, [row.id]))[row.id]
        if row.state == State.SUSPECTED and (count >= REPORTS_NEEDED or here.gives(Right.OUTAGE_ADMIN)):
            await begin(session, row, caller.actor, now)
    return out(row, count)


async def announce(api: Api, caller: Caller, body: OutageIn) -> OutageOut:
    """An administrator says that it is down, or will be. An exercise is told to its own units only."""
    here, now = caller.here, api.now()
    _check(caller, body, now)
    pack = pack_of(api, here.region)
    async with api.db.write() as session:
        await api.db.lock(session, f"outage:{here.region}")
        if body.exercise:
            row = await _exercise(session, pack, body, caller, now)
        elif body.planned_from is not None:
            row = new_row(pack, body.organisation, "planned", State.PLANNED, caller.actor, now)
            row.open_key, row.started_at = None, None
            row.planned_from, row.planned_to = body.planned_from, body.planned_to
            session.add(row)
            await session.flush()
            await notices.tell_everyone(session, NoticeKind.PLANNED, row, now)
        else:
            row = await open_for(session, here.region, body.organisation) or new_row(
                pack, body.organisation, "administrator", State.SUSPECTED, caller.actor, now
            )
            session.add(row)
            await session.flush()
            if row.state == State.SUSPECTED:
                await begin(session, row, caller.actor, now)
        note(session, caller, now, Action.ANNOUNCE_OUTAGE, here.unit_id, row.id)
    return out(row, 0)


def _check(caller: Caller, body: OutageIn, now: datetime) -> None:
    if body.organisation not in (None, caller.here.organisation):
        raise NotYourUnit
    planned = (body.planned_from, body.planned_to)
    if any(planned) and (None in planned or body.exercise):
        raise ValidationFailed(fields="planned_from, planned_to")
    if body.planned_from and body.planned_to and not now < body.planned_from < body.planned_to:
        raise ValidationFailed(fields="planned_from, planned_to")
    if body.exercise != bool(body.units) or (not body.exercise and body.speed != 1):
        raise ValidationFailed(fields="exercise, units, speed")


async def _exercise(session: AsyncSession, pack: Pack, body: OutageIn, caller: Caller, now: datetime) -> OutageRow:
    known = (
        await session.exec(
            select(UnitRow.id).where(col(UnitRow.id).in_(body.units), UnitRow.region == caller.here.region)
        )
    ).all()
    if set(known) != set(body.units):
        raise NotYourUnit
    row = new_row(pack, None, "administrator", State.CONFIRMED, caller.actor, now)
    row.exercise, row.units, row.speed = True, json.dumps(sorted({*body.units})), body.speed
    row.open_key = f"exercise:{row.id}"
    row.confirmed_at, row.confirmed_by = now, caller.actor
    session.add(row)
    await session.flush()
    await notices.tell_everyone(session, NoticeKind.BEGAN, row, now)
    return row


def new_row(pack: Pack, organisation: str | None, source: str, state: State, by: str, now: datetime) -> OutageRow:
    return OutageRow(
        id=new_id(),
        region=pack.region,
        organisation=organisation,
        system=pack.system,
        pack=pack.id,
        exercise=False,
        state=state,
        source=source,
        open_key=scope_key(pack.region, organisation),
        started_at=now,
        created_at=now,
        created_by=by,
    )


def scope_key(region: str, organisation: str | None) -> str:
    return f"{region}/{organisation or ''}"


async def open_for(session: AsyncSession, region: str, organisation: str | None) -> OutageRow | None:
    """The outage that is open for the whole region, else the organisation's own."""
    keys = {scope_key(region, None), scope_key(region, organisation)}
    found = (await session.exec(select(OutageRow).where(col(OutageRow.open_key).in_(keys)))).all()
    return min(found, key=lambda row: row.organisation is not None, default=None)


async def open_at(session: AsyncSession, region: str, organisation: str | None) -> OutageRow | None:
    """The outage that is open for exactly that: the region's own, or the organisation's own."""
    return (await session.exec(select(OutageRow).where(OutageRow.open_key == scope_key(region, organisation)))).first()


async def confirm(api: Api, caller: Caller, outage_id: str) -> OutageOut:
    now = api.now()
    async with api.db.write() as session:
        row = await find(session, caller, outage_id, lock=True)
        if row.state == State.SUSPECTED:
            await begin(session, row, caller.actor, now)
            note(session, caller, now, Action.CONFIRM_OUTAGE, caller.here.unit_id, row.id)
        elif row.state != State.CONFIRMED:
            raise WrongState
        count = (await count_reports(session, [row.id])).get(row.id, 0)
    return out(row, count)


async def begin(session: AsyncSession, row: OutageRow, by: str, now: datetime) -> None:
    """It is sure: whoever it holds for is told."""
    row.state, row.confirmed_at, row.confirmed_by = State.CONFIRMED, now, by
    session.add(row)
    await session.flush()
    await notices.tell_everyone(session, NoticeKind.BEGAN, row, now)
