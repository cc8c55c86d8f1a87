"""What is only read begins nothing on PostgreSQL, and what is written is a transaction, on the same connection in turn."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlmodel import func, select, text

from common.clock import FixedClock
from common.database import Database
from common.outbox import OutboxRow, enqueue, job
from common.together import put_together

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database_kind", ["postgres"])]
SAME_MOMENT = text("SELECT now() = statement_timestamp()")
"""True in a statement that stands alone; in a transaction `now` is when that began."""


@pytest.fixture
async def alone(db: Database) -> AsyncIterator[Database]:
    """With one connection, so that everything takes turns on it."""
    made = Database(db.url, pool_size=1)
    yield made
    await made.close()


async def test_statements_of_a_reading_stand_alone(alone: Database) -> None:
    async with alone.read() as session:
        connection = await session.connection()
        assert [(await connection.execute(SAME_MOMENT)).scalar_one() for _ in range(2)] == [True, True]


async def test_statements_of_a_snapshot_and_of_a_writing_do_not(alone: Database) -> None:
    for begun in (alone.snapshot, alone.write):
        async with begun() as session:
            connection = await session.connection()
            assert [(await connection.execute(SAME_MOMENT)).scalar_one() for _ in range(2)] == [False, False]


async def test_a_snapshot_sees_nothing_of_what_comes_after_and_leaves_nothing_behind(
    db: Database, alone: Database, fixed_clock: FixedClock
) -> None:
    count, level = select(func.count()).select_from(OutboxRow), text("SHOW transaction_isolation")
    async with alone.snapshot() as session:
        assert (await session.exec(count)).one() == 0
        await put_together(db, job("note", "1", "{}", fixed_clock.now()), (), ())
        assert (await session.exec(count)).one() == 0
    async with alone.write() as session:
        assert (await (await session.connection()).execute(level)).scalar_one() == "read committed"
        assert (await session.exec(count)).one() == 1


async def test_what_fails_after_a_reading_leaves_nothing(alone: Database, fixed_clock: FixedClock) -> None:
    count = select(func.count()).select_from(OutboxRow)

    async def fail() -> None:
        async with alone.write() as session:
            await enqueue(session, "note", "1", "{}", fixed_clock.now())
            raise RuntimeError

    for _ in range(2):
        assert (await alone.ask(count, {}))[0][0] == 0
        with pytest.raises(RuntimeError):
            await fail()
    assert (await alone.ask(count, {}))[0][0] == 0


async def test_a_percent_sign_is_sent_as_it_stands(alone: Database) -> None:
    async with alone.read() as session:
        connection = await session.connection()
        found = await connection.execute(
            text("SELECT '100 %' LIKE '%\\%' AND :given = '%s %(a)s $1'"), {"given": "%s %(a)s $1"}
        )
        assert found.scalar_one() is True


async def test_a_question_that_is_broken_off_is_given_up_and_its_connection_used_again(
    db: Database, alone: Database
) -> None:
    waiting = asyncio.create_task(alone.ask(select(func.pg_sleep(60)), {}))
    running = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()"
    )
    while (await db.ask(running, {}))[0][0] == 0:
        assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await db.ask(running, {}))[0][0] == 0
    assert (await asyncio.wait_for(alone.ask(select(func.length("abc")), {}), timeout=5))[0][0] == 3
