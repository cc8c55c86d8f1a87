"""The audit's chain on both databases: every kind of tampering is found, racing and killed sealers never fork it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, func, select

from api.audit.heads import Heads
from api.audit.sealer import LEASE, Sealer
from api.audit.service import Action, note_system
from api.audit.tables import AuditHeadRow, AuditRow
from api.audit.verify import Verdict, verify
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database

SECOND = timedelta(seconds=1)


class Log:
    """An audit with a sealer, in one data folder."""

    def __init__(self, db: Database, clock: FixedClock, folder: Path, cipher: Cipher) -> None:
        self.db, self.clock, self.cipher = db, clock, cipher
        self.heads = Heads(folder, cipher)
        self.sealer = self.another()

    def another(self, batch: int = 200) -> Sealer:
        return Sealer(self.db, self.clock, self.cipher, self.heads, batch=batch)

    async def deeds(self, number: int) -> None:
        async with self.db.write() as session:
            for index in range(number):
                note_system(session, self.clock.now(), Action.READ, None, f"m{index}")
                self.clock.advance(SECOND)

    async def sealed(self, number: int) -> None:
        await self.deeds(number)
        await self.sealer.seal_once()
        await self.sealer.release()

    async def verdict(self) -> Verdict:
        return await verify(self.db, self.cipher, self.heads)

    async def sql(self, statement: str) -> None:
        async with self.db.write() as session:
            done = await (await session.connection()).execute(text(statement))
            assert done.rowcount > 0


@pytest.fixture
def log_of_deeds(db: Database, fixed_clock: FixedClock, tmp_path: Path) -> Log:
    return Log(db, fixed_clock, tmp_path, Cipher(Keys.new()))


async def test_a_chain_that_nobody_touched_is_whole_and_its_tail_is_reported(log_of_deeds: Log) -> None:
    await log_of_deeds.sealed(5)
    await log_of_deeds.deeds(2)
    assert await log_of_deeds.verdict() == Verdict(sealed=5, unsealed=2, late=0, lost_in_restores=0, fault=None)


async def test_an_audit_without_a_deed_is_whole(log_of_deeds: Log) -> None:
    assert (await log_of_deeds.verdict()).fault is None


CHANGES = {
    "a changed actor": ("UPDATE audit SET actor = 'staff:someone' WHERE seq = 3", "row 3"),
    "a changed unit": ("UPDATE audit SET unit_id = 'halland-vc-ekliden' WHERE seq = 3", "row 3"),
    "a changed message": ("UPDATE audit SET object_id = 'm9' WHERE seq = 5", "row 5"),
    "a changed program": ("UPDATE audit SET via = 'k' WHERE seq = 1", "row 1"),
    "a changed deed": ("UPDATE audit SET action = 'close' WHERE seq = 1", "row 1"),
    "a changed time": ("UPDATE audit SET at = sealed_at WHERE seq = 2", "row 2"),
    "a changed HMAC": ("UPDATE audit SET mac = 'ab' WHERE seq = 2", "row 2"),
    "a removed row": ("DELETE FROM audit WHERE seq = 3", "row 3 was removed"),
    "a removed first row": ("DELETE FROM audit WHERE seq = 1", "row 1 was removed"),
    "a row taken out of the chain": ("UPDATE audit SET seq = NULL WHERE seq = 2", "row 2 was removed"),
    "a cut-off end": ("DELETE FROM audit WHERE seq >= 4", "cut off: it ends at row 3"),
    "everything removed": ("DELETE FROM audit", "cut off: it ends at row 0"),
    "an inserted row": (
        (
            "INSERT INTO audit (id, at, action, actor, seq, sealed_at, mac)"
            " SELECT 'x', at, action, actor, 6, sealed_at, mac FROM audit WHERE seq = 5"
        ),
        "row 6 (x) was changed, moved or inserted",
    ),
    "a row inserted before the first": (
        (
            "INSERT INTO audit (id, at, action, actor, seq, sealed_at, mac)"
            " SELECT 'x', at, action, actor, -1, sealed_at, mac FROM audit WHERE seq = 5"
        ),
        "a row was inserted",
    ),
    "a removed head": ("DELETE FROM audit_head", "head of the chain was removed"),
    "a changed head": ("UPDATE audit_head SET mac = 'ab'", "head of the chain was changed"),
    "a head set back": ("UPDATE audit_head SET seq = 2", "its head says 2"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_tampering_is_found(log_of_deeds: Log, change: str) -> None:
    await log_of_deeds.sealed(5)
    statement, expected = CHANGES[change]
    await log_of_deeds.sql(statement)
    assert expected in str((await log_of_deeds.verdict()).fault)


async def test_rows_that_changed_places_are_found(log_of_deeds: Log) -> None:
    await log_of_deeds.sealed(5)
    for statement in ("SET seq = 99 WHERE seq = 2", "SET seq = 2 WHERE seq = 4", "SET seq = 4 WHERE seq = 99"):
        await log_of_deeds.sql(f"UPDATE audit {statement}")
    assert "row 2" in str((await log_of_deeds.verdict()).fault)


async def test_a_row_inserted_under_a_number_that_is_taken_is_found(log_of_deeds: Log) -> None:
    await log_of_deeds.sealed(5)
    async with log_of_deeds.db.write() as session:
        await (await session.connection()).execute(text("DROP INDEX audit_chain"))
    await log_of_deeds.sql(
        "INSERT INTO audit (id, at, action, actor, seq, sealed_at, mac)"
        " SELECT 'zz', at, action, actor, seq, sealed_at, mac FROM audit WHERE seq = 3"
    )
    fault = str((await log_of_deeds.verdict()).fault)
    assert "inserted" in fault
    assert "3" in fault


async def test_a_cut_with_the_head_set_back_is_found_by_the_exported_head(log_of_deeds: Log) -> None:
    await log_of_deeds.sealed(5)
    await log_of_deeds.sql("DELETE FROM audit WHERE seq > 3")
    await log_of_deeds.sql("UPDATE audit_head SET seq = 3, mac = (SELECT mac FROM audit WHERE seq = 3)")
    assert "the head of row 5 was exported" in str((await log_of_deeds.verdict()).fault)


async def test_a_chain_that_goes_on_after_such_a_cut_is_found(log_of_deeds: Log) -> None:
    await log_of_deeds.sealed(5)
    await log_of_deeds.sql("DELETE FROM audit WHERE seq > 3")
    await log_of_deeds.sql("UPDATE audit_head SET seq = 3, mac = (SELECT mac FROM audit WHERE seq = 3)")
    await log_of_deeds.sealed(4)
    assert "row 5" in str((await log_of_deeds.verdict()).fault)
    assert "written anew" in str((await log_of_deeds.verdict()).fault)


async def test_a_copy_of_the_heads_kept_elsewhere_finds_what_the_file_itself_was_made_to_hide(
    log_of_deeds: Log, tmp_path: Path
) -> None:
    await log_of_deeds.sealed(3)
    early = log_of_deeds.heads.file.read_text()
    log_of_deeds.clock.advance(timedelta(minutes=1))
    await log_of_deeds.sealed(2)
    copy = tmp_path / "copy.jsonl"
    copy.write_text(log_of_deeds.heads.file.read_text())
    await log_of_deeds.sql("DELETE FROM audit WHERE seq > 3")
    await log_of_deeds.sql("UPDATE audit_head SET seq = 3, mac = (SELECT mac FROM audit WHERE seq = 3)")
    log_of_deeds.heads.file.write_text(early)
    assert (await log_of_deeds.verdict()).fault is None
    found = await verify(log_of_deeds.db, log_of_deeds.cipher, log_of_deeds.heads, [copy])
    assert "the head of row 5 was exported" in str(found.fault)
    missing = await verify(log_of_deeds.db, log_of_deeds.cipher, log_of_deeds.heads, [tmp_path / "none"])
    assert "cannot be read" in str(missing.fault)


async def test_a_chain_made_with_another_key_is_found(log_of_deeds: Log, tmp_path: Path) -> None:
    await log_of_deeds.sealed(3)
    other = Cipher(Keys.new())
    with_file = await verify(log_of_deeds.db, other, Heads(tmp_path, other))
    assert "no head that Lots signed with this audit key" in str(with_file.fault)
    found = await verify(log_of_deeds.db, other, Heads(tmp_path / "empty", other))
    assert "row 1" in str(found.fault)


async def test_a_head_in_the_file_that_we_did_not_sign_is_found_and_half_a_line_is_not_held_against_it(
    log_of_deeds: Log,
) -> None:
    await log_of_deeds.sealed(3)
    with log_of_deeds.heads.file.open("a") as file:
        file.write('{"kind":"head","seq":9')
    await log_of_deeds.sealed(2)
    assert (await log_of_deeds.verdict()).fault is None
    lines = log_of_deeds.heads.file.read_text().splitlines()
    assert len(lines) == 3
    forged = lines[0].replace('"seq":3', '"seq":2')
    log_of_deeds.heads.file.write_text(f"{forged}\n")
    assert "no head that Lots signed" in str((await log_of_deeds.verdict()).fault)


async def test_a_row_written_long_after_the_time_it_tells_is_counted(log_of_deeds: Log) -> None:
    await log_of_deeds.sealed(2)
    async with log_of_deeds.db.write() as session:
        note_system(session, log_of_deeds.clock.now() - timedelta(days=3), Action.READ, None, "m")
    await log_of_deeds.sealer.seal_once()
    assert (await log_of_deeds.verdict()).late == 1


async def test_the_lease_keeps_others_away_until_it_runs_out_or_is_let_go(log_of_deeds: Log) -> None:
    first, second = log_of_deeds.another(batch=1), log_of_deeds.another()
    await log_of_deeds.deeds(3)
    assert await first.seal_once() == 1
    assert await second.seal_once() == 0
    await first.release()
    assert await second.seal_once() == 2


async def test_a_killed_sealers_work_is_taken_over_within_seconds(log_of_deeds: Log) -> None:
    killed, heir = log_of_deeds.another(batch=2), log_of_deeds.another()
    await log_of_deeds.deeds(5)
    assert await killed.seal_once() == 2
    assert await heir.seal_once() == 0
    log_of_deeds.clock.advance(LEASE)
    assert await heir.seal_once() == 3
    assert await killed.seal_once() == 0
    found = await log_of_deeds.verdict()
    assert (found.sealed, found.unsealed, found.fault) == (5, 0, None)


async def test_a_sealer_killed_in_the_middle_of_a_batch_leaves_nothing_behind(log_of_deeds: Log) -> None:
    await log_of_deeds.deeds(400)
    work = asyncio.create_task(log_of_deeds.another(batch=400).seal_once())
    while not work.done() and not await _taken(log_of_deeds.db):
        await asyncio.wait({work}, timeout=0.001)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    log_of_deeds.clock.advance(LEASE)
    while await log_of_deeds.another().seal_once():
        log_of_deeds.clock.advance(LEASE)
    found = await log_of_deeds.verdict()
    assert (found.sealed, found.unsealed, found.fault) == (400, 0, None)


async def _taken(db: Database) -> bool:
    """Whether a sealer has begun, as far as others can see."""
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(AuditHeadRow))).one() > 0


async def test_sealers_that_race_while_deeds_are_done_make_one_whole_chain(log_of_deeds: Log) -> None:
    sealers = [log_of_deeds.another(batch=3) for _ in range(4)]

    async def seal(sealer: Sealer) -> int:
        count = 0
        for _ in range(25):
            count += await sealer.seal_once()
            await sealer.release()
        return count

    async def act() -> int:
        for _ in range(10):
            await log_of_deeds.deeds(3)
        return 0

    counts = await asyncio.gather(act(), *(seal(sealer) for sealer in sealers))
    await log_of_deeds.another().seal_once()
    found = await log_of_deeds.verdict()
    assert (found.sealed, found.unsealed, found.fault) == (30, 0, None)
    assert sum(counts) <= 30


async def test_a_running_sealer_seals_what_is_left_when_it_is_told_to_stop(log_of_deeds: Log) -> None:
    await log_of_deeds.deeds(7)
    stop = asyncio.Event()
    stop.set()
    await log_of_deeds.another(batch=2).run(stop)
    found = await log_of_deeds.verdict()
    assert (found.sealed, found.unsealed) == (7, 0)
    async with log_of_deeds.db.read() as session:
        assert (await session.exec(select(func.max(col(AuditRow.seq))))).one() == 7
    assert log_of_deeds.heads.read().last == 7
