"""The whole house on each database, for the clients' tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.clock import FixedClock
from common.database import Database
from common.settings import Settings
from tests.support.house import ADDRESS, House, open_house


@pytest.fixture
async def house(db: Database, fixed_clock: FixedClock, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(db, fixed_clock, Settings(data_dir=tmp_path, base_url=ADDRESS)) as opened:
        yield opened
