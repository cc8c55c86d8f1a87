"""The `lots` command from outside: what a person can mend is said in words, never as a trace of the program."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.errors import PortMissing
from api.messages.delivery import Delivery
from api.units.tables import DeliverySettingRow
from commands.house import open_house
from common.clock import FixedClock
from common.settings import Settings

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def lots(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import lots; lots.main()", *arguments],
        env={**os.environ, "LOTS_DATA_DIR": str(folder), **settings},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_key_for_a_unit_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    done = lots(tmp_path, "token", "--unit", "halland-finns-inte")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Det finns ingen enhet med id halland-finns-inte i katalogen.\n"


def test_a_setting_that_cannot_be_used_is_said_without_the_password_beside_it(tmp_path: Path) -> None:
    done = lots(tmp_path, "serve", LOTS_PORT="åtta", LOTS_DATABASE_URL="postgresql+psycopg://lots:hemligt@db/lots")
    assert done.returncode == 1
    assert done.stderr.startswith("Lots startar inte med de här inställningarna:\n  - LOTS_PORT: ")
    assert "Traceback" not in done.stderr
    assert "hemligt" not in done.stderr


def test_a_port_that_nobody_has_connected_stops_the_start(tmp_path: Path) -> None:
    async def start(deliveries: list[DeliverySettingRow]) -> None:
        async with open_house(Settings(data_dir=tmp_path), FixedClock(NOON)) as house, house.api.db.write() as session:
            session.add_all(deliveries)

    row = DeliverySettingRow(organisation="Halmstads kommun", channel="sip", delivery=Delivery.PORT)
    asyncio.run(start([row]))
    with pytest.raises(PortMissing):
        asyncio.run(start([]))
