"""Message numbers such as L-2026-000123: unique, easy to read out, and about nobody. Says nothing of how many there are.

Each process takes numbers in blocks, in a transaction of its own, so that handing over never queues for a counter. Numbers that a
process did not use before it stopped are never used.
"""

import asyncio
from functools import lru_cache

from sqlalchemy import Integer, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from api.messages.tables import NumberRow
from common.database import Database, table_of

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
        given = {"this_year": year, "end": 1 + self._block, "block": self._block}
        take = _take(on_sqlite=self._db.is_sqlite)
        end: int = await self._db.do(lambda connection: connection.execute(take, given).scalar_one(), alone=True)
        self._year, self._next, self._end = year, end - self._block, end


@lru_cache(maxsize=2)
def _take(*, on_sqlite: bool) -> ReturningInsert[int]:
    """The year's row, or what is in it and a block more. Made once."""
    table = table_of(NumberRow)
    make = sqlite.insert if on_sqlite else postgresql.insert
    new = make(table).values(year=bindparam("this_year"), next=bindparam("end"))
    more = {"next": table.c.next + bindparam("block", type_=Integer)}
    return new.on_conflict_do_update(index_elements=[table.c.year], set_=more).returning(table.c.next)
