"""Calls: the card, the numbers in order, and in three taps what came of it. Not reached: the next number, and a reminder. All words sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.authorisation import Caller, Right
from api.context import Api
from api.errors import NotesChanged, OutageUnknown, PersonRequired
from api.outage import notices, numbers, sealing, state
from api.outage.schemas import CallIn, CallNoteIn, CallOut, NumberIn
from api.outage.sealing import CallNote, CardText, Try
from api.outage.tables import OutageRow, PatientRow, PhoneCallRow, SipRow, TickRow
from common.ids import new_id
from triage.outage import sbar

AGAIN_AFTER: Final = timedelta(minutes=20)
KEPT: Final = timedelta(days=30)
"""A call outside an outage goes after so long; in an outage with its worklist."""
WORDS: Final = ("spoke_with", "agreed", "next_step")
"""What is written of a call by hand."""
REACHED: Final = "reached"
NOT_REACHED: Final = "not_reached"


@dataclass(frozen=True, slots=True)
class Opened:
    """A call with its words, for a page."""

    row: PhoneCallRow
    numbers: tuple[NumberIn, ...]
    card: CardText
    note: CallNote
    card_seen: str
    note_seen: str
    """The marks of what is written, for forms made from it."""

    @property
    def ring(self) -> NumberIn:
        return self.numbers[self.row.place]


async def make(
    api: Api,
    caller: Caller,
    body: CallIn,
    *,
    outage: OutageRow | None = None,
    patient_id: str | None = None,
    item: str | None = None,
    key: str = "",
) -> CallOut:
    """A call to make, with its card. In an outage that is confirmed for one's unit it belongs to that. `key` makes it one call."""
    if caller.staff_id is None:
        raise PersonRequired
    here, now = caller.here, api.now()
    made = sbar.card(body.said)
    async with api.db.write() as session:
        await api.db.lock(session, f"phone_call:{here.unit_id}")
        call_id = f"c{api.cipher.lookup(f'phone_call:{caller.staff_id}:{key}')[:26]}" if key else new_id()
        known = await session.get(PhoneCallRow, call_id)
        if known is not None:
            return out(known)
        outage = outage or await state.down_for(session, here.region, here.organisation)
        highest = select(func.max(PhoneCallRow.number)).where(PhoneCallRow.unit_id == here.unit_id)
        number = ((await session.exec(highest)).one() or 0) + 1
        row = PhoneCallRow(
            id=call_id,
            unit_id=here.unit_id,
            number=number,
            staff_id=caller.staff_id,
            outage_id=outage.id if outage else None,
            patient_id=patient_id,
            item=item,
            exercise=bool(outage and outage.exercise),
            created_at=now,
            delete_at=now + (state.LONGEST_KEPT if outage else KEPT),
        )
        await numbers.put(api, session, row, body.numbers)
        row.card = sealing.seal_card(api.cipher, row, CardText(**dict(made.parts())))
        session.add(row)
        note(session, caller, now, Action.NOTE_CALL, here.unit_id, row.id)
    return out(row)


def out(row: PhoneCallRow) -> CallOut:
    ring = numbers.shown(row)
    return CallOut(
        id=row.id,
        number=row.number,
        outcome=row.outcome,
        name=ring.name if ring else None,
        phone=ring.phone if ring else None,
        retry_at=row.retry_at,
        url=f"/calls/{row.id}",
    )


async def opened(api: Api, caller: Caller, call_id: str) -> Opened:
    async with api.db.write() as session:
        row = await find(session, caller, call_id)
        note(session, caller, api.now(), Action.READ_CALL, row.unit_id, row.id)
    return open_row(api, row)


def open_row(api: Api, row: PhoneCallRow) -> Opened:
    card, words = sealing.open_card(api.cipher, row), sealing.open_note(api.cipher, row)
    rung = numbers.every(api.cipher, row)
    return Opened(row, rung, card, words, _card_mark(api, row, card), _note_mark(api, row, words))


async def find(session: AsyncSession, caller: Caller, call_id: str, *, lock: bool = False) -> PhoneCallRow:
    row = await session.get(PhoneCallRow, call_id, with_for_update=lock or None)
    if row is None or row.unit_id not in caller.units(Right.OUTAGE):
        raise OutageUnknown
    return row


def _card_mark(api: Api, row: PhoneCallRow, card: CardText) -> str:
    return sealing.mark(api.cipher, row.id, card.model_dump())


def _note_mark(api: Api, row: PhoneCallRow, words: CallNote) -> str:
    return sealing.mark(api.cipher, row.id, words.model_dump(include=set(WORDS)))


async def set_card(api: Api, caller: Caller, call_id: str, card: CardText, *, seen: str) -> None:
    """`seen`: the mark of the card that this one was written from. NotesChanged where there is another now."""
    async with api.db.write() as session:
        row = await find(session, caller, call_id, lock=True)
        before = sealing.open_card(api.cipher, row)
        if card != before and seen != _card_mark(api, row, before):
            raise NotesChanged
        row.card = sealing.seal_card(api.cipher, row, card)
        session.add(row)
        note(session, caller, api.now(), Action.NOTE_CALL, row.unit_id, row.id)


