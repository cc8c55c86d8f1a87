"""The whole house for the clients' tests: on SQLite, since clients know no database; the storage's own tests run on both."""

from collections.abc import AsyncIterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.clock import FixedClock
from common.settings import Settings
from tests.support.api import fill_with_demo
from tests.support.databases import Templates, opened
from tests.support.house import ADDRESS, House, open_house


@pytest.fixture
async def house(templates: Templates, fixed_clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    with contextmanager(templates.copy)("sqlite", "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS)
        async with opened(url) as db, open_house(db, fixed_clock, settings) as opened_house:
            yield opened_house


@pytest.fixture
async def house_on_both(
    database_kind: str, templates: Templates, fixed_clock: FixedClock, tmp_path: Path
) -> AsyncIterator[House]:
    with contextmanager(templates.copy)(database_kind, "demo", fill_with_demo, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, base_url=ADDRESS)
        async with opened(url) as db, open_house(db, fixed_clock, settings) as opened_house:
            yield opened_house
