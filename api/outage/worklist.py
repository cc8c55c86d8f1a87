"""A unit's worklist in an outage: patients by running number, ticks, and what is left to do when the system is back. Identities are sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import NotesChanged, NotFound, OutageRoutineMissing, OutageUnknown, ValidationFailed
from api.messages.status import MessageState, RecipientState
from api.messages.tables import MessageRow, RecipientRow
from api.outage import calls, sealing, state
from api.outage.sealing import Who
from api.outage.state import State
from api.outage.tables import OutageRow, PatientRow, PhoneCallRow, SipRow, TickRow
from api.units import service as units
from common.database import insert_new
from common.ids import new_id
from knowledge.outage import FACT_VALUES, OutageFact, OutageRoutine, Role, UnitTask
from triage.outage.afterwards import After, after, patient_done, unit_tasks
from triage.outage.during import Step, may_discharge, role_of, steps, words_of

UNIT: Final = "unit"
"""The subject of a tick that is the unit's own."""
SIP_CALLED: Final = "formal_call"


@dataclass(frozen=True, slots=True)
class Patient:
    """A line of the worklist, opened. `who` is None where only the number is known."""

    row: PatientRow
    who: Who | None
    ticked: Mapping[str, TickRow]
    found: After
    calls: tuple[PhoneCallRow, ...]
    may_discharge: bool
    seen: str
    """The mark of who it is and what holds, for a form made from it."""

    @property
    def facts(self) -> Mapping[OutageFact, str]:
        return facts_of(self.row)

    @property
    def left(self) -> int:
        return sum(row.id not in self.ticked for row in self.found.do)

    @property
    def done(self) -> bool:
        return patient_done(self.found, tuple(self.ticked))


@dataclass(frozen=True, slots=True)
class Task:
    """Something the unit does once. `waiting`: how many Lots knows of, None where it cannot know."""

    task: UnitTask
    tick: TickRow | None
    waiting: int | None = None


@dataclass(frozen=True, slots=True)
class Worklist:
    outage: OutageRow
    routine: OutageRoutine
    role: Role
    unit_id: str
    patients: tuple[Patient, ...]
    tasks: tuple[Task, ...]
    sips: tuple[SipRow, ...] = ()
    sip_ticks: Mapping[tuple[str, str], TickRow] = field(default_factory=dict)

    def patient(self, patient_id: str) -> Patient:
        """The one with that id on this list, or NotFound."""
        found = next((patient for patient in self.patients if patient.row.id == patient_id), None)
        if found is None:
            raise NotFound
        return found

    @property
    def total(self) -> int:
        agreed = sum(sip.date_agreed for sip in self.sips)
        return sum(len(patient.found.do) for patient in self.patients) + len(self.tasks) + agreed

    @property
    def done(self) -> int:
        told = sum(len(patient.found.do) - patient.left for patient in self.patients)
        sips = sum(sip.date_agreed and (sip.id, SIP_CALLED) in self.sip_ticks for sip in self.sips)
        return told + sum(task.tick is not None for task in self.tasks) + sips

    @property
    def is_over(self) -> bool:
        return self.outage.state == State.ENDED and self.done == self.total


def facts_of(row: PatientRow) -> Mapping[OutageFact, str]:
    return {fact: str(getattr(row, fact)) for fact in OutageFact}


async def role_here(api: Api, caller: Caller, outage: OutageRow) -> tuple[OutageRoutine, Role]:
    """The routine of the outage's own region and the role of the caller's unit in it, or OutageRoutineMissing."""
    routine = state.routine_of(api, outage)
    unit = await units.get(api, caller.here.unit_id)
    role = None if routine is None else role_of(routine, unit.type, words_of(unit))
    if routine is None or role is None:
        raise OutageRoutineMissing
    return routine, role


async def steps_here(
    api: Api, caller: Caller, routine: OutageRoutine, role: Role, municipality: str | None
) -> tuple[Step, ...]:
    """The role's calls with the numbers of the region's units, nearest where the municipality is known."""
    near = await units.listed(api, region=caller.here.region)
    return steps(routine, role, [unit for unit in near if unit.id != caller.here.unit_id], municipality)


async def load(api: Api, caller: Caller, outage_id: str) -> Worklist:
    """The worklist of the caller's own unit; reading it is noted."""
    async with api.db.read() as session:
        outage = await state.find(session, caller, outage_id)
    routine, role = await role_here(api, caller, outage)
    unit_id, now = caller.here.unit_id, api.now()
    caller.require_at(Right.OUTAGE, unit_id)
    async with api.db.write() as session:
        note(session, caller, now, Action.WORK_LIST, unit_id, outage.id)
    async with api.db.read() as session:
        return await read(api, session, outage, routine, role, unit_id)


