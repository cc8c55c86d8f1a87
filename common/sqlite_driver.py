"""SQLite's async driver with one trip to its thread for a statement, where the stock one makes four. Knows no SQL of its own.

aiosqlite runs every call on a thread of the connection's. Making a cursor, executing, fetching and closing are each a trip there and
back, and the trips cost more than the statements. Here they are one. Rows are fetched whole; nothing here streams.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Self

import aiosqlite

Row = tuple[Any, ...]


class OneTripCursor:
    """As much of a cursor as SQLAlchemy's adapter uses: execute, and then what came of it, already here."""

    arraysize = 1

    def __init__(self, run: Callable[..., Any], connection: Callable[[], sqlite3.Connection]) -> None:
        self._run = run
        self._connection = connection
        self._rows: list[Row] = []
        self.description: tuple[Row, ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        await self._run(self._on_the_thread, sqlite3.Cursor.execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        await self._run(self._on_the_thread, sqlite3.Cursor.executemany, sql, parameters)
        return self

    async def fetchall(self) -> list[Row]:
        return self._rows

    async def close(self) -> None:
        """The real cursor was closed on its thread."""

    def _on_the_thread(self, act: Callable[..., Any], sql: str, parameters: Any) -> None:
        cursor = self._connection().cursor()
        try:
            act(cursor, sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount = cursor.rowcount
            self.lastrowid = cursor.lastrowid
        finally:
            cursor.close()


class OneTripConnection(aiosqlite.Connection):
    def cursor(self) -> OneTripCursor:  # type: ignore[override]
        return OneTripCursor(self._execute, lambda: self._conn)


def connect(database: str, **options: Any) -> OneTripConnection:
    """For SQLAlchemy's `async_creator_fn`. The thread does not keep the program alive."""
    connection = OneTripConnection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection
