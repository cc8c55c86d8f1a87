"""What an outage came to, in counts and lengths: for the unit's administrator and the system's owner. Never who, whom or what was said."""

import csv
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import Caller
from api.context import Api
from api.outage import state, worklist
from api.outage.tables import NoticeRow, OutageRow, PatientRow, PhoneCallRow, ReportRow, SipRow, TickRow
from api.units import service as units
from triage.outage.during import role_of, words_of

COLUMNS = (
    *("unit", "organisation", "role", "patients", "registered", "registered_as_discharged", "not_registered"),
    *("calls", "reached", "not_reached", "left_word", "sips", "tasks_done", "tasks"),
)


@dataclass(frozen=True, slots=True)
class UnitSum:
    unit: str
    organisation: str
    role: str
    patients: int
    outcomes: Counter[str]
    calls: Counter[str]
    sips: int
    done: int
    total: int

    def row(self) -> tuple[str | int, ...]:
        return (
            self.unit,
            self.organisation,
            self.role,
            self.patients,
            self.outcomes["register"],
            self.outcomes["register_discharged"],
            self.outcomes["nothing"] + self.outcomes["as_usual"],
            self.calls.total(),
            self.calls["reached"],
            self.calls["not_reached"],
            self.calls["left_word"],
            self.sips,
            self.done,
            self.total,
        )


@dataclass(frozen=True, slots=True)
class Summary:
    outage: OutageRow
    length: timedelta
    units: tuple[UnitSum, ...]
    told: dict[str, int]
    """How many were told, by kind of notice."""
    reports: tuple[datetime, ...]
    calls: tuple[datetime, ...]

    @property
    def done(self) -> int:
        return sum(unit.done for unit in self.units)

    @property
    def total(self) -> int:
        return sum(unit.total for unit in self.units)


async def summary(api: Api, caller: Caller, outage_id: str) -> Summary:
    async with api.db.write() as session:
        outage = await state.find(session, caller, outage_id)
        note(session, caller, api.now(), Action.OUTAGE_SUMMARY, caller.here.unit_id, outage.id)
    async with api.db.read() as session:
        told = select(NoticeRow.kind, func.count()).where(NoticeRow.outage_id == outage.id).group_by(NoticeRow.kind)
        reports = select(ReportRow.at).where(ReportRow.outage_id == outage.id).order_by(col(ReportRow.at))
        rung = (
            select(PhoneCallRow.called_at)
            .where(PhoneCallRow.outage_id == outage.id, col(PhoneCallRow.called_at).is_not(None))
            .order_by(col(PhoneCallRow.called_at))
        )
        return Summary(
            outage,
            (outage.ended_at or api.now()) - (outage.started_at or outage.created_at),
            tuple([one async for one in _units(api, session, outage)]),
            {kind: int(count) for kind, count in (await session.exec(told)).all()},
            tuple((await session.exec(reports)).all()),
            tuple(at for at in (await session.exec(rung)).all() if at is not None),
        )


async def _units(api: Api, session: AsyncSession, outage: OutageRow) -> AsyncIterator[UnitSum]:
    routine = state.routine_of(api, outage)
    ids: set[str] = set(json.loads(outage.units))
    for table in (PatientRow, PhoneCallRow, SipRow, TickRow):
        ids |= set((await session.exec(select(table.unit_id).distinct().where(table.outage_id == outage.id))).all())
    known = await units.by_ids(session, ids)
    for unit_id in sorted(ids, key=lambda one: known[one].name):
        unit = known[unit_id]
        role = None if routine is None else role_of(routine, unit.type, words_of(unit))
        if routine is None or role is None:
            continue
        work = await worklist.read(api, session, outage, routine, role, unit_id)
        rung = select(PhoneCallRow.outcome, func.count()).where(
            PhoneCallRow.outage_id == outage.id, PhoneCallRow.unit_id == unit_id
        )
        counted = (await session.exec(rung.group_by(PhoneCallRow.outcome))).all()
        yield UnitSum(
            unit.name,
            unit.organisation,
            role.id,
            len(work.patients),
            Counter(patient.found.outcome for patient in work.patients),
            Counter({str(outcome): int(count) for outcome, count in counted}),
            len(work.sips),
            work.done,
            work.total,
        )


def as_csv(made: Summary) -> str:
    """One row a unit, with the outage's own facts in each, for a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("outage", "system", "exercise", "began", "ended", "minutes", *COLUMNS))
    own = (
        made.outage.id,
        made.outage.system,
        made.outage.exercise,
        (made.outage.started_at or made.outage.created_at).isoformat(),
        made.outage.ended_at.isoformat() if made.outage.ended_at else "",
        round(made.length.total_seconds() / 60),
    )
    for unit in made.units:
        writer.writerow((*own, *unit.row()))
    return file.getvalue()
