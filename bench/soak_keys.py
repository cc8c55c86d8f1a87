"""`lots keys rotate` killed three times in the middle and resumed, then `lots backup` and `lots restore` into an empty place, on SQLite and PostgreSQL.

Everything that is sealed is opened before and after, and the restored database is compared row by row with the one that was backed up.
`python -m bench.soak_keys 60` for fewer messages.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from api.audit.tables import AuditRow
from api.enrolment.tables import ChatAccountRow
from api.events.tables import EpochRow
from api.keeping.restoring import LEFT_OUT, NUMBERS
from api.messages.tables import NumberRow
from api.staff.tables import ApiKeyRow
from bench.handover import another
from bench.serving import LOTS
from bench.soak import postgres
from commands.vault import sealed_columns
from common.clock import FixedClock, SystemClock
from common.crypto import FILE_NAME, Cipher, Keys
from common.database import Database
from common.settings import Settings
from tests.api.test_at_rest import live
from tests.common.test_backup import Rows, everything
from tests.support.api import a_desk, fill_with_demo
from tests.support.rest import the_rest

MESSAGES: Final = 400
KILLED_AFTER: Final = (1, 5, 3)
"""How many batches a rotation comes to before it is killed."""
HELD: Final = frozenset({str(ApiKeyRow.__tablename__), str(ChatAccountRow.__tablename__)})
"""What a restore holds until it is released."""
ADDED: Final = {str(AuditRow.__tablename__): 1, str(EpochRow.__tablename__): 1}
"""Rows that a restore writes of itself."""


@dataclass(frozen=True)
class Place:
    """A data folder and its database."""

    folder: Path
    url: str = ""

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder, database_url=SecretStr(self.url))

    @property
    def cipher(self) -> Cipher:
        return Cipher(Keys.load(self.folder / FILE_NAME))

    def command(self, *words: str) -> list[str]:
        return [str(LOTS), *words]

    @property
    def env(self) -> dict[str, str]:
        given = {**os.environ, "LOTS_DATA_DIR": str(self.folder), "PYTHONUNBUFFERED": "1"}
        return given | ({"LOTS_DATABASE_URL": self.url} if self.url else {})

    def run(self, *words: str) -> str:
        done = subprocess.run(self.command(*words), env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"lots {' '.join(words)}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def killed(self, batches: int, *words: str) -> int:
        """Runs the command until it has said so many lines; the lines it came to."""
        with subprocess.Popen(self.command(*words), env=self.env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = 0
            while lines < batches and process.stdout.readline():
                lines += 1
            process.send_signal(signal.SIGKILL)
        return lines


def main(messages: int = MESSAGES) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        fine = tried("SQLite", *places(Path(folder)), messages)
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        urls = another(server, "used"), another(server, "empty")
        return tried("PostgreSQL", *places(Path(folder), *urls), messages) and fine


def places(folder: Path, url: str = "", other: str = "") -> tuple[Place, Place]:
    used, empty = Place(folder / "used", url), Place(folder / "empty", other)
    used.folder.mkdir()
    empty.folder.mkdir()
    Keys.load_or_create(used.folder, "demo")
    return used, empty


def tried(name: str, used: Place, empty: Place, messages: int) -> bool:
    asyncio.run(lived(used, messages))
    before = asyncio.run(opened(used))
    old = used.cipher.current_key
    cut = [used.killed(batches, "keys", "rotate", "--settle", "0") for batches in KILLED_AFTER]
    halfway = asyncio.run(opened(used)) == before
    said = used.run("keys", "rotate", "--settle", "0")
    after = asyncio.run(opened(used))
    rotated = halfway and after == before and old not in used.cipher.key_ids and "resumed" in said
    print(f"{name:11} rotation killed after {cut} batches, resumed: {len(before)} values open as before: {rotated}")
    file = used.folder / "backup.zip"
    used.run("backup", str(file))
    rows, wanted = asyncio.run(dumped(used)), asyncio.run(opened(used))
    shutil.copy(used.folder / FILE_NAME, empty.folder / FILE_NAME)
    empty.run("restore", str(file))
    again = asyncio.run(dumped(empty))
    wrong = differences(rows, again)
    whole = asyncio.run(opened(empty)) == wanted and not wrong
    many = sum(len(table) for table in rows.values())
    print(
        f"{'':11} restored: {many} rows in {len(rows)} tables, {len(wanted)} values opened, the same: {whole} {wrong}"
    )
    print(f"{'':11} audit: {empty.run('audit', 'verify').strip().splitlines()[-1]}", flush=True)
    return rotated and whole


async def lived(place: Place, messages: int) -> None:
    """Something in every table, and so many messages."""
    db = Database(place.settings.url)
    await db.migrate()
    await fill_with_demo(db)
    await db.close()
    url = place.settings.url.render_as_string(hide_password=False)
    async with a_desk(url, place.settings, FixedClock(SystemClock().now()), place.cipher) as desk:
        await live(desk)
        await the_rest(desk)
        for _ in range(messages):
            await desk.handed_over()


async def opened(place: Place) -> dict[tuple[str, str, str], str]:
    """Every sealed value in words, by table, column and place."""
    db, cipher = Database(place.settings.url), place.cipher
    found: dict[tuple[str, str, str], str] = {}
    try:
        async with db.read() as session:
            connection = await session.connection()
            for one in sealed_columns():
                for row in (await connection.execute(one.rows.select().where(one.filled()))).all():
                    where = one.place(row)
                    found[one.table, one.column, where] = cipher.open(row._mapping[one.column], where)
    finally:
        await db.close()
    return found


async def dumped(place: Place) -> Rows:
    db = Database(place.settings.url)
    try:
        return await everything(db)
    finally:
        await db.close()


def differences(rows: Rows, again: Rows) -> list[str]:
    """Tables that are not as they were, but for what is left out and what a restore adds and passes over."""
    wrong = [] if rows.keys() == again.keys() else ["other tables"]
    for table, were in rows.items():
        now = again[table]
        if table in LEFT_OUT:
            were = []  # noqa: PLW2901 - nobody is signed in by a restore
        if table == NumberRow.__tablename__:
            were = [{**row, "next": int(str(row["next"])) + NUMBERS} for row in were]  # noqa: PLW2901
        if table in HELD:
            if not any(row["held_at"] for row in now):
                wrong.append(f"{table}: nothing waits for its release")
            now = [{**row, "held_at": None} for row in now]
        lost = [row for row in were if row not in now]
        if lost or len(now) != len(were) + ADDED.get(table, 0):
            wrong.append(f"{table}: {len(lost)} lost of {len(were)}, {len(now)} there")
    return wrong


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
