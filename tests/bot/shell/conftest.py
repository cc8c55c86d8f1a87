"""A chat on each database, with the centre that obeys simple words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import FixedClock
from common.database import Database
from knowledge.bundle import Knowledge
from tests.support.api import shared_knowledge, shared_reader
from tests.support.chat import ChatWorld, MemoryMessageApi
from triage.reading import Reader


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return shared_knowledge()


@pytest.fixture(scope="session")
def reader(knowledge: Knowledge) -> Reader:
    return shared_reader()


@pytest.fixture
def world(db: Database, fixed_clock: FixedClock, knowledge: Knowledge, reader: Reader) -> ChatWorld:
    return ChatWorld(db, fixed_clock, knowledge, reader, MemoryMessageApi())


@pytest.fixture
async def file_world(
    tmp_path: Path, fixed_clock: FixedClock, knowledge: Knowledge, reader: Reader
) -> AsyncIterator[ChatWorld]:
    """On SQLite only: a database that is a file, which can be taken away."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'lots.sqlite3'}")
    await database.migrate()
    yield ChatWorld(database, fixed_clock, knowledge, reader, MemoryMessageApi())
    await database.close()
