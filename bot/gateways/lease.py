"""Who reads the event log, and how far it has been read: a lease in the database, so that one process follows at a time."""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, update
from sqlmodel import col

from bot.gateways.tables import FollowerRow
from common.clock import Clock
from common.database import Database, insert_new
from common.ids import new_id


class FollowerLease:
    """`name` is what is followed. A process that stops answering loses the lease when it runs out."""

    def __init__(self, db: Database, clock: Clock, name: str, length: timedelta = timedelta(seconds=30)) -> None:
        self._db = db
        self._clock = clock
        self._name = name
        self._length = length
        self._holder = new_id()
        self._held: tuple[str, datetime] | None = None
        """The cursor, and how long the lease is surely ours."""

    async def take(self) -> str | None:
        """The cursor to read on from, if this process may; None while another holds the lease."""
        now = self._clock.now()
        if self._held is not None and now < self._held[1] - self._length / 2:
            return self._held[0]
        mine = or_(
            col(FollowerRow.held_until).is_(None),
            col(FollowerRow.held_until) <= now,
            col(FollowerRow.holder) == self._holder,
        )
        async with self._db.write() as session:
            await insert_new(session, FollowerRow(name=self._name))
            taken = await session.exec(
                update(FollowerRow)
                .where(col(FollowerRow.name) == self._name, mine)
                .values(holder=self._holder, held_until=now + self._length)
                .returning(col(FollowerRow.cursor))
                .execution_options(synchronize_session=False)
            )
            found = taken.first()
        self._held = None if found is None else (str(found[0]), now + self._length)
        return None if self._held is None else self._held[0]

    async def move(self, cursor: str) -> None:
        """The events up to this cursor are told."""
        if self._held is not None:
            self._held = (cursor, self._held[1])
        await self._set(cursor=cursor)

    async def release(self) -> None:
        self._held = None
        await self._set(held_until=None)

    async def _set(self, **values: object) -> None:
        ours = and_(col(FollowerRow.name) == self._name, col(FollowerRow.holder) == self._holder)
        async with self._db.write() as session:
            await session.exec(update(FollowerRow).where(ours).values(**values))
