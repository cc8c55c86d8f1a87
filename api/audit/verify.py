"""Goes through the whole chain and says the first thing that does not hold. Changes nothing."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.chain import START, link
from api.audit.heads import Anchors, Heads, HeadsBroken
from api.audit.reading import unsealed
from api.audit.sealer import NAME
from api.audit.tables import AuditHeadRow, AuditRow
from common.crypto import Cipher
from common.database import Database

PAGE: Final = 1000
LATE: Final = timedelta(minutes=10)
"""A row sealed so long after the time it tells was written afterwards, or while no sealer ran."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`fault` is None when the chain is whole. `unsealed` rows are not yet in it; `late` ones are worth a look."""

    sealed: int
    unsealed: int
    late: int
    lost_in_restores: int
    fault: str | None

    def lines(self) -> tuple[str, ...]:
        said = [f"sealed rows: {self.sealed}", f"unsealed tail: {self.unsealed}"]
        if self.late:
            said.append(f"sealed more than {LATE.seconds // 60} minutes after their time: {self.late}")
        if self.lost_in_restores:
            said.append(f"sealed rows that restores from backups left behind: {self.lost_in_restores}")
        return (*said, "the chain is whole" if self.fault is None else self.fault)


@dataclass(slots=True)
class _Walk:
    """How far the chain has been followed."""

    seq: int = 0
    mac: str = START
    late: int = 0


async def verify(db: Database, cipher: Cipher, heads: Heads, copies: Sequence[Path] = ()) -> Verdict:
    """Finds a row that was changed, removed, inserted or moved, and a chain that was cut off. `copies` are of exported heads."""
    walk = _Walk()
    try:
        anchors = tuple(
            heads.read(copy) for copy in (None, *copies)
        )  # before the database: a head is exported after its rows are written
    except HeadsBroken as error:
        return Verdict(0, 0, 0, 0, str(error))
    async with db.snapshot() as session:
        tail = await unsealed(session)
        head = await session.get(AuditHeadRow, NAME)
        fault = await _follow(session, cipher, anchors, head, walk)
    return Verdict(walk.seq, tail, walk.late, max(one.lost for one in anchors), fault)


async def _follow(
    session: AsyncSession, cipher: Cipher, anchors: tuple[Anchors, ...], head: AuditHeadRow | None, walk: _Walk
) -> str | None:
    async for row in _sealed_rows(session):
        fault = _next(cipher, anchors, row, walk)
        if fault is not None:
            return fault
    return _at_the_end(anchors, head, walk)


def _next(cipher: Cipher, anchors: tuple[Anchors, ...], row: AuditRow, walk: _Walk) -> str | None:
    assert row.seq is not None  # noqa: S101 - only sealed rows are read
    if row.seq > walk.seq + 1:
        return f"row {walk.seq + 1} was removed: after {walk.seq} comes {row.seq}"
    if row.seq <= walk.seq:
        return f"a row was inserted: number {row.seq} is there twice ({row.id})"
    if row.sealed_at is None or not compare_digest(row.mac or "", link(cipher, walk.mac, row, row.seq, row.sealed_at)):
        return f"row {row.seq} ({row.id}) was changed, moved or inserted: its HMAC does not follow from the row before"
    walk.seq, walk.mac = row.seq, row.mac or ""
    walk.late += row.sealed_at - row.at > LATE
    if any(one.macs.get(row.seq, walk.mac) != walk.mac for one in anchors):
        return f"row {row.seq} ({row.id}) is not the one whose head was exported: the chain was written anew"
    return None


def _at_the_end(anchors: tuple[Anchors, ...], head: AuditHeadRow | None, walk: _Walk) -> str | None:
    last = max(one.last for one in anchors)
    if last > walk.seq:
        return f"the chain was cut off: it ends at row {walk.seq}, but the head of row {last} was exported"
    if head is None:
        return None if walk.seq == 0 else "the head of the chain was removed from the database"
    if head.seq != walk.seq:
        return f"the chain was cut off: it ends at row {walk.seq}, but its head says {head.seq}"
    return None if head.mac == walk.mac else "the head of the chain was changed in the database"


async def _sealed_rows(session: AsyncSession) -> AsyncIterator[AuditRow]:
    """By number, and by id where a number is there twice."""
    after: ColumnElement[bool] = col(AuditRow.seq).is_not(None)
    while True:
        page = select(AuditRow).where(after).order_by(col(AuditRow.seq), col(AuditRow.id)).limit(PAGE)
        rows = (await session.exec(page)).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        seq, row_id = rows[-1].seq, rows[-1].id
        after = (col(AuditRow.seq) > seq) | ((col(AuditRow.seq) == seq) & (col(AuditRow.id) > row_id))
        session.expunge_all()
