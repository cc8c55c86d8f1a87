"""Processes that do deeds and seal them, killed at once with SIGKILL: the chain stays whole and goes on."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import col, func, select

from api.audit.heads import Heads
from api.audit.sealer import LEASE, Sealer
from api.audit.tables import AuditRow
from api.audit.verify import verify
from common.clock import FixedClock, SystemClock
from common.crypto import Cipher
from common.database import Database

ROOT = Path(__file__).parents[3]


@contextmanager
def process(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    arguments = [sys.executable, "-m", "tests.api.audit.sealing", url, str(folder)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


async def sealed(db: Database) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).where(col(AuditRow.seq).is_not(None)))).one()


async def test_of_two_processes_that_race_one_is_killed_and_nobody_notices(db: Database, tmp_path: Path) -> None:
    url = db.url.render_as_string(hide_password=False)
    cipher = Cipher.of_folder(tmp_path, "demo")
    chance = random.Random(1912)  # noqa: S311 - the same moments each time
    with process(url, tmp_path) as one, process(url, tmp_path) as other:
        for started in (one, other):
            assert started.stdout is not None
            assert started.stdout.readline() == "begins\n"
        for killed in (one, other):
            goal = await sealed(db) + chance.randrange(20, 60)
            while await sealed(db) < goal:
                assert other.poll() is None
            killed.kill()
            killed.wait()
    clock = FixedClock(SystemClock().now() + LEASE)
    heir = Sealer(db, clock, cipher, Heads(tmp_path, cipher))
    while await heir.seal_once():
        clock.advance(LEASE)
    found = await verify(db, cipher, Heads(tmp_path, cipher))
    assert (found.fault, found.unsealed) == (None, 0)
    assert found.sealed % 5 == 0
    assert found.sealed >= 40
