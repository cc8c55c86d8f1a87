"""Puts new audit rows in the chain, within seconds and apart from the deeds, so that no deed ever queues for it. Judges nothing.

Any number of processes may run a sealer on one database: the one that holds the lease seals, and a killed one's lease runs out. Two that
both believe they hold it cannot fork the chain: the head's row is locked while rows are added.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import structlog
from sqlalchemy import Update, bindparam, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.chain import START, link
from api.audit.heads import Heads
from api.audit.tables import AuditHeadRow, AuditRow
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, insert_new, table_of
from common.errors import DatabaseUnavailable
from common.ids import new_id

NAME: Final = "audit"
LEASE: Final = timedelta(seconds=5)
EXPORT_EVERY: Final = timedelta(seconds=10)
BATCH: Final = 200
REST_SECONDS: Final = 1.0


class Sealer:
    """One per process."""

    def __init__(self, db: Database, clock: Clock, cipher: Cipher, heads: Heads, *, batch: int = BATCH) -> None:
        self.name = new_id()
        self._db = db
        self._clock = clock
        self._cipher = cipher
        self._heads = heads
        self._batch = batch
        self._unexported: tuple[int, str] | None = None
        self._exported_at: datetime | None = None
        self._log = structlog.get_logger("audit")

    async def seal_once(self) -> int:
        """Seals one batch, if there is one and no other process is at it; gives the number of rows."""
        sealed = await self._seal_batch() if await self._anything_new() else 0
        self._export_when_due()
        return sealed

    async def release(self) -> None:
        """Lets another process go on at once, and exports the last head."""
        mine = col(AuditHeadRow.holder) == self.name
        async with self._db.write() as session:
            await session.exec(update(AuditHeadRow).where(mine).values(held_until=None))
        self._export()

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if await self._guarded() < self._batch:
                await _rest(stop)
        while await self._guarded() == self._batch:
            pass
        try:
            await self.release()
        except (DatabaseUnavailable, OSError) as error:
            self._log.warning("audit lease kept until it runs out", error=type(error).__name__)

    async def _guarded(self) -> int:
        try:
            return await self.seal_once()
        except (DatabaseUnavailable, OSError) as error:
            self._log.warning("audit waits to be sealed", error=type(error).__name__)
            return 0

    async def _anything_new(self) -> bool:
        async with self._db.read() as session:
            return (
                await session.exec(select(AuditRow.id).where(col(AuditRow.seq).is_(None)).limit(1))
            ).first() is not None

    async def _seal_batch(self) -> int:
        now = self._clock.now()
        async with self._db.write() as session:
            head = await self._take(session, now)
            if head is None:
                return 0
            rows = await _new_rows(session, self._batch)
            if not rows:
                return 0
            links = self._links(head, rows, now)
            await session.exec(_sealed(), params=links)
            seq, mac = links[-1]["number"], links[-1]["link"]
            ours = col(AuditHeadRow.name) == NAME
            await session.exec(update(AuditHeadRow).where(ours).values(seq=seq, mac=mac))
        self._unexported = (seq, mac)
        return len(rows)

    async def _take(self, session: AsyncSession, now: datetime) -> tuple[int, str] | None:
        """The end of the chain, if the lease is ours or free; its row stays locked until the transaction ends."""
        await insert_new(session, AuditHeadRow(name=NAME, mac=START))
        free = or_(
            col(AuditHeadRow.held_until).is_(None),
            col(AuditHeadRow.held_until) <= now,
            col(AuditHeadRow.holder) == self.name,
        )
        taken = await session.exec(
            update(AuditHeadRow)
            .where(col(AuditHeadRow.name) == NAME, free)
            .values(holder=self.name, held_until=now + LEASE)
            .returning(col(AuditHeadRow.seq), col(AuditHeadRow.mac))
            .execution_options(synchronize_session=False)
        )
        found = taken.first()
        return None if found is None else (int(found[0]), str(found[1]))

    def _links(self, head: tuple[int, str], rows: Sequence[AuditRow], now: datetime) -> list[dict[str, Any]]:
        """What each row is sealed with."""
        (seq, mac), links = head, []
        for row in rows:
            seq += 1
            mac = link(self._cipher, mac, row, seq, now)
            links.append({"row": row.id, "number": seq, "link": mac, "moment": now})
        return links

    def _export_when_due(self) -> None:
        now = self._clock.now()
        if self._exported_at is None or now >= self._exported_at + EXPORT_EVERY:
            self._export()

    def _export(self) -> None:
        if self._unexported is None:
            return
        now = self._clock.now()
        self._heads.append("head", *self._unexported, now)
        self._unexported, self._exported_at = None, now


async def _new_rows(session: AsyncSession, limit: int) -> Sequence[AuditRow]:
    new = select(AuditRow).where(col(AuditRow.seq).is_(None)).order_by(col(AuditRow.at), col(AuditRow.id)).limit(limit)
    return (await session.exec(new)).all()


@lru_cache(maxsize=1)
def _sealed() -> Update:
    """Puts a row in the chain. Made once."""
    audit = table_of(AuditRow)
    sealed: dict[str, Any] = {"seq": bindparam("number"), "mac": bindparam("link"), "sealed_at": bindparam("moment")}
    return update(audit).where(audit.c.id == bindparam("row")).values(sealed)


async def _rest(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(REST_SECONDS):
            await stop.wait()
    except TimeoutError:
        return
