"""What outages have left about one person: lines of worklists, calls and SIPs by phone whose words hold her number. Changes nothing.

They are few and soon erased, so each of the organisation's is opened. Nobody's name is searched for: it would hand out another's.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.outage import numbers, sealing
from api.outage.schemas import NumberIn
from api.outage.sealing import CallNote, CardText, SipNotes, Who
from api.outage.tables import PatientRow, PhoneCallRow, SipRow, TickRow
from common.crypto import Cipher
from knowledge.outage import OutageFact
from triage.identity import PersonId

AT_A_TIME: Final = 200
CENTURY: Final = 2
"""Signs that may be left out at the beginning."""
APART: Final = r"[\s\-+–]{0,3}"
"""What people write between the digits."""
R = TypeVar("R", PatientRow, PhoneCallRow, SipRow)


class Done(BaseModel):
    item: str
    at: datetime


class PatientRecord(BaseModel):
    """A line of a unit's worklist. `done`: what was ticked for her."""

    id: str
    outage: str
    unit: str
    number: int
    who: Who | None
    facts: dict[str, str]
    done: list[Done]
    created_at: datetime
    delete_at: datetime | None


class CallRecord(BaseModel):
    id: str
    outage: str | None
    unit: str
    number: int
    numbers: list[NumberIn]
    outcome: str | None
    card: CardText
    note: CallNote
    created_at: datetime
    called_at: datetime | None
    delete_at: datetime


class SipRecord(BaseModel):
    id: str
    outage: str
    unit: str
    number: int
    notes: SipNotes
    done: list[Done]
    created_at: datetime
    delete_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    patients: list[PatientRecord]
    calls: list[CallRecord]
    sips: list[SipRecord]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.patients] + [one.id for one in self.calls] + [one.id for one in self.sips]


async def outages_about(session: AsyncSession, cipher: Cipher, person: PersonId, in_units: Sequence[str]) -> Found:
    """A call or a SIP is hers if its own words hold the number, or if it belongs to her line of a worklist."""
    says = _number(person)
    patients, calls, sips = [], [], []
    async for patient in _each(session, PatientRow, in_units, col(PatientRow.sealed).is_not(None)):
        who = sealing.open_who(cipher, patient)
        if who is not None and says.search(who.label):
            patients.append(_patient(patient, who))
    hers = {patient.id for patient in patients}
    async for call in _each(session, PhoneCallRow, in_units):
        made = _call(cipher, call)
        if call.patient_id in hers or _mentions(says, made.card, made.note, *made.numbers):
            calls.append(made)
    async for row in _each(session, SipRow, in_units, col(SipRow.sealed).is_not(None)):
        sip = _sip(cipher, row)
        if row.patient_id in hers or _mentions(says, sip.notes):
            sips.append(sip)
    await _ticked(session, patients, sips)
    return Found(patients, calls, sips)


def _number(person: PersonId) -> re.Pattern[str]:
    """The number as people write it, with its century or without. Never a part of a longer one."""
    signs = [re.escape(sign) for sign in person.value]
    whole = APART.join(signs)
    if person.id_type != "reservnummer":
        whole = rf"(?:{APART.join(signs[:CENTURY])}{APART})?{APART.join(signs[CENTURY:])}"
    return re.compile(rf"(?<![0-9A-Za-z]){whole}(?![0-9A-Za-z])", re.IGNORECASE)


def _mentions(says: re.Pattern[str], *written: BaseModel) -> bool:
    return any(says.search(words) for one in written for words in _texts(one.model_dump()))


def _texts(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from _texts(one)


async def _each(
    session: AsyncSession, table: type[R], in_units: Sequence[str], *where: ColumnElement[bool]
) -> AsyncIterator[R]:
    """The units' rows, some at a time."""
    last = ""
    while True:
        wanted = select(table).where(col(table.unit_id).in_(in_units), col(table.id) > last, *where)
        rows = (await session.exec(wanted.order_by(col(table.id)).limit(AT_A_TIME))).all()
        for row in rows:
            yield row
        if len(rows) < AT_A_TIME:
            return
        last = rows[-1].id
        session.expunge_all()


def _patient(row: PatientRow, who: Who) -> PatientRecord:
    facts = {str(fact): str(getattr(row, fact)) for fact in OutageFact}
    return PatientRecord(**_plain(row), outage=row.outage_id, who=who, facts=facts, done=[])


def _call(cipher: Cipher, row: PhoneCallRow) -> CallRecord:
    return CallRecord(
        **_plain(row),
        outage=row.outage_id,
        numbers=list(numbers.every(cipher, row)),
        outcome=row.outcome,
        card=sealing.open_card(cipher, row),
        note=sealing.open_note(cipher, row),
        called_at=row.called_at,
    )


def _sip(cipher: Cipher, row: SipRow) -> SipRecord:
    return SipRecord(**_plain(row), outage=row.outage_id, notes=sealing.open_sip(cipher, row), done=[])


def _plain(row: R) -> dict[str, Any]:
    return {"unit": row.unit_id, **row.model_dump(include={"id", "number", "created_at", "delete_at"})}


async def _ticked(session: AsyncSession, patients: Sequence[PatientRecord], sips: Sequence[SipRecord]) -> None:
    by_id = {one.id: one.done for one in patients} | {one.id: one.done for one in sips}
    wanted = select(TickRow).where(col(TickRow.subject).in_(by_id)).order_by(col(TickRow.at))
    for tick in (await session.exec(wanted)).all():
        by_id[tick.subject].append(Done(item=tick.item, at=tick.at))
