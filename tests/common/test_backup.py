"""Backup and restore: from each database into each, compared row for row; refused where they would do harm."""

import asyncio
import errno
import hashlib
import json
import os
import stat
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from sqlmodel import select

from api.audit.heads import Heads
from api.audit.sealer import Sealer
from api.audit.service import Action, note_system
from api.audit.tables import AuditRow
from api.audit.verify import verify
from api.keeping.restoring import EPOCH, LEFT_OUT, NUMBERS, make_fit, release
from api.sealed import SEALED as IN_API
from api.worker import handlers
from bot.gateways.tables import ConversationRow, IncomingRow
from bot.sealed import SEALED as IN_BOT
from common.backup import BATCH, Manifest, Source, backup, read_manifest, restore
from common.crypto import Cipher, Keys
from common.database import Database
from common.errors import BackupBroken, BackupRefused
from common.outbox import OutboxRow, Worker, enqueue, held
from tests.api.test_at_rest import live
from tests.support.api import CANARY_TEXT, NURSE, RECEIVER, Desk, a_desk, cipher, desk, local_desk, settings
from tests.support.databases import START, new_database
from tests.support.rest import the_rest

__all__ = ["cipher", "desk", "local_desk", "settings"]

SEALED = (*IN_API, *IN_BOT)
CHANGED = {"outbox": {"claimed_until", "claimed_by"}, "audit_head": {"held_until"}}
"""What a restore changes in rows: held work, and who seals."""
Rows = dict[str, list[dict[str, object]]]
NewUrl = Callable[[str], str]


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """The URL of a database that was never used, of the kind asked for."""
    made: list[object] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            folder = tmp_path / f"other{len(made)}"
            folder.mkdir()
            made.append(folder)
            return f"sqlite+aiosqlite:///{folder / 'lots.sqlite3'}"
        manager = new_database(request.getfixturevalue("postgres_server"))
        made.append(manager)
        request.addfinalizer(lambda: manager.__exit__(None, None, None))
        return manager.__enter__()

    return make


def source(desk: Desk) -> Source:
    return Source(desk.api.db, desk.api.cipher, SEALED, LEFT_OUT)


async def backed_up(desk: Desk, file: Path) -> Manifest:
    return await backup(source(desk), file, desk.clock.now(), "0.1.0")


@asynccontextmanager
async def restored(url: str, cipher: Cipher, file: Path) -> AsyncIterator[Database]:
    db = Database(url)
    try:
        await restore(db, cipher, file)
        yield db
    finally:
        await db.close()


async def everything(db: Database) -> Rows:
    found: Rows = {}
    async with db.snapshot() as session:
        connection = await session.connection()
        meta = MetaData()
        await connection.run_sync(meta.reflect)
        for table in meta.sorted_tables:
            rows = (await connection.execute(table.select().order_by(*table.primary_key.columns))).mappings().all()
            left = CHANGED.get(table.name, set())
            found[table.name] = [{k: same(v) for k, v in row.items() if k not in left} for row in rows]
    return found


