"""Key rotation: interrupted and resumed, with processes that go on writing, until nothing uses the old key."""

import ast
import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from sqlmodel import col, select

import api
import bot
from api.drafts.tables import DraftRow
from api.messages.tables import MessageRow
from api.sealed import SEALED as IN_API
from bot.gateways.tables import ConversationRow, LineRow
from bot.sealed import SEALED as IN_BOT
from common.crypto import FILE_NAME, Cipher, Keys
from common.database import Database
from common.errors import KeysMissing, RotationUnfinished, UnknownKey
from common.outbox import OutboxRow, enqueue
from common.rotation import Progress, Rotated, alone, rotate
from tests.api.test_at_rest import live
from tests.support.api import Desk, desk, settings
from tests.support.databases import START
from tests.support.rest import the_rest

__all__ = ["desk", "settings"]

SEALED = (*IN_API, *IN_BOT)
ROOMS = (Path(str(api.__file__)).parent, Path(str(bot.__file__)).parent)


class Stopped(Exception):  # noqa: N818 - the test's own interruption
    pass


async def no_wait() -> None:
    return


def quiet(_progress: Progress) -> None:
    return


@pytest.fixture
def file(tmp_path: Path) -> Path:
    Keys.load_or_create(tmp_path, "demo")
    return tmp_path / FILE_NAME


@pytest.fixture
def cipher(file: Path) -> Cipher:
    """The desk's, with keys in a file."""
    return Cipher.of_folder(file.parent, "demo")


