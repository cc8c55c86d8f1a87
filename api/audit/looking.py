"""Log checks as people make them: by message number and by a person's name, with names in the answer. Never content; each look is a deed."""

import csv
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Final

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit import reading
from api.audit.schemas import AuditOut, AuditQuery
from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Caller, Right
from api.context import Api
from api.messages.tables import MessageRow
from api.staff.administration import fits
from api.staff.tables import MembershipRow, StaffRow
from api.units.service import names
from api.units.tables import UnitRow

MOST_FOUND: Final = 20
STAFF: Final = "staff:"
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One row, with what its ids stand for where that is known."""

    row: AuditOut
    person: str
    unit: str
    number: str


async def explained(api: Api, rows: Iterable[AuditOut]) -> list[Deed]:
    rows = tuple(rows)
    people = {row.actor.removeprefix(STAFF) for row in rows if row.actor.startswith(STAFF)}
    people |= {row.about for row in rows if row.about}
    async with api.db.read() as session:
        known = dict((await session.exec(select(StaffRow.id, StaffRow.name).where(col(StaffRow.id).in_(people)))).all())
        units = await names(session, {row.unit for row in rows if row.unit} | {row.about for row in rows if row.about})
        about = {row.about for row in rows if row.about}
        numbers = dict(
            (await session.exec(select(MessageRow.id, MessageRow.number).where(col(MessageRow.id).in_(about)))).all()
        )
    said = {**known, **units, **numbers}
    return [
        Deed(
            row,
            known.get(row.actor.removeprefix(STAFF), row.actor),
            units.get(row.unit or "", row.unit or ""),
            said.get(row.about or "", row.about or ""),
        )
        for row in rows
    ]


async def message_of(api: Api, number: str) -> str | None:
    async with api.db.read() as session:
        return (await session.exec(select(MessageRow.id).where(MessageRow.number == number))).first()


async def people_of(api: Api, caller: Caller, words: str) -> list[tuple[str, str, str]]:
    """Id, name and HSA-id of those in the auditor's organisations whom the words fit, also who have left."""
    async with api.db.read() as session:
        found = await _people(session, caller)
    return [(row.id, row.name, row.hsa_id or "") for row in found if fits(words, row.name, row.hsa_id)][:MOST_FOUND]


async def units_of(api: Api, caller: Caller, words: str) -> list[tuple[str, str]]:
    """Id and name, closed ones too."""
    ours = col(UnitRow.organisation).in_(caller.organisations(Right.AUDIT))
    async with api.db.read() as session:
        rows = (await session.exec(select(UnitRow.id, UnitRow.name, UnitRow.hsa_id).where(ours))).all()
    found = sorted((name, unit_id) for unit_id, name, hsa_id in rows if unit_id == words or fits(words, name, hsa_id))
    return [(unit_id, name) for name, unit_id in found][:MOST_FOUND]


async def as_csv(api: Api, caller: Caller, query: AuditQuery, heading: tuple[str, ...]) -> AsyncIterator[bytes]:
    """Semicolons and a mark of UTF-8, as spreadsheets here want it. Ids only: a file that travels names nobody."""
    yield b"\xef\xbb\xbf" + _csv([heading])
    async for part in reading.export(api, caller, query):
        rows = [AuditOut.model_validate_json(line) for line in part.splitlines()]
        yield _csv(_cells(row) for row in rows)


def _cells(row: AuditOut) -> tuple[str, ...]:
    return (
        _moment(row.at),
        row.action,
        row.actor,
        row.via or "",
        row.unit or "",
        row.about or "",
        "" if row.number is None else str(row.number),
        "" if row.sealed_at is None else _moment(row.sealed_at),
    )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([f"'{cell}" if cell.startswith(RISKY) else cell for cell in row] for row in rows)
    return out.getvalue().encode()


async def _people(session: AsyncSession, caller: Caller) -> list[StaffRow]:
    """Those who work in the auditor's organisations, and those who have left them."""
    ours = select(UnitRow.id).where(col(UnitRow.organisation).in_(caller.organisations(Right.AUDIT)))
    here = select(MembershipRow.staff_id).where(col(MembershipRow.unit_id).in_(ours))
    left = select(AuditRow.object_id).where(
        AuditRow.action == Action.END_MEMBERSHIP, col(AuditRow.unit_id).in_(ours), col(AuditRow.object_id).is_not(None)
    )
    found = await session.exec(
        select(StaffRow)
        .where(or_(col(StaffRow.id).in_(here), col(StaffRow.id).in_(left)))
        .order_by(col(StaffRow.name), col(StaffRow.id))
    )
    return list(found.all())
