"""SQLite's async driver without needless trips to threads: a short read is done at once, anything else is one trip. Knows no tables.

aiosqlite runs every call on a thread of the connection's. A trip there and back costs a hundred times what a point read does. So a SELECT
is tried where it stands, under a guard that breaks off what takes more than about a millisecond or meets a lock; what was broken off, and
all that waits or may write much, makes one trip. New rows given in full, and what says that it changes few rows by a key, are written where
they stand too, once the transaction has the lock: that is memory, the disk comes with the commit. A transaction begins with its first
statement, and takes a lock that is free where it stands. Rows are fetched whole; nothing here streams.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import aiosqlite

Row = tuple[Any, ...]
Act = Callable[[sqlite3.Cursor, str, Any], object]

STEPS: Final = 20_000
"""Instructions of SQLite's machine that a read may take where it stands; about a millisecond."""
MOST_ROWS: Final = 100
"""Rows, or values of one row, that are put in where they stand."""
FEW: Final = "/* few */"
"""Stands after the first word of a statement that writes a few rows and finds them by a key."""
_SHORT_HEAD: Final = len("UPDATE ") + len(FEW)
BROKEN_OFF: Final = frozenset({sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
READING: Final = "BEGIN"
WRITING: Final = "BEGIN IMMEDIATE"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a statement."""

    description: tuple[Row, ...] | None
    rows: list[Row]
    rowcount: int
    lastrowid: int | None


class OneTripCursor:
    """As much of a cursor as SQLAlchemy's adapter uses: execute, and then what came of it, already here."""

    arraysize = 1

    def __init__(self, connection: "OneTripConnection") -> None:
        self._connection = connection
        self._came = Came(None, [], -1, None)

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> tuple[Row, ...] | None:
        return self._came.description

    @property
    def rowcount(self) -> int:
        return self._came.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._came.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        self._came = await self._connection.run(sqlite3.Cursor.execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        self._came = await self._connection.run(sqlite3.Cursor.executemany, sql, parameters)
        return self

    async def fetchall(self) -> list[Row]:
        return self._came.rows

    async def close(self) -> None:
        """The real cursor was closed when its rows were fetched."""


class OneTripConnection(aiosqlite.Connection):
    """Used by one task at a time, as SQLAlchemy's pool sees to."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], patience: float) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # it does not keep the program alive
        self.patience = patience
        """Seconds that a trip waits for other processes' locks. What is done at once never waits."""
        self.trips = 0
        self._returned = 0
        """Written by the thread alone, as `trips` is by the loop: when they differ, a broken-off task has left the thread at work."""
        self._begin: str | None = None
        self._changing = False
        self._may_write = False
        """Whether this transaction is one that begins by taking the lock."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        return OneTripCursor(self)

    def begin_with_the_next(self, how: str) -> None:
        """The transaction begins with the next statement, if one comes."""
        self._begin = how
        self._may_write = how == WRITING

    async def run(self, act: Act, sql: str, parameters: Any) -> Came:
        if self._may_be_here(sql, parameters):
            here = self._here(act, sql, parameters)
            if here is not None:
                return here
        self._changing = True
        begin, self._begin = self._begin, None
        came: Came = await self._execute(self._there, begin, act, sql, parameters)
        return came

    async def commit(self) -> None:
        await self._end(sqlite3.Connection.commit)

    async def rollback(self) -> None:
        await self._end(sqlite3.Connection.rollback)

    async def _end(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """What has only been read ends without a trip; what was written waits for the disk on the thread."""
        self._begin, self._may_write = None, False
        changing, self._changing = self._changing, False
        if changing or not self._idle:
            await self._execute(act, self._conn)
        elif self._conn.in_transaction:
            act(self._conn)

    @property
    def _idle(self) -> bool:
        return self.trips == self._returned

    def _may_be_here(self, sql: str, parameters: Any) -> bool:
        if not self._idle or self._connection is None:
            return False
        if sql.startswith("SELECT"):
            return True
        has_or_takes_lock = self._may_write and (self._begin == WRITING or self._conn.in_transaction)
        return has_or_takes_lock and _is_short(sql, parameters)

    def _here(self, act: Act, sql: str, parameters: Any) -> Came | None:
        """None when it was broken off: nothing has come of it then. A write is never broken off: it would take its transaction along."""
        connection = self._conn
        reads = sql.startswith("SELECT")
        try:
            if self._begin is not None:
                connection.execute(self._begin)  # unguarded: the guard's count goes on from run to run
                self._begin = None
            if reads:
                connection.set_progress_handler(_enough, STEPS)
            self._changing = self._changing or not reads
            return _carried_out(connection, act, sql, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in BROKEN_OFF:
                return None
            raise
        finally:
            connection.set_progress_handler(None, 0)

    def _there(self, begin: str | None, act: Act, sql: str, parameters: Any) -> Came:
        """On the thread, with patience."""
        connection = self._conn
        connection.execute(f"PRAGMA busy_timeout = {int(self.patience * 1000)}")
        try:
            if begin is not None:
                connection.execute(begin)
            return _carried_out(connection, act, sql, parameters)
        finally:
            connection.execute("PRAGMA busy_timeout = 0")

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self.trips += 1
        return await super()._execute(self._and_back, fn, *args, **kwargs)  # type: ignore[no-untyped-call]

    def _and_back(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        finally:
            self._returned += 1


def connect(database: str, *, timeout: float = 5.0, **options: Any) -> OneTripConnection:
    """For SQLAlchemy's `async_creator_fn`."""
    # both the thread and the loop use the connection, never at once
    options["check_same_thread"] = False
    return OneTripConnection(lambda: sqlite3.connect(database, timeout=0, **options), timeout)


def _carried_out(connection: sqlite3.Connection, act: Act, sql: str, parameters: Any) -> Came:
    cursor = connection.cursor()
    try:
        act(cursor, sql, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return Came(cursor.description, rows, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


def _is_short(sql: str, parameters: Any) -> bool:
    if FEW in sql[:_SHORT_HEAD]:
        return True
    return sql.startswith("INSERT") and "SELECT" not in sql and len(parameters) <= MOST_ROWS


def _enough() -> int:
    return 1
