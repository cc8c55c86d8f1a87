"""Outages: what ends them, and what checks and time bring. What people have said, no check ends. Everything here may run twice and counts once."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note, note_system
from api.authorisation import Caller
from api.context import Api
from api.outage import notices, worklist
from api.outage.notices import NoticeKind
from api.outage.schemas import OutageOut
from api.outage.state import (
    LONGEST_KEPT,
    OPEN,
    State,
    begin,
    count_reports,
    find,
    new_row,
    open_at,
    open_for,
    out,
    pack_of,
    routine_of,
    scope_key,
)
from api.outage.tables import CheckRow, OutageRow, PatientRow, SipRow

LAPSES_AFTER: Final = timedelta(hours=2)
"""A suspicion that nobody shares is let go."""
WITHOUT_ROUTINE: Final = timedelta(hours=8)
"""About a working day, where no routine says."""
HEALTH: Final = "health"
"""The source of an outage that the checks began."""


async def end(api: Api, caller: Caller, outage_id: str) -> OutageOut:
    """An administrator says that the system works again, that the suspicion was nothing, or that what was planned will not be."""
    now = api.now()
    async with api.db.write() as session:
        await api.db.lock(session, f"outage:{caller.here.region}")
        row = await find(session, caller, outage_id, lock=True)
        if row.state in (State.PLANNED, *OPEN):
            await _end(api, session, row, caller.actor, now)
            await _steady(session, row, now)
            note(session, caller, now, Action.END_OUTAGE, caller.here.unit_id, row.id)
        count = (await count_reports(session, [row.id])).get(row.id, 0)
    return out(row, count)


async def _end(api: Api, session: AsyncSession, row: OutageRow, by: str, now: datetime) -> None:
    """What everyone was told began, or would begin, everyone is told is over; a mere suspicion is let go in silence."""
    told = row.state != State.SUSPECTED
    row.state = State.ENDED if row.state == State.CONFIRMED else State.DISMISSED
    row.open_key, row.ended_at, row.ended_by = None, now, by
    session.add(row)
    await session.flush()
    if told:
        await notices.tell_everyone(session, NoticeKind.ENDED, row, now)
    for table in (PatientRow, SipRow):
        at_last = col(table.delete_at).is_(None) & (col(table.outage_id) == row.id)
        await session.exec(update(table).where(at_last).values(delete_at=now + LONGEST_KEPT))
    await worklist.settle(api, session, row, now)


async def _steady(session: AsyncSession, row: OutageRow, now: datetime) -> None:
    """The checks begin anew when a person has said that it works."""
    check = await session.get(CheckRow, scope_key(row.region, row.organisation))
    if check is not None and not row.exercise:
        check.down, check.passing, check.run, check.since, check.told_at = False, True, 0, None, now
        session.add(check)


# ── what comes with time and checks ─────────────────────────────────────────────────────────────────────────────────────


async def by_check(api: Api, region: str, organisation: str | None, session: AsyncSession, *, begins: bool) -> None:
    """The health checks have found that it is down, or that it has long been up again: in their own place and nowhere else.

    What people have said is ended by people.
    """
    now = api.now()
    row = await open_at(session, region, organisation)
    if begins:
        if row is None:
            row = new_row(pack_of(api, region), organisation, HEALTH, State.SUSPECTED, "system", now)
            session.add(row)
            await session.flush()
        if row.state == State.SUSPECTED:
            await begin(session, row, "system", now)
            note_system(session, now, Action.CONFIRM_OUTAGE, None, row.id)
    elif row is not None and row.source == HEALTH:
        await _end(api, session, row, "system", now)
        note_system(session, now, Action.END_OUTAGE, None, row.id)


async def tend(api: Api) -> None:
    """What time brings: a planned outage begins, the whole routine applies, a suspicion that nobody shares is let go."""
    now = api.now()
    async with api.db.read() as session:
        rows = (await session.exec(select(OutageRow).where(col(OutageRow.state).in_((State.PLANNED, *OPEN))))).all()
    for row in rows:
        if _due(api, row, now):
            await _tend(api, row, now)


def _due(api: Api, row: OutageRow, now: datetime) -> bool:
    match row.state:
        case State.PLANNED:
            return row.planned_from is not None and row.planned_from <= now
        case State.SUSPECTED:
            return row.created_at + LAPSES_AFTER <= now
        case _:
            return row.applies_at is None and applies_from(api, row) <= now


def applies_from(api: Api, row: OutageRow) -> datetime:
    """When the whole routine is needed: about a working day after it began, sooner by the clock of a quick exercise."""
    routine = routine_of(api, row)
    wait = timedelta(hours=routine.applies_after_hours) if routine else WITHOUT_ROUTINE
    return (row.started_at or row.created_at) + wait / row.speed


async def _tend(api: Api, found: OutageRow, now: datetime) -> None:
    async with api.db.write() as session:
        await api.db.lock(session, f"outage:{found.region}")
        row = await session.get(OutageRow, found.id, with_for_update=True)
        if row is None or not _due(api, row, now):
            return
        if row.state == State.PLANNED:
            if await open_for(session, row.region, row.organisation) is not None:
                row.state = State.DISMISSED
                return
            row.open_key, row.started_at = scope_key(row.region, row.organisation), row.planned_from
            await begin(session, row, "system", now)
        elif row.state == State.SUSPECTED:
            await _end(api, session, row, "system", now)
        else:
            row.applies_at = now
            session.add(row)
            await session.flush()
            await notices.tell_everyone(session, NoticeKind.APPLIES, row, now)
