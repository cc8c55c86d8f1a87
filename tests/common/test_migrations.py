"""The schema: made by the migrations alone, the same as the tables in the code, on both databases, by one process at a time."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import api.app
import api.sealed
import api.worker
import bot.clients.matrix.tables
import bot.clients.telegram.tables
import bot.gateways.tables
import bot.practice.tables
from common.database import Database

TABLES = (
    api.app,
    api.sealed,
    api.worker,
    bot.gateways.tables,
    bot.clients.matrix.tables,
    bot.clients.telegram.tables,
    bot.practice.tables,
)
"""Imported so that every table is known."""


async def test_an_empty_database_gets_exactly_the_tables_of_the_code(database_url: str) -> None:
    assert TABLES
    await migrated(database_url)
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    await migrated(database_url)
    await migrated(database_url)
    assert "message" in await tables(database_url)


async def test_processes_that_start_together_migrate_once(database_url: str) -> None:
    await asyncio.gather(*(migrated(database_url) for _ in range(4)))
    found = await tables(database_url)
    assert {"outbox", "message", "event", "bot_conversation"} <= found


async def test_a_version_starts_again_on_tables_that_the_next_version_has_brought_up_to_date(database_url: str) -> None:
    await migrated(database_url)
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        await connection.exec_driver_sql("ALTER TABLE message ADD COLUMN of_the_next_version VARCHAR")
    await engine.dispose()
    await migrated(database_url)
    assert "message" in await tables(database_url)


async def migrated(url: str) -> None:
    database = Database(url, busy_seconds=60)
    await database.migrate()
    await database.close()


async def tables(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    await engine.dispose()
    return found


def differences(connection: Connection) -> list[object]:
    """What autogenerate would change. The bot names its indexes in its migration only."""
    context = MigrationContext.configure(connection, opts={"compare_type": compare_types})
    found = compare_metadata(context, SQLModel.metadata)
    return [change for change in found if not (change[0] == "remove_index" and change[1].name.startswith("bot_"))]


def compare_types(
    _context: object, _inspected: object, _metadata: object, found: object, wanted: object
) -> bool | None:
    """None leaves it to the default; text of different lengths is the same text."""
    texts = all("CHAR" in str(kind).upper() or "TEXT" in str(kind).upper() for kind in (found, wanted))
    return False if texts else None


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_sqlite_is_set_up_to_lose_nothing(db: Database) -> None:
    async with db.read() as session:
        connection = await session.connection()
        for pragma, wanted in [
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("busy_timeout", 5000),
        ]:
            found = (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one()
            assert (pragma, found) == (pragma, wanted)