def same(value: object) -> object:
    """Moments without their zone: SQLite keeps none, PostgreSQL gives the session's."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value


async def full(desk: Desk, folder: Path) -> None:
    """Something in every table that can hold something, and a sealed audit."""
    await live(desk)
    await the_rest(desk)
    sealer = Sealer(desk.api.db, desk.clock, desk.api.cipher, Heads(folder, desk.api.cipher))
    await sealer.seal_once()
    await sealer.release()


@pytest.mark.parametrize("target", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_what_is_restored_is_what_was_backed_up_row_for_row(
    desk: Desk, target: str, new_url: NewUrl, tmp_path: Path
) -> None:
    await full(desk, tmp_path)
    before = await everything(desk.api.db)
    manifest = await backed_up(desk, tmp_path / "b.zip")
    async with restored(new_url(target), desk.api.cipher, tmp_path / "b.zip") as db:
        after = await everything(db)
    for left_out in LEFT_OUT:
        before[left_out] = []
    assert after == before
    assert {name: len(rows) for name, rows in after.items() if name in manifest.tables} == {
        name: table.rows for name, table in manifest.tables.items()
    }
    assert manifest.tables.keys() | set(LEFT_OUT) | {"alembic_version"} == after.keys()
    assert manifest.tables["message"].rows == 3


@pytest.mark.parametrize("target", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_a_restored_database_goes_on(desk: Desk, target: str, new_url: NewUrl, tmp_path: Path) -> None:
    await full(desk, tmp_path)
    message = await desk.handed_over()
    cursor = str((await desk.events(by=None))[-1]["cursor"])
    told = len(await desk.events(by=None))
    await backed_up(desk, tmp_path / "b.zip")
    lost = await desk.handed_over()
    beyond = str((await desk.events(by=None))[-1]["cursor"])
    url = new_url(target)
    async with restored(url, desk.api.cipher, tmp_path / "b.zip") as db:
        await make_fit(db, Heads(tmp_path, desk.api.cipher), desk.clock.now())
    async with a_desk(url, desk.api.settings, desk.clock, desk.api.cipher) as again:
        assert (await again.call("GET", f"/messages/{message}", by=RECEIVER)).json()["sections"][0][
            "text"
        ] == CANARY_TEXT
        assert (await again.call("GET", f"/messages/{lost}", by=RECEIVER)).status_code == 404
        assert len(await again.events(by=None)) == told
        assert await again.events(by=None, after=cursor) == []
        response = await again.hand_over(key="after-the-restore")
        new = response.json()["id"]
        assert int(response.json()["number"][-6:]) > NUMBERS
        for held_before in (cursor, beyond):
            assert [event["message_id"] for event in await again.events(by=None, after=held_before)] == [new]
        assert int(str((await again.events(by=None))[-1]["cursor"]).split(".")[0]) >= EPOCH


async def test_restored_outgoing_work_waits_until_it_is_released(
    local_desk: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    await local_desk.handed_over()
    await backed_up(local_desk, tmp_path / "b.zip")
    url = new_url("sqlite")
    async with restored(url, local_desk.api.cipher, tmp_path / "b.zip") as db, db.read() as session:
        assert await held(session) == 2
    local_desk.clock.advance(timedelta(days=30))
    async with a_desk(url, local_desk.api.settings, local_desk.clock, local_desk.api.cipher) as again:
        assert await again.work() == 0
        async with again.api.db.write() as session:
            await enqueue(session, "message.overdue", "new", "new", again.clock.now())
        assert await Worker(again.api.db, again.clock, handlers(again.api)).run_once() == 1
        assert await release(again.api.db, again.clock.now()) == 2
        assert await again.work() == 2
        assert "message_overdue" in await again.happened(by=None)


async def test_the_audit_says_what_a_restore_left_behind_and_stays_whole(
    local_desk: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    api, heads = local_desk.api, Heads(tmp_path, local_desk.api.cipher)
    await full(local_desk, tmp_path)
    await backed_up(local_desk, tmp_path / "b.zip")
    async with api.db.write() as session:
        for _ in range(7):
            note_system(session, local_desk.clock.now(), Action.READ, None, None)
    sealer = Sealer(api.db, local_desk.clock, api.cipher, heads)
    await sealer.seal_once()
    await sealer.release()
    async with restored(new_url("sqlite"), api.cipher, tmp_path / "b.zip") as db:
        assert "cut off" in str((await verify(db, api.cipher, heads)).fault)
        await make_fit(db, heads, local_desk.clock.now())
        await Sealer(db, local_desk.clock, api.cipher, heads).seal_once()
        found = await verify(db, api.cipher, heads)
        assert (found.fault, found.lost_in_restores, found.unsealed) == (None, 7, 0)
        async with db.read() as session:
            assert (await session.exec(select(AuditRow).where(AuditRow.action == Action.RESTORE))).one().seq


async def test_a_backup_is_of_one_moment_while_others_write(desk: Desk, tmp_path: Path) -> None:
    """Each deed writes one audit row and one job; a backup never holds the one without the other."""

    async def write(stop: asyncio.Event) -> int:
        count = 0
        while not stop.is_set():
            async with desk.api.db.write() as session:
                note_system(session, desk.clock.now(), Action.READ, None, f"pair{count}")
                await enqueue(session, "pair", f"pair{count}", "", desk.clock.now())
            count += 1
        return count

    stop = asyncio.Event()
    writing = asyncio.create_task(write(stop))
    pairs = []
    for number in range(4):
        file = tmp_path / f"{number}.zip"
        await backed_up(desk, file)
        with zipfile.ZipFile(file) as archive:
            deeds = archive.read("audit.jsonl").decode().count('"pair')
            jobs = archive.read("outbox.jsonl").decode().count('"kind": "pair"')
        assert deeds == jobs
        pairs.append(deeds)
    stop.set()
    assert await writing >= pairs[-1] > 0


async def test_tables_of_many_pages_are_backed_up_whole(
    db: Database, new_url: NewUrl, cipher: Cipher, tmp_path: Path
) -> None:
    many = 2 * BATCH + 3
    async with db.write() as session:
        session.add(ConversationRow(id="web:1", client="web", staff_id=NURSE, touched_at=START))
        await session.flush()
        session.add_all(
            IncomingRow(conversation_id="web:1", message_id=f"m{n * 7919 % many}", at=START) for n in range(many)
        )
    manifest = await backup(Source(db, cipher, SEALED, LEFT_OUT), tmp_path / "b.zip", START, "0.1.0")
    assert manifest.tables["bot_incoming"].rows == many
    before = await everything(db)
    async with restored(new_url("sqlite"), cipher, tmp_path / "b.zip") as other:
        assert (await everything(other))["bot_incoming"] == before["bot_incoming"]


async def test_the_file_is_for_its_owner_holds_no_key_and_no_words_and_is_never_overwritten(
    local_desk: Desk, tmp_path: Path
) -> None:
    await full(local_desk, tmp_path)
    file = tmp_path / "b.zip"
    manifest = await backed_up(local_desk, file)
    assert mode(file) == 0o600
    assert set(manifest.keys) == {local_desk.api.cipher.current_key, *local_desk.api.cipher.fixed_ids}
    with zipfile.ZipFile(file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert CANARY_TEXT not in content
    with pytest.raises(BackupRefused, match="never overwritten"):
        await backed_up(local_desk, file)
    with pytest.raises(BackupRefused, match="cannot be written"):
        await backed_up(local_desk, tmp_path / "missing" / "b.zip")
    assert names(tmp_path, "*b.zip*") == ["b.zip"]


async def test_a_backup_whose_name_is_not_on_the_disk_is_refused_and_leaves_nothing(
    local_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "input/output error")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(BackupRefused, match="input/output"):
        await backed_up(local_desk, tmp_path / "b.zip")
    assert names(tmp_path, "*b.zip*") == []


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def names(folder: Path, pattern: str) -> list[str]:
    return sorted(file.name for file in folder.glob(pattern))


async def test_a_restore_without_the_key_is_refused_with_its_id_and_leaves_nothing(
    local_desk: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    await local_desk.handed_over()
    await backed_up(local_desk, tmp_path / "b.zip")
    db = Database(new_url("sqlite"))
    with pytest.raises(BackupRefused, match=local_desk.api.cipher.current_key):
        await restore(db, Cipher(Keys.new()), tmp_path / "b.zip")
    async with db.read() as session:
        assert (
            await (await session.connection()).execute(text("SELECT count(*) FROM sqlite_master"))
        ).scalar_one() == 0
    await db.close()


async def test_a_database_that_is_not_empty_is_not_touched(desk: Desk, tmp_path: Path) -> None:
    await desk.handed_over()
    await backed_up(desk, tmp_path / "b.zip")
    before = await everything(desk.api.db)
    with pytest.raises(BackupRefused, match="not empty"):
        await restore(desk.api.db, desk.api.cipher, tmp_path / "b.zip")
    assert await everything(desk.api.db) == before


async def test_an_empty_database_with_tables_can_be_restored_into(local_desk: Desk, tmp_path: Path) -> None:
    await local_desk.handed_over()
    await backed_up(local_desk, tmp_path / "backup.zip")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    db = Database(f"sqlite+aiosqlite:///{fresh / 'lots.sqlite3'}")
    await db.migrate()
    assert (await restore(db, local_desk.api.cipher, tmp_path / "backup.zip")).tables["message"].rows == 1
    await db.close()


@contextmanager
def rewritten(file: Path, **members: bytes) -> Iterator[Path]:
    """A copy of the backup with other content in some of its members."""
    other = file.with_name("rewritten.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, members.get(name.partition(".")[0], old.read(name)))
    yield other
    other.unlink()


def broken(file: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    with zipfile.ZipFile(file) as archive:
        messages, manifest = archive.read("message.jsonl"), json.loads(archive.read("manifest.json"))
    yield "not what the manifest says", {"message": messages.replace(b"halland-2024", b"halland-2021", 1)}
    yield "not what the manifest says", {"message": b""}
    yield "cannot be read", {"message": b"{\n"}
    yield "cannot be read", {"message": b"[]\n"}
    yield "no backup of Lots", {"manifest": b"{}"}
    wrong = {**manifest["tables"]["message"], "sha256": hashlib.sha256(b"").hexdigest()}
    manifest["tables"]["message"] = wrong
    yield "not what the manifest says", {"manifest": json.dumps(manifest).encode()}


async def test_a_backup_that_was_changed_or_cut_off_is_refused_whole(
    local_desk: Desk, new_url: NewUrl, tmp_path: Path
) -> None:
    await local_desk.handed_over()
    file = tmp_path / "b.zip"
    await backed_up(local_desk, file)
    db = Database(new_url("sqlite"))
    for reason, members in broken(file):
        with rewritten(file, **members) as other, pytest.raises(BackupBroken, match=reason):
            await restore(db, local_desk.api.cipher, other)
    half = tmp_path / "half.zip"
    half.write_bytes(whole(file)[:5000])
    with pytest.raises(BackupBroken, match="cut off"):
        await restore(db, local_desk.api.cipher, half)
    with pytest.raises(BackupBroken, match="No such file"):
        read_manifest(tmp_path / "none.zip")
    assert (await restore(db, local_desk.api.cipher, file)).tables["message"].rows == 1
    await db.close()


def whole(file: Path) -> bytes:
    return file.read_bytes()


async def test_a_backup_of_a_newer_schema_is_refused(local_desk: Desk, new_url: NewUrl, tmp_path: Path) -> None:
    await backed_up(local_desk, tmp_path / "b.zip")
    manifest = read_manifest(tmp_path / "b.zip").model_copy(update={"schema_version": "9999", "lots": "7.0"})
    db = Database(new_url("sqlite"))
    with (
        rewritten(tmp_path / "b.zip", manifest=manifest.model_dump_json().encode()) as other,
        pytest.raises(BackupRefused, match=r"schema 9999.*Use Lots 7\.0"),
    ):
        await restore(db, local_desk.api.cipher, other)
    await db.close()


async def test_a_backup_of_an_older_schema_is_brought_up_to_date(
    new_url: NewUrl, tmp_path: Path, cipher: Cipher
) -> None:
    old = Database(new_url("sqlite"))
    await old.migrate("0002")
    async with old.write() as session:
        await enqueue(session, "k", "a", "", START)
        await (await session.connection()).execute(
            text(
                "INSERT INTO audit (id, at, action, actor) VALUES ('a', '2026-03-04 09:30:00.000000', 'read', 'system')"
            )
        )
    manifest = await backup(Source(old, cipher, (), ()), tmp_path / "b.zip", START, "0.1.0")
    await old.close()
    assert manifest.schema_version == "0002"
    async with restored(new_url("sqlite"), cipher, tmp_path / "b.zip") as db, db.read() as session:
        row = (await session.exec(select(AuditRow))).one()
        assert (row.at, row.seq) == (START, None)
        assert (await session.exec(select(OutboxRow.key))).one() == "a"
