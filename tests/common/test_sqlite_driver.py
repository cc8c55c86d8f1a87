"""What is short to read is done at once, anything else in one trip to the connection's thread; and both give what SQLite gives."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common import sqlite_driver
from common.sqlite_driver import READING, WRITING, OneTripConnection

LONG = "SELECT count(*) FROM t AS a, t AS b, t AS c"
"""Hundreds of thousands of rows to look at."""


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database with a hundred rows."""
    path = tmp_path / "a.sqlite3"
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE t (a)")
        made.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(100)])
    made.close()
    return path


@pytest.fixture
async def connection(file: Path) -> AsyncIterator[OneTripConnection]:
    connection = sqlite_driver.connect(str(file), timeout=0.2, isolation_level=None)
    await connection
    yield connection
    await connection.close()


async def test_a_short_read_makes_no_trip_and_its_rows_are_all_there(connection: OneTripConnection) -> None:
    cursor = connection.cursor()
    await cursor.execute("SELECT 1 AS one, ? AS two UNION ALL SELECT 3, 4", (2,))
    assert await cursor.fetchall() == [(1, 2), (3, 4)]
    assert [column[0] for column in cursor.description or ()] == ["one", "two"]
    assert connection.trips == 0


async def test_a_long_read_is_broken_off_and_made_on_the_thread(connection: OneTripConnection) -> None:
    connection.begin_with_the_next(READING)
    cursor = connection.cursor()
    await cursor.execute(LONG)
    assert await cursor.fetchall() == [(1_000_000,)]
    assert connection.trips == 1
    assert connection.in_transaction
    await connection.rollback()
    assert not connection.in_transaction


@pytest.mark.parametrize("how", [READING, WRITING])
async def test_a_connection_begins_any_number_of_times(connection: OneTripConnection, how: str) -> None:
    """SQLite counts the steps of a statement that is kept over all its runs: a BEGIN may be the one that comes to the limit."""
    cursor = connection.cursor()
    for _ in range(sqlite_driver.STEPS):
        connection.begin_with_the_next(how)
        await cursor.execute("SELECT 1")
        assert await cursor.fetchall() == [(1,)]
        await connection.commit()


async def test_reading_sees_one_moment_until_it_ends(file: Path, connection: OneTripConnection) -> None:
    connection.begin_with_the_next(READING)
    cursor = connection.cursor()
    await cursor.execute("SELECT count(*) FROM t")
    with sqlite3.connect(file) as other:
        other.execute("DELETE FROM t")
    other.close()
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(100,)]
    await connection.rollback()
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(0,)]


async def test_writing_takes_the_lock_and_commits_on_the_thread_and_puts_rows_in_where_it_stands(
    file: Path, connection: OneTripConnection
) -> None:
    connection.begin_with_the_next(WRITING)
    cursor = connection.cursor()
    await cursor.execute("UPDATE t SET a = 0")
    assert (cursor.rowcount, connection.trips) == (100, 1)
    await cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)])
    assert (cursor.rowcount, cursor.description, connection.trips) == (3, None, 1)
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(103,)]
    assert connection.trips == 1
    await connection.commit()
    assert connection.trips == 2
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (103,)
    other.close()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DELETE FROM t", id="delete"),
        pytest.param("UPDATE t SET a = 1", id="update"),
        pytest.param("INSERT INTO t SELECT a FROM t", id="insert-from-a-table"),
        pytest.param("PRAGMA user_version", id="pragma"),
    ],
)
async def test_what_may_take_long_makes_a_trip(connection: OneTripConnection, statement: str) -> None:
    connection.begin_with_the_next(WRITING)
    cursor = connection.cursor()
    await cursor.execute("DELETE FROM t WHERE a = 1")
    before = connection.trips
    await cursor.execute(statement)
    assert connection.trips == before + 1
    await connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE /* few */ t SET a = 1000 WHERE a = 7", id="update"),
        pytest.param("DELETE /* few */ FROM t WHERE a = 7", id="delete"),
        pytest.param("INSERT /* few */ INTO t VALUES ((SELECT max(a) FROM t))", id="insert"),
        pytest.param("INSERT INTO t VALUES (7)", id="a-row-in-full"),
    ],
)
async def test_what_changes_few_rows_takes_a_free_lock_and_is_done_where_it_stands_but_for_the_commit(
    file: Path, connection: OneTripConnection, statement: str
) -> None:
    connection.begin_with_the_next(WRITING)
    cursor = connection.cursor()
    await cursor.execute(statement)
    assert (cursor.rowcount, connection.trips) == (1, 0)
    await connection.commit()
    assert connection.trips == 1
    with sqlite3.connect(file) as other:
        now = [row for (row,) in other.execute("SELECT a FROM t ORDER BY rowid")]
    other.close()
    assert now != list(range(100))