async def came_of_it(
    api: Api, caller: Caller, call_id: str, body: CallNoteIn, *, key: str = "", seen: str | None = None
) -> CallOut:
    """What came of the call. Not reached: the next number comes up, and a reminder to try again unless somebody was reached before.

    `key`: of the form that said so; the same one again changes nothing more. `seen`: the mark of the words that a form's were written
    from; NotesChanged where there are others now.
    """
    now = api.now()
    async with api.db.write() as session:
        row = await find(session, caller, call_id, lock=True)
        words = sealing.open_note(api.cipher, row)
        if key and any(one.key == key for one in words.tries):
            return out(row)
        rung = numbers.every(api.cipher, row)
        tried = Try(key=key or new_id(), at=now, name=rung[row.place].name, outcome=body.outcome)
        filled = {name: getattr(body, name) or getattr(words, name) for name in WORDS}
        if seen is not None and filled != words.model_dump(include=set(WORDS)) and seen != _note_mark(api, row, words):
            raise NotesChanged
        row.note = sealing.seal_note(api.cipher, row, CallNote(**filled, tries=[*words.tries, tried]))
        row.tries, row.called_at = row.tries + 1, now
        if row.outcome != REACHED:
            row.outcome = body.outcome
        if row.outcome == REACHED:
            row.retry_at = None
            await _tick(session, row, caller, now)
        else:
            row.retry_at = now + AGAIN_AFTER
            if body.outcome == NOT_REACHED:
                row.place = (row.place + 1) % len(rung)
        session.add(row)
        note(session, caller, now, Action.NOTE_CALL, row.unit_id, row.id)
    return out(row)


async def _tick(session: AsyncSession, row: PhoneCallRow, caller: Caller, now: datetime) -> None:
    """Reached: what the routine asked for is done for that patient."""
    if row.outage_id is None or row.patient_id is None or row.item is None:
        return
    place = (row.outage_id, row.unit_id, row.patient_id, row.item)
    if await session.get(TickRow, place) is None:
        session.add(
            TickRow(
                outage_id=row.outage_id,
                unit_id=row.unit_id,
                subject=row.patient_id,
                item=row.item,
                at=now,
                by=caller.actor,
            )
        )


async def of_unit(
    api: Api,
    session: AsyncSession,
    unit_id: str,
    outage_id: str | None = None,
    *,
    open_only: bool = False,
    limit: int = 200,
) -> list[PhoneCallRow]:
    """The unit's calls, the latest first."""
    wanted = select(PhoneCallRow).where(PhoneCallRow.unit_id == unit_id)
    if outage_id is not None:
        wanted = wanted.where(PhoneCallRow.outage_id == outage_id)
    if open_only:
        waits = or_(col(PhoneCallRow.outcome).is_(None), col(PhoneCallRow.outcome) != REACHED)
        wanted = wanted.where(waits, PhoneCallRow.created_at > api.now() - timedelta(days=2))
    rows: Sequence[PhoneCallRow] = (
        await session.exec(
            wanted.order_by(col(PhoneCallRow.created_at).desc(), col(PhoneCallRow.number).desc()).limit(limit)
        )
    ).all()
    return list(rows)


async def tend(api: Api) -> None:
    """Reminds whoever did not reach anyone, once for each time, and erases what has had its time."""
    await numbers.seal_older(api)
    now = api.now()
    due = col(PhoneCallRow.retry_at) <= now
    old_calls = col(PhoneCallRow.delete_at) <= now
    old_patients = (col(PatientRow.delete_at) <= now) & col(PatientRow.sealed).is_not(None)
    old_sips = (col(SipRow.delete_at) <= now) & col(SipRow.sealed).is_not(None)
    async with api.db.read() as session:
        waiting = (await session.exec(select(PhoneCallRow.id).where(due).limit(100))).all()
        stale = [
            (await session.exec(ids)).first() is not None
            for ids in (
                select(PhoneCallRow.id).where(old_calls).limit(1),
                select(PatientRow.id).where(old_patients).limit(1),
                select(SipRow.id).where(old_sips).limit(1),
            )
        ]
    for call_id in waiting:
        async with api.db.write() as session:
            row = await session.get(PhoneCallRow, call_id, with_for_update=True)
            if row is None or row.retry_at is None or row.retry_at > now:
                continue
            row.retry_at = None
            session.add(row)
            await notices.tell_to_call_again(session, row, now)
    if any(stale):
        async with api.db.write() as session:
            await session.exec(delete(PhoneCallRow).where(old_calls))
            await session.exec(update(PatientRow).where(old_patients).values(sealed=None))
            await session.exec(update(SipRow).where(old_sips).values(sealed=None))
