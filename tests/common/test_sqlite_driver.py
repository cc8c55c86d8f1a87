"""The one-trip cursor gives what the stock one gives, in one trip to the connection's thread."""

import sqlite3
from pathlib import Path

import pytest

from common import sqlite_driver


async def test_a_statement_is_one_trip_and_its_rows_are_all_there(tmp_path: Path) -> None:
    trips: list[str] = []
    connection = await sqlite_driver.connect(str(tmp_path / "a.sqlite3"))
    try:
        cursor = connection.cursor()
        run = cursor._run

        async def counted(act: object, *arguments: object) -> object:
            trips.append("trip")
            return await run(act, *arguments)

        cursor._run = counted
        await cursor.execute("SELECT 1 AS one, ? AS two UNION ALL SELECT 3, 4", (2,))
        assert await cursor.fetchall() == [(1, 2), (3, 4)]
        assert [column[0] for column in cursor.description or ()] == ["one", "two"]
        await cursor.close()
        assert trips == ["trip"]
    finally:
        await connection.close()


async def test_many_rows_are_written_at_once_and_counted(tmp_path: Path) -> None:
    connection = await sqlite_driver.connect(str(tmp_path / "a.sqlite3"))
    try:
        cursor = connection.cursor()
        await cursor.execute("CREATE TABLE t (a)")
        assert cursor.description is None
        await cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)])
        assert cursor.rowcount == 3
    finally:
        await connection.close()


async def test_an_error_is_sqlites_own_and_the_connection_goes_on(tmp_path: Path) -> None:
    connection = await sqlite_driver.connect(str(tmp_path / "a.sqlite3"))
    try:
        cursor = connection.cursor()
        with pytest.raises(sqlite3.OperationalError):
            await cursor.execute("SELECT nothing FROM nowhere")
        await cursor.execute("SELECT 1")
        assert await cursor.fetchall() == [(1,)]
    finally:
        await connection.close()