async def test_few_rows_changed_are_as_before_when_it_is_rolled_back(connection: OneTripConnection) -> None:
    connection.begin_with_the_next(WRITING)
    cursor = connection.cursor()
    await cursor.execute("DELETE /* few */ FROM t WHERE a = 7")
    await connection.rollback()
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(100,)]


async def test_a_lock_that_another_process_holds_is_waited_for_on_the_thread(
    file: Path, connection: OneTripConnection
) -> None:
    connection.patience = 5
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection.begin_with_the_next(WRITING)
    waiting = asyncio.create_task(connection.cursor().execute("INSERT INTO t VALUES (1)"))
    await asyncio.sleep(0)
    assert (connection.trips, waiting.done()) == (1, False)
    other.execute("COMMIT")
    other.close()
    await waiting
    await connection.commit()
    assert connection.trips == 2


async def test_a_row_put_in_without_a_transaction_makes_a_trip(connection: OneTripConnection) -> None:
    await connection.cursor().execute("INSERT INTO t VALUES (1)")
    assert connection.trips == 1


async def test_what_is_rolled_back_is_gone(connection: OneTripConnection) -> None:
    connection.begin_with_the_next(WRITING)
    cursor = connection.cursor()
    await cursor.execute("DELETE FROM t")
    await connection.rollback()
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(100,)]


async def test_a_transaction_in_which_nothing_was_said_never_began(connection: OneTripConnection) -> None:
    connection.begin_with_the_next(WRITING)
    await connection.commit()
    await connection.cursor().execute("SELECT 1")
    assert (connection.trips, connection.in_transaction) == (0, False)


async def test_a_write_transaction_that_begins_by_reading_has_the_lock(
    file: Path, connection: OneTripConnection
) -> None:
    connection.begin_with_the_next(WRITING)
    await connection.cursor().execute("SELECT count(*) FROM t")
    other = sqlite3.connect(file, timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("DELETE FROM t")
    other.close()
    await connection.rollback()


async def test_another_processs_lock_is_waited_for_on_the_thread_alone(
    file: Path, connection: OneTripConnection
) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection.begin_with_the_next(WRITING)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await connection.cursor().execute("DELETE FROM t")
    assert connection.trips == 1
    other.execute("ROLLBACK")
    other.close()


async def test_a_connection_whose_thread_is_at_work_is_left_to_it(connection: OneTripConnection) -> None:
    """A task that is cancelled goes away at once; its statement does not."""
    held = threading.Event()
    await connection.create_function("held", 0, lambda: held.wait(10))
    before = connection.trips
    at_work = asyncio.create_task(connection.cursor().execute("INSERT INTO t SELECT held()"))
    await asyncio.sleep(0)
    assert connection.trips == before + 1
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    cursor = connection.cursor()
    reading = asyncio.create_task(cursor.execute("SELECT count(*) FROM t"))
    await asyncio.sleep(0)
    assert connection.trips == before + 2
    held.set()
    await reading
    assert await cursor.fetchall() == [(101,)]


async def test_an_error_is_sqlites_own_and_the_connection_goes_on(connection: OneTripConnection) -> None:
    cursor = connection.cursor()
    for statement in ("SELECT a FROM nowhere", "INSERT INTO nowhere VALUES (1)"):
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await cursor.execute(statement)
    await cursor.execute("SELECT 1")
    assert await cursor.fetchall() == [(1,)]
