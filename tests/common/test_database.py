"""The database's promises: short transactions whole or not at all, one error when it cannot be used, and moments with their zone."""

import asyncio
import sqlite3
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError, StatementError
from sqlmodel import func, select, text

from common.clock import FixedClock
from common.database import Database, insert_new
from common.errors import DatabaseUnavailable, UnsafeSettings
from common.outbox import OutboxRow


def row(key: str, at: datetime) -> OutboxRow:
    return OutboxRow(id=key, kind="note", key=key, payload="{}", due_at=at)


async def count(db: Database) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(OutboxRow))).one()


async def test_what_fails_in_the_middle_leaves_nothing(db: Database, fixed_clock: FixedClock) -> None:
    async def fail() -> None:
        async with db.write() as session:
            session.add(row("a", fixed_clock.now()))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await count(db) == 0


async def test_many_writers_at_once_all_get_their_turn(db: Database, fixed_clock: FixedClock) -> None:
    async def write(number: int) -> None:
        async with db.write() as session:
            session.add(row(f"{number:03}", fixed_clock.now()))

    await asyncio.gather(*(write(number) for number in range(100)))
    assert await count(db) == 100


async def test_readers_are_not_held_up_by_a_writer(db: Database, fixed_clock: FixedClock) -> None:
    async with db.write() as session:
        session.add(row("a", fixed_clock.now()))
        await session.flush()
        assert await asyncio.wait_for(count(db), timeout=2) == 0
    assert await count(db) == 1


async def test_a_row_that_is_there_is_not_inserted_again(db: Database, fixed_clock: FixedClock) -> None:
    async with db.write() as session:
        assert await insert_new(session, row("a", fixed_clock.now()))
        assert not await insert_new(session, row("a", fixed_clock.now()))
    assert await count(db) == 1


async def test_a_moment_comes_back_as_the_same_moment_in_utc(db: Database) -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    async with db.write() as session:
        session.add(row("a", summer))
    async with db.read() as session:
        found = (await session.exec(select(OutboxRow.due_at))).one()
    assert (found, found.tzinfo) == (summer, UTC)


async def test_a_moment_without_a_zone_is_refused(db: Database) -> None:
    async def write() -> None:
        async with db.write() as session:
            session.add(row("a", datetime(2026, 7, 1, 12)))  # noqa: DTZ001

    with pytest.raises(StatementError, match="time zone"):
        await write()


async def test_a_wrong_statement_is_our_fault_and_not_the_databases(db: Database) -> None:
    async def ask() -> None:
        async with db.read() as session:
            await session.exec(text("SELECT nothing FROM nowhere"))  # type: ignore[call-overload]

    with pytest.raises((OperationalError, ProgrammingError)):
        await ask()


async def test_a_database_that_has_become_read_only_is_unavailable(db: Database, fixed_clock: FixedClock) -> None:
    only_read = "PRAGMA query_only = 1" if db.is_sqlite else "SET TRANSACTION READ ONLY"

    async def write() -> None:
        async with db.write() as session:
            await session.exec(text(only_read))  # type: ignore[call-overload]
            session.add(row("a", fixed_clock.now()))

    with pytest.raises(DatabaseUnavailable, match=r"SQLITE_READONLY|25006"):
        await write()


def rights(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/lots.sqlite3")
    await db.migrate()
    found = rights(tmp_path)
    await db.close()
    assert found == {0o600}


async def test_a_locked_sqlite_file_is_unavailable_after_the_wait(sqlite_db: Database, fixed_clock: FixedClock) -> None:
    impatient = Database(sqlite_db.url, busy_seconds=0.1)
    other = sqlite3.connect(str(sqlite_db.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with impatient.write() as session:
            session.add(row("a", fixed_clock.now()))

    with pytest.raises(DatabaseUnavailable, match="SQLITE_BUSY"):
        await write()
    other.execute("ROLLBACK")
    other.close()
    await write()
    await impatient.close()


async def test_a_writer_that_waits_too_long_in_its_own_process_is_told_so(
    sqlite_db: Database, fixed_clock: FixedClock
) -> None:
    impatient = Database(sqlite_db.url, busy_seconds=0.1)

    async def write() -> None:
        async with impatient.write() as session:
            session.add(row("b", fixed_clock.now()))

    async with impatient.write() as session:
        session.add(row("a", fixed_clock.now()))
        with pytest.raises(DatabaseUnavailable, match="busy"):
            await write()
    await impatient.close()


async def test_a_file_that_was_taken_away_or_replaced_is_not_written_to(sqlite_db: Database, tmp_path: Path) -> None:
    file = tmp_path / "lots.sqlite3"
    file.rename(tmp_path / "moved.sqlite3")
    with pytest.raises(DatabaseUnavailable, match="gone"):
        await sqlite_db.ping()
    file.write_bytes(b"")
    with pytest.raises(DatabaseUnavailable, match="replaced"):
        await sqlite_db.ping()


async def test_a_folder_that_is_missing_is_said_with_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'lots.sqlite3'}")
    with pytest.raises(DatabaseUnavailable, match=r"missing does not exist; make it or change LOTS_DATABASE_URL"):
        await database.migrate()
    await database.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "lots.sqlite3"
    file.write_text("Detta är ingen databas." * 100)
    database = Database(f"sqlite+aiosqlite:///{file}")
    with pytest.raises(DatabaseUnavailable, match="SQLITE_NOTADB"):
        await database.migrate()
    await database.close()


async def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql+psycopg://lots@/lots?host={tmp_path}", busy_seconds=2)
    with pytest.raises(DatabaseUnavailable, match="no connection"):
        await database.migrate()
    with pytest.raises(DatabaseUnavailable, match="no connection"):
        await database.ping()
    await database.close()


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_connections_that_the_server_broke_are_replaced(db: Database) -> None:
    assert await count(db) == 0
    with psycopg.connect(db.url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await count(db) == 0


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
def test_sqlite_in_memory_is_refused_since_connections_would_not_share_it(url: str) -> None:
    with pytest.raises(UnsafeSettings, match="sqlite_in_file"):
        Database(url)
