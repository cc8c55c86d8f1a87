"""Message numbers such as L-2026-000123: unique, easy to read out, and about nobody. Says nothing of how many there are.

Each process takes numbers in blocks, in a transaction of its own, so that handing over never queues for a counter. Numbers that a
process did not use before it stopped are never used.
"""

import asyncio

from sqlalchemy import update
from sqlmodel import col, select

from api.messages.tables import NumberRow
from common.database import Database, insert_new

BLOCK = 50


class Numbers:
    def __init__(self, db: Database, block: int = BLOCK) -> None:
        self._db = db
        self._block = block
        self._lock = asyncio.Lock()
        self._year = 0
        self._next = 0
        self._end = 0

    async def take(self, year: int) -> str:
        async with self._lock:
            if year != self._year or self._next >= self._end:
                await self._take_block(year)
            number = self._next
            self._next += 1
        return f"L-{year}-{number:06}"

    async def _take_block(self, year: int) -> None:
        async with self._db.write() as session:
            await insert_new(session, NumberRow(year=year, next=1))
            take = update(NumberRow).where(col(NumberRow.year) == year).values(next=col(NumberRow.next) + self._block)
            await session.exec(take)
            end = (await session.exec(select(NumberRow.next).where(NumberRow.year == year))).one()
        self._year, self._next, self._end = year, end - self._block, end
