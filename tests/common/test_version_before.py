"""A release runs on the next one's tables: the release before this, as it was, does its daily work on a database that this one has migrated.

It is taken out of the repository's history; where there is none (an unpacked archive) the test says so and is skipped.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.database import Database
from tests.support.api import fill_with_demo

BEFORE = "be18340"
"""The release before: its last revision of the schema is 0003."""
ROOT = Path(__file__).parents[2]
ROOMS = ("api", "bot", "common", "knowledge", "migrations", "triage", "tests/support", "tests/__init__.py", "lots.py")
DAY = """
import asyncio, json, sys
from datetime import timedelta
from pathlib import Path

from api.app import create_app
from api.staff.service import bot_key
from common.clock import FixedClock
from common.crypto import Cipher
from common.database import Database
from common.settings import Settings
from tests.support.api import NURSE, RECEIVER, RECEIVING_UNIT, Desk, shared_knowledge
from tests.support.databases import START

async def day(url, folder):
    settings = Settings(data_dir=Path(folder), base_url="http://lots.test")
    clock, db = FixedClock(START), Database(url)
    app = create_app(settings, clock, db, shared_knowledge(), Cipher.of_folder(settings.data_dir, "demo"))
    desk = Desk(app, clock, await bot_key(app.state.api))
    message, late = await desk.handed_over(), await desk.handed_over()
    seen = [len(await desk.inbox())]
    for path, body in ((f"/messages/{message}/acknowledgement", {}), (f"/messages/{message}/answers", {"text": "Ja"})):
        seen.append((await desk.call("POST", path, by=RECEIVER, body=body)).status_code)
    seen.append((await desk.call("GET", f"/messages/{message}")).json()["status"])
    desk.clock.advance(timedelta(days=10))
    await desk.work()
    seen.append((await desk.happened(NURSE)).count("message_overdue"))
    await db.close()
    print(json.dumps(seen))

asyncio.run(day(sys.argv[1], sys.argv[2]))
"""


def release(folder: Path) -> None:
    """The code of the release before, in the folder."""
    found = subprocess.run(
        ["git", "archive", "--format=tar", BEFORE, "--", *ROOMS], cwd=ROOT, capture_output=True, check=False
    )
    if found.returncode:
        pytest.skip(f"no history here that holds {BEFORE}: the release before cannot be tried")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=found.stdout, check=True)


def a_day(code: Path, url: str, data: Path) -> subprocess.CompletedProcess[str]:
    """The release before at work."""
    return subprocess.run(
        [sys.executable, "-c", DAY, url, str(data)],
        cwd=code,
        env={**os.environ, "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_the_release_before_hands_over_reads_answers_and_reminds_on_this_ones_tables(
    database_url: str, tmp_path: Path
) -> None:
    code, data = tmp_path / "before", tmp_path / "data"
    code.mkdir()
    data.mkdir()
    release(code)
    database = Database(database_url, busy_seconds=60)
    await database.migrate()
    await fill_with_demo(database)
    await database.close()
    done = await asyncio.to_thread(a_day, code, database_url, data)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [2, 201, 201, "answered", 1]
