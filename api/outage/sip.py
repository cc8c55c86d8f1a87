"""A SIP called by phone: whom to reach, what was agreed, the meeting's notes, and the formal call when the system is back. Notes are sealed."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import NotesChanged, OutageRoutineMissing, OutageUnknown, PersonRequired
from api.outage import sealing, state, worklist
from api.outage.sealing import SipNotes
from api.outage.tables import OutageRow, PatientRow, SipRow, TickRow
from common.ids import new_id
from knowledge.outage import Sip


@dataclass(frozen=True, slots=True)
class OpenedSip:
    row: SipRow
    outage: OutageRow
    form: Sip
    notes: SipNotes
    ticked: dict[str, TickRow]
    patient: PatientRow | None
    seen: str
    """The mark of the notes, for a form made from them."""


async def begin(api: Api, caller: Caller, outage_id: str, patient_id: str | None, *, key: str) -> SipRow:
    """A SIP that one's unit calls; `key` makes it one however often the form is sent."""
    if caller.staff_id is None:
        raise PersonRequired
    unit_id, now = caller.here.unit_id, api.now()
    caller.require_at(Right.OUTAGE, unit_id)
    async with api.db.read() as session:
        outage = await state.find(session, caller, outage_id)
    routine, role = await worklist.role_here(api, caller, outage)
    if routine.sip is None or role.id not in routine.sip.roles:
        raise OutageRoutineMissing
    async with api.db.write() as session:
        await api.db.lock(session, f"outage:{outage_id}:{unit_id}")
        if patient_id is not None:
            patient = await worklist.find(session, caller, patient_id)
            if patient.outage_id != outage.id:
                raise OutageUnknown
        sip_id = f"s{key}"[:60] if key else new_id()
        known = await session.get(SipRow, sip_id)
        if known is not None:
            return known
        mine = (SipRow.outage_id == outage.id, SipRow.unit_id == unit_id)
        highest = (await session.exec(select(func.max(SipRow.number)).where(*mine))).one()
        row = SipRow(
            id=sip_id,
            outage_id=outage.id,
            unit_id=unit_id,
            patient_id=patient_id,
            number=(highest or 0) + 1,
            staff_id=caller.staff_id,
            created_at=now,
            delete_at=None if outage.ended_at is None else outage.ended_at + state.LONGEST_KEPT,
        )
        session.add(row)
        note(session, caller, now, Action.CHANGE_WORK_LIST, unit_id, row.id)
    return row


async def find(session: AsyncSession, caller: Caller, sip_id: str, *, lock: bool = False) -> SipRow:
    row = await session.get(SipRow, sip_id, with_for_update=lock or None)
    if row is None or row.unit_id not in caller.units(Right.OUTAGE):
        raise OutageUnknown
    return row


async def form_of(api: Api, caller: Caller, sip_id: str) -> Sip:
    """What is asked in it, without a word of what was answered."""
    async with api.db.read() as session:
        row = await find(session, caller, sip_id)
        return _form(api, await state.find(session, caller, row.outage_id))


def _form(api: Api, outage: OutageRow) -> Sip:
    routine = state.routine_of(api, outage)
    if routine is None or routine.sip is None:
        raise OutageRoutineMissing
    return routine.sip


async def opened(api: Api, caller: Caller, sip_id: str) -> OpenedSip:
    """The whole of it, for a page; reading it is noted."""
    async with api.db.write() as session:
        row = await find(session, caller, sip_id)
        outage = await state.find(session, caller, row.outage_id)
        form = _form(api, outage)
        ticks = await session.exec(
            select(TickRow).where(
                TickRow.outage_id == outage.id, TickRow.unit_id == row.unit_id, col(TickRow.subject) == row.id
            )
        )
        ticked = {tick.item: tick for tick in ticks.all()}
        patient = None if row.patient_id is None else await session.get(PatientRow, row.patient_id)
        note(session, caller, api.now(), Action.READ_SIP, row.unit_id, row.id)
    notes = sealing.open_sip(api.cipher, row)
    return OpenedSip(row, outage, form, notes, ticked, patient, _mark(api, row, notes))


def _mark(api: Api, row: SipRow, notes: SipNotes) -> str:
    return sealing.mark(api.cipher, row.id, notes.model_dump())


async def write(api: Api, caller: Caller, sip_id: str, notes: SipNotes, *, seen: str) -> None:
    """What was agreed and noted. A day that was agreed puts the formal call on the patient's list for when the system is back.

    `seen`: the mark of the notes that these were written from. NotesChanged where there are others now.
    """
    now = api.now()
    async with api.db.write() as session:
        row = await find(session, caller, sip_id, lock=True)
        before = sealing.open_sip(api.cipher, row)
        if notes != before and seen != _mark(api, row, before):
            raise NotesChanged
        row.sealed, row.date_agreed = sealing.seal_sip(api.cipher, row, notes), bool(notes.date.strip())
        session.add(row)
        note(session, caller, now, Action.CHANGE_WORK_LIST, row.unit_id, row.id)