def test_a_rotated_key_file_is_for_its_owner_only(file: Path) -> None:
    Keys.load(file).with_new().save_over(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [FILE_NAME]


def test_a_key_file_that_cannot_be_replaced_is_said_so_and_stands(tmp_path: Path) -> None:
    folder = tmp_path / "keys.json"
    folder.mkdir()
    (folder / "x").touch()
    with pytest.raises(KeysMissing, match="cannot be replaced"):
        Keys.new().save_over(folder)
    with pytest.raises(KeysMissing, match="cannot be written anew"):
        Keys.new().save_over(tmp_path / "missing" / "keys.json")
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


async def fill(db: Database, cipher: Cipher, number: int = 25) -> None:
    """Conversations, lines and queued work with words in each."""
    async with db.write() as session:
        for index in range(number):
            name = f"web:{index:03}"
            state = cipher.seal(f"läge {index}", f"bot_conversation:{name}")
            session.add(ConversationRow(id=name, client="web", staff_id="s", sealed=state, touched_at=START))
            await session.flush()
            line = cipher.seal(f"rad {index}", f"bot_line:{name}:1")
            session.add(LineRow(conversation_id=name, number=1, author="a", cause="c", tone="t", sealed=line, at=START))
            key = f"{name}/m/0"
            await enqueue(session, "bot.command", key, cipher.seal(f"order {index}", f"outbox:{key}"), START)
            await enqueue(session, "message.overdue", name, name, START)


async def words(db: Database, cipher: Cipher) -> list[str]:
    found: list[str] = []
    async with db.read() as session:
        connection = await session.connection()
        for one in IN_BOT:
            rows = (await connection.execute(one.rows.select().where(one.filled()).order_by(*one.key))).all()
            found += [cipher.open(row._mapping[one.column], one.place(row)) for row in rows]
    return found


async def test_everything_is_sealed_anew_and_the_old_key_dropped(db: Database, file: Path) -> None:
    before = Keys.load(file)
    await fill(db, Cipher(before))
    said = await words(db, Cipher(before))
    done = await rotate(db, file, IN_BOT, settle=no_wait, say=quiet, batch=10)
    after = Keys.load(file)
    assert done == Rotated(after.current, (before.current,), resumed=False, values=75)
    assert set(after.seal) == {after.current} != {before.current}
    assert (after.lookup, after.audit) == (before.lookup, before.audit)
    assert await words(db, Cipher(after)) == said
    assert len(said) == 75
    with pytest.raises(UnknownKey, match=after.current):
        await words(db, Cipher(before))


async def test_a_rotation_interrupted_three_times_ends_as_if_it_never_was(db: Database, file: Path) -> None:
    before = Keys.load(file)
    await fill(db, Cipher(before))
    said = await words(db, Cipher(before))
    current: set[str] = set()
    for stop_after in (1, 3, 2):
        with pytest.raises(Stopped):
            await rotate(db, file, IN_BOT, settle=no_wait, say=stopping(stop_after), batch=10)
        halfway = Keys.load(file)
        current.add(halfway.current)
        assert before.current in halfway.seal
        assert await words(db, Cipher(halfway)) == said
    done = await rotate(db, file, IN_BOT, settle=no_wait, say=quiet, batch=10)
    assert done.resumed
    assert {done.current} == current
    assert 0 < done.values < 75
    assert await words(db, Cipher(Keys.load(file))) == said
    assert set(Keys.load(file).seal) == {done.current}


def stopping(after: int) -> "Counter":
    return Counter(after)


class Counter:
    """Stops the rotation after so many batches, as a signal would."""

    def __init__(self, after: int) -> None:
        self._left = after

    def __call__(self, _progress: Progress) -> None:
        self._left -= 1
        if self._left == 0:
            raise Stopped


async def test_a_rotation_cancelled_anywhere_can_be_resumed(db: Database, file: Path) -> None:
    await fill(db, Cipher(Keys.load(file)), number=10)
    said = await words(db, Cipher(Keys.load(file)))
    for steps in range(1, 60, 7):
        work = asyncio.create_task(rotate(db, file, IN_BOT, settle=no_wait, say=quiet, batch=3))
        for _ in range(steps):
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert await words(db, Cipher(Keys.load(file))) == said
    await rotate(db, file, IN_BOT, settle=no_wait, say=quiet)
    assert await words(db, Cipher(Keys.load(file))) == said
    assert len(Keys.load(file).seal) == 1


async def test_running_processes_follow_the_key_file_and_lose_nothing(db: Database, file: Path) -> None:
    running = Cipher.of_folder(file.parent, "demo")
    old = running.current_key
    await fill(db, running, number=5)
    late = running.seal("sent", "bot_conversation:late")

    async def writes_what_it_sealed_before() -> None:
        async with db.write() as session:
            session.add(ConversationRow(id="late", client="web", staff_id="s", sealed=late, touched_at=START))
        assert running.seal("nu", "x").startswith(running.current_key)
        assert running.current_key != old

    done = await rotate(db, file, IN_BOT, settle=writes_what_it_sealed_before, say=quiet)
    assert done.values == 16
    assert "sent" in await words(db, running)
    with pytest.raises(UnknownKey):
        Cipher(Keys.load(file)).open(late, "bot_conversation:late")


async def test_a_process_that_reads_before_it_writes_learns_of_the_new_key(db: Database, file: Path) -> None:
    running, rotating = Cipher.of_folder(file.parent, "demo"), Keys.load(file).with_new()
    running.seal("x", "y")
    rotating.save_over(file)
    assert running.open(Cipher(rotating).seal("nytt", "p"), "p") == "nytt"


async def test_a_value_that_does_not_open_keeps_the_old_key_and_is_named(db: Database, file: Path) -> None:
    before = Keys.load(file)
    await fill(db, Cipher(before), number=3)
    async with db.write() as session:
        row = await session.get(ConversationRow, "web:001")
        assert row is not None
        row.sealed = f"{before.current}.AAAA"
    with pytest.raises(RotationUnfinished, match=r"bot_conversation\.sealed: 1"):
        await rotate(db, file, IN_BOT, settle=no_wait, say=quiet)
    assert before.current in Keys.load(file).seal


async def test_a_value_written_during_a_batch_is_not_overwritten(db: Database, file: Path) -> None:
    await fill(db, Cipher(Keys.load(file)), number=4)

    def someone_writes(progress: Progress) -> None:
        written.append(progress.values)

    written: list[int] = []
    running = Cipher.of_folder(file.parent, "demo")
    work = asyncio.create_task(rotate(db, file, IN_BOT, settle=no_wait, say=someone_writes, batch=1))
    while not work.done():
        async with db.write() as session:
            row = await session.get(ConversationRow, "web:003", with_for_update=True)
            assert row is not None
            row.sealed = running.seal("skrivet under tiden", "bot_conversation:web:003")
    await work
    assert "skrivet under tiden" in await words(db, Cipher(Keys.load(file)))


def test_two_rotations_at_once_are_refused(file: Path) -> None:
    with alone(file), pytest.raises(KeysMissing, match="Another rotation"), alone(file):
        pass


# ── the registry of sealed columns ──────────────────────────────────────────────────────────────────────────────────


async def test_every_sealed_value_that_a_full_life_leaves_behind_is_in_the_registry(desk: Desk, file: Path) -> None:
    """A column that is missing here would be lost with the old key: add it to `api/sealed.py` or `bot/sealed.py`."""
    await live(desk)
    await the_rest(desk)
    found: set[tuple[str, str]] = set()
    async with desk.api.db.read() as session:
        connection = await session.connection()
        meta = MetaData()
        await connection.run_sync(meta.reflect)
        for table in meta.sorted_tables:
            for row in (await connection.execute(table.select())).all():
                values = row._mapping.items()
                found |= {(table.name, name) for name, value in values if is_sealed(desk.api.cipher, value)}
    assert found == {(one.table, one.column) for one in SEALED}


def is_sealed(cipher: Cipher, value: object) -> bool:
    return isinstance(value, str) and value.startswith(f"{cipher.current_key}.")


def seals(room: Path) -> Iterator[tuple[str, str]]:
    """Where in the code something is sealed, and how its place begins."""
    for file in room.rglob("*.py"):
        source = file.read_text("utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "seal":
                yield f"{room.name}/{file.relative_to(room)}", ast.unparse(node.args[1])


PLACES = {
    "SEAL.format(id=row_id)": "chat_account",
    "_place(name)": "telegram_chat",
    "context": "matrix_room",
    "service.nickname_context(": "exercise_participant",
    "_state_place": "bot_conversation",
    "_line_place": "bot_line",
    "_order_place": "outbox",
    "_card_place": "practice_card",
    "_go_place": "practice_go",
    "f'outbox:": "outbox",
    "f'message:": "message",
    "f'entry:": "entry",
    "f'draft:": "draft",
    "f'import:": "import",
    "f'outage_patient:": "outage_patient",
    "f'outage_sip:": "outage_sip",
    "f'phone_call:": "phone_call",
}

NO_COLUMN = {("api/oidc/flow.py", "SEAL"), ("bot/clients/matrix/device.py", "_PLACE")}
"""In a cookie for some minutes; and in a file of its own, which `lots keys rotate` seals anew."""


def test_every_place_in_the_code_that_seals_is_known_to_the_registry() -> None:
    known = {one.context.split(":")[0] for one in SEALED}
    assert known == set(PLACES.values())
    found = [place for room in ROOMS for place in seals(room)]
    assert len(found) >= len(PLACES)
    unknown = [place for place in found if not any(place[1].startswith(begins) for begins in PLACES)]
    assert set(unknown) == NO_COLUMN, "add the column to the registry, and its place here"


async def test_a_whole_api_reads_the_same_after_a_rotation(desk: Desk, file: Path) -> None:
    old = desk.api.cipher.current_key
    await live(desk)
    async with desk.api.db.read() as session:
        ids = (await session.exec(select(MessageRow.id).order_by(col(MessageRow.id)))).all()
        drafts = (await session.exec(select(DraftRow.sealed))).all()
    before = [opened(desk.api.cipher, row) for row in await rows(desk)]
    await rotate(desk.api.db, file, SEALED, settle=no_wait, say=quiet, batch=2)
    new = Cipher(Keys.load(file))
    assert [opened(new, row) for row in await rows(desk)] == before
    assert (len(ids), len(drafts)) == (3, 1)
    async with desk.api.db.read() as session:
        left = (await session.exec(select(OutboxRow.payload))).all()
    assert not [payload for payload in left if payload.startswith(old)]


async def rows(desk: Desk) -> list[MessageRow]:
    async with desk.api.db.read() as session:
        return list((await session.exec(select(MessageRow).order_by(col(MessageRow.id)))).all())


def opened(cipher: Cipher, row: MessageRow) -> tuple[str, str]:
    return (
        cipher.open(row.consent, f"message:{row.id}:consent"),
        cipher.open(str(row.content), f"message:{row.id}:content"),
    )