async def read(
    api: Api, session: AsyncSession, outage: OutageRow, routine: OutageRoutine, role: Role, unit_id: str
) -> Worklist:
    mine = (PatientRow.outage_id == outage.id, PatientRow.unit_id == unit_id)
    rows = (await session.exec(select(PatientRow).where(*mine).order_by(col(PatientRow.number)))).all()
    ticks = (
        await session.exec(select(TickRow).where(TickRow.outage_id == outage.id, TickRow.unit_id == unit_id))
    ).all()
    rung = await calls.of_unit(api, session, unit_id, outage.id)
    sips = (
        await session.exec(
            select(SipRow).where(SipRow.outage_id == outage.id, SipRow.unit_id == unit_id).order_by(col(SipRow.number))
        )
    ).all()
    by_place = {(tick.subject, tick.item): tick for tick in ticks}
    patients = tuple(_patient(api, routine, role, row, ticks, rung) for row in rows)
    waiting = await _counts(session, outage, unit_id)
    tasks = tuple(
        Task(task, by_place.get((UNIT, task.id)), waiting.get(task.counts or "")) for task in unit_tasks(routine, role)
    )
    return Worklist(outage, routine, role, unit_id, patients, tasks, tuple(sips), by_place)


def _patient(
    api: Api,
    routine: OutageRoutine,
    role: Role,
    row: PatientRow,
    ticks: Sequence[TickRow],
    rung: Sequence[PhoneCallRow],
) -> Patient:
    ticked = {tick.item: tick for tick in ticks if tick.subject == row.id}
    return Patient(
        row,
        sealing.open_who(api.cipher, row),
        ticked,
        after(routine, role, facts_of(row)),
        tuple(call for call in rung if call.patient_id == row.id),
        may_discharge(role, tuple(ticked)),
        _mark(api, row),
    )


def _mark(api: Api, row: PatientRow) -> str:
    return sealing.mark(api.cipher, row.id, written(sealing.open_who(api.cipher, row), facts_of(row)))


def written(who: Who | None, facts: Mapping[OutageFact, str]) -> dict[str, str]:
    return {**(who or Who(label="")).model_dump(), **{str(fact): value for fact, value in facts.items()}}


async def _counts(session: AsyncSession, outage: OutageRow, unit_id: str) -> dict[str, int]:
    """What waits in Lots' own inbox and outgoing list. In an exercise only exercises' messages, never the real ones."""
    late = (
        select(func.count())
        .select_from(RecipientRow)
        .join(MessageRow, col(MessageRow.id) == col(RecipientRow.message_id))
        .where(
            RecipientRow.unit_id == unit_id,
            RecipientRow.state == RecipientState.RECEIVED,
            MessageRow.exercise == outage.exercise,
            MessageRow.delivery == "built_in",
        )
    )
    unsent = select(func.count()).where(
        MessageRow.sender_unit == unit_id,
        MessageRow.exercise == outage.exercise,
        col(MessageRow.state).in_((MessageState.TO_COPY, MessageState.TO_SEND, MessageState.UNDELIVERED)),
    )
    return {
        "late_messages": int((await session.exec(late)).one()),
        "unsent": int((await session.exec(unsent)).one()),
    }


# ── changing ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _worked_on(api: Api, caller: Caller, outage_id: str) -> tuple[OutageRow, OutageRoutine, Role]:
    """The outage that the caller's unit works through, with its routine and the unit's role in it."""
    caller.require_at(Right.OUTAGE, caller.here.unit_id)
    async with api.db.read() as session:
        outage = await state.find(session, caller, outage_id)
    return outage, *await role_here(api, caller, outage)


async def add(
    api: Api, caller: Caller, outage_id: str, who: Who, facts: Mapping[OutageFact, str], *, key: str
) -> PatientRow:
    """A patient with the next running number; `key` makes it one however often the form is sent."""
    _check(facts)
    unit_id, now = caller.here.unit_id, api.now()
    outage, _, role = await _worked_on(api, caller, outage_id)
    async with api.db.write() as session:
        await api.db.lock(session, f"outage:{outage_id}:{unit_id}")
        patient_id = f"p{key}"[:60] if key else new_id()
        known = await session.get(PatientRow, patient_id)
        if known is not None:
            return known
        mine = (PatientRow.outage_id == outage.id, PatientRow.unit_id == unit_id)
        highest = (await session.exec(select(func.max(PatientRow.number)).where(*mine))).one()
        row = PatientRow(
            id=patient_id,
            outage_id=outage.id,
            unit_id=unit_id,
            role=role.id,
            number=(highest or 0) + 1,
            created_at=now,
            created_by=caller.actor,
            delete_at=None if outage.ended_at is None else outage.ended_at + state.LONGEST_KEPT,
            **{str(fact): value for fact, value in facts.items()},
        )
        if who.label or who.municipality:
            row.sealed = sealing.seal_who(api.cipher, row, who)
        session.add(row)
        note(session, caller, now, Action.CHANGE_WORK_LIST, unit_id, row.id)
    return row


async def find(session: AsyncSession, caller: Caller, patient_id: str, *, lock: bool = False) -> PatientRow:
    row = await session.get(PatientRow, patient_id, with_for_update=lock or None)
    if row is None or row.unit_id not in caller.units(Right.OUTAGE):
        raise OutageUnknown
    return row


async def change(
    api: Api, caller: Caller, patient_id: str, who: Who, facts: Mapping[OutageFact, str], *, seen: str
) -> PatientRow:
    """`seen`: the mark of what this was written from. NotesChanged where something else stands there now."""
    _check(facts)
    async with api.db.write() as session:
        row = await find(session, caller, patient_id, lock=True)
        stands = written(sealing.open_who(api.cipher, row), facts_of(row))
        if {**stands, **written(who, facts)} != stands and seen != _mark(api, row):
            raise NotesChanged
        for fact, value in facts.items():
            setattr(row, str(fact), value)
        row.sealed = sealing.seal_who(api.cipher, row, who) if who.label or who.municipality else None
        session.add(row)
        note(session, caller, api.now(), Action.CHANGE_WORK_LIST, row.unit_id, row.id)
    return row


def _check(facts: Mapping[OutageFact, str]) -> None:
    wrong = [str(fact) for fact, value in facts.items() if value not in FACT_VALUES[fact]]
    if wrong:
        raise ValidationFailed(fields=", ".join(wrong))


async def tick(api: Api, caller: Caller, outage_id: str, subject: str, item: str, *, on: bool) -> None:
    """Done, or not done after all. When the last thing is done the identities get the date they are erased."""
    unit_id, now = caller.here.unit_id, api.now()
    outage, routine, role = await _worked_on(api, caller, outage_id)
    async with api.db.write() as session:
        outage = await session.get_one(OutageRow, outage.id, with_for_update={"read": True})
        await _known(session, routine, role, outage, unit_id, subject, item)
        if on:
            row = TickRow(outage_id=outage.id, unit_id=unit_id, subject=subject, item=item, at=now, by=caller.actor)
            await insert_new(session, row)
        else:
            here = (col(TickRow.outage_id) == outage.id) & (col(TickRow.unit_id) == unit_id)
            this = (col(TickRow.subject) == subject) & (col(TickRow.item) == item)
            await session.exec(delete(TickRow).where(here & this))
        note(session, caller, now, Action.CHANGE_WORK_LIST, unit_id, outage.id)
        made = await read(api, session, outage, routine, role, unit_id)
        await _erase_later(session, made, now + timedelta(days=routine.keep_days) if made.is_over else None)


async def settle(api: Api, session: AsyncSession, outage: OutageRow, now: datetime) -> None:
    """The outage is over: where everything was done already, the identities get the date they are erased."""
    routine = state.routine_of(api, outage)
    if routine is None:
        return
    tables = (PatientRow, SipRow, PhoneCallRow)
    found = [await session.exec(select(of.unit_id).distinct().where(of.outage_id == outage.id)) for of in tables]
    for unit in (await units.by_ids(session, {unit_id for ids in found for unit_id in ids.all()})).values():
        role = role_of(routine, unit.type, words_of(unit))
        if role is None:
            continue
        made = await read(api, session, outage, routine, role, unit.id)
        if made.is_over:
            await _erase_later(session, made, now + timedelta(days=routine.keep_days))


async def _known(
    session: AsyncSession,
    routine: OutageRoutine,
    role: Role,
    outage: OutageRow,
    unit_id: str,
    subject: str,
    item: str,
) -> None:
    """Only what stands on the unit's own list can be ticked."""
    if subject == UNIT:
        there = item in {task.id for task in unit_tasks(routine, role)}
    elif (sip := await session.get(SipRow, subject)) is not None:
        parties = {line.id for line in routine.sip.parties} if routine.sip else set()
        there = (sip.outage_id, sip.unit_id) == (outage.id, unit_id) and item in {*parties, "copy", SIP_CALLED}
    else:
        patient = await session.get(PatientRow, subject)
        items = {*(c.id for c in role.calls), *(s.id for s in role.say), *(row.id for row in routine.afterwards)}
        there = patient is not None and (patient.outage_id, patient.unit_id) == (outage.id, unit_id) and item in items
    if not there:
        raise OutageUnknown


async def _erase_later(session: AsyncSession, made: Worklist, at: object) -> None:
    if made.outage.ended_at is None:
        return
    at = at or made.outage.ended_at + state.LONGEST_KEPT
    for table in (PatientRow, SipRow, PhoneCallRow):
        mine = (col(table.outage_id) == made.outage.id) & (col(table.unit_id) == made.unit_id)
        await session.exec(update(table).where(mine).values(delete_at=at))
