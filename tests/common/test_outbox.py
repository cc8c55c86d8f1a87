"""The laws of the outbox, on both databases: once, in time, and taken over when a worker dies."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from common.clock import FixedClock
from common.database import Database
from common.outbox import (
    GiveUp,
    Handler,
    Job,
    LeaseLost,
    OutboxRow,
    OutboxState,
    Worker,
    cancel,
    claim,
    enqueue,
    settle,
    settle_all,
)

MINUTE = timedelta(minutes=1)


class Diary:
    """A handler that writes down what it did."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def run(self, job: Job) -> None:
        self.jobs.append(job)

    @property
    def keys(self) -> list[str]:
        return [job.key for job in self.jobs]


async def put(db: Database, clock: FixedClock, *keys: str, after: timedelta = timedelta()) -> None:
    async with db.write() as session:
        for key in keys:
            await enqueue(session, "note", key, "{}", clock.now() + after)


async def states(db: Database) -> dict[str, str]:
    async with db.read() as session:
        return {row.key: row.state for row in (await session.exec(select(OutboxRow))).all()}


async def test_work_is_done_once_and_not_before_its_time(db: Database, fixed_clock: FixedClock) -> None:
    diary = Diary()
    worker = Worker(db, fixed_clock, {"note": Handler(diary.run)})
    await put(db, fixed_clock, "later", after=MINUTE)

    assert await worker.run_once() == 0
    fixed_clock.advance(MINUTE)
    assert await worker.run_once() == 1
    assert await worker.run_once() == 0
    assert diary.keys == ["later"]
    assert await states(db) == {"later": OutboxState.DONE}


async def test_the_same_key_is_enqueued_once(db: Database, fixed_clock: FixedClock) -> None:
    async with db.write() as session:
        assert await enqueue(session, "note", "a", "{}", fixed_clock.now())
        assert not await enqueue(session, "note", "a", "{}", fixed_clock.now())
        assert await enqueue(session, "other", "a", "{}", fixed_clock.now())


async def test_work_disappears_with_a_transaction_that_fails(db: Database, fixed_clock: FixedClock) -> None:
    async def fail() -> None:
        async with db.write() as session:
            await enqueue(session, "note", "a", "{}", fixed_clock.now())
            raise RuntimeError("the cause failed")

    with pytest.raises(RuntimeError, match="the cause failed"):
        await fail()
    assert await states(db) == {}


async def test_two_workers_at_once_never_share_a_job(db: Database, fixed_clock: FixedClock) -> None:
    diary = Diary()
    keys = [f"k{n:02}" for n in range(40)]
    await put(db, fixed_clock, *keys)
    workers = [Worker(db, fixed_clock, {"note": Handler(diary.run)}, batch=5) for _ in range(4)]

    for _ in range(4):
        await asyncio.gather(*(worker.run_once() for worker in workers))
    assert sorted(diary.keys) == keys


async def test_a_killed_workers_job_is_taken_over_when_its_lease_has_run_out(
    db: Database, fixed_clock: FixedClock
) -> None:
    diary = Diary()
    await put(db, fixed_clock, "a")
    (lost,) = await claim(db, ["note"], "killed", fixed_clock.now(), MINUTE, 10)
    other = Worker(db, fixed_clock, {"note": Handler(diary.run)}, lease=MINUTE)

    assert await other.run_once() == 0
    fixed_clock.advance(MINUTE)
    assert await other.run_once() == 1
    assert [job.repeat for job in diary.jobs] == [True]
    assert not await settle(db, lost, state=OutboxState.WAITING)
    assert await states(db) == {"a": OutboxState.DONE}


async def test_a_job_whose_lease_ran_out_while_it_queued_is_left_to_others(
    db: Database, fixed_clock: FixedClock
) -> None:
    ran: list[str] = []

    async def slow(job: Job) -> None:
        ran.append(job.key)
        fixed_clock.advance(2 * MINUTE)

    await put(db, fixed_clock, "a", "b")
    await Worker(db, fixed_clock, {"note": Handler(slow)}, lease=MINUTE).run_once()
    assert len(ran) == 1


async def test_a_failing_job_is_tried_again_with_growing_patience_and_then_left_for_dead(
    db: Database, fixed_clock: FixedClock
) -> None:
    tries: list[int] = []

    async def fail(job: Job) -> None:
        tries.append(job.attempts)
        raise OSError("broken")

    handler = Handler(fail, max_attempts=3, first_delay=MINUTE)
    worker = Worker(db, fixed_clock, {"note": handler})
    await put(db, fixed_clock, "a")

    await worker.run_once()
    assert await worker.run_once() == 0
    fixed_clock.advance(MINUTE)
    await worker.run_once()
    fixed_clock.advance(MINUTE)
    assert await worker.run_once() == 0
    fixed_clock.advance(MINUTE)
    await worker.run_once()
    assert tries == [1, 2, 3]
    assert await states(db) == {"a": OutboxState.DEAD}


async def test_work_that_no_try_can_help_is_given_up_at_once(db: Database, fixed_clock: FixedClock) -> None:
    async def refuse(job: Job) -> None:
        raise GiveUp("gone")

    await put(db, fixed_clock, "a")
    await Worker(db, fixed_clock, {"note": Handler(refuse)}).run_once()
    async with db.read() as session:
        row = (await session.exec(select(OutboxRow))).one()
    assert (row.state, row.last_error) == (OutboxState.DEAD, "gone")


async def test_a_bad_job_does_not_stop_the_others(db: Database, fixed_clock: FixedClock) -> None:
    done: list[str] = []

    async def picky(job: Job) -> None:
        if job.key == "a":
            raise ValueError("bad")
        done.append(job.key)

    await put(db, fixed_clock, "a", "b", "c")
    await Worker(db, fixed_clock, {"note": Handler(picky)}).run_once()
    assert sorted(done) == ["b", "c"]


async def test_cancelled_work_is_not_done(db: Database, fixed_clock: FixedClock) -> None:
    diary = Diary()
    await put(db, fixed_clock, "a", "b")
    async with db.write() as session:
        await cancel(session, "note", "a")
    await Worker(db, fixed_clock, {"note": Handler(diary.run)}).run_once()
    assert diary.keys == ["b"]


async def test_a_running_worker_works_and_stops_when_told(db: Database, fixed_clock: FixedClock) -> None:
    stop = asyncio.Event()

    async def run(job: Job) -> None:
        stop.set()

    await put(db, fixed_clock, "a")
    await asyncio.wait_for(Worker(db, fixed_clock, {"note": Handler(run)}).run(stop), timeout=10)
    assert await states(db) == {"a": OutboxState.DONE}


async def test_a_round_that_breaks_in_an_unforeseen_way_does_not_end_the_worker(
    db: Database, fixed_clock: FixedClock
) -> None:
    class Faltering(FixedClock):
        """A clock that fails the first time it is asked."""

        asked = 0

        def now(self) -> datetime:
            self.asked += 1
            if self.asked == 1:
                raise RuntimeError
            return super().now()

    stop = asyncio.Event()

    async def run(job: Job) -> None:
        stop.set()

    await put(db, fixed_clock, "a")
    worker = Worker(db, Faltering(fixed_clock.now()), {"note": Handler(run)})
    await asyncio.wait_for(worker.run(stop, every=0.01), timeout=10)
    assert await states(db) == {"a": OutboxState.DONE}


class Ledger(Diary):
    """A handler that writes rows, many jobs in one transaction, and cannot do some of them."""

    def __init__(self, db: Database, *bad: str) -> None:
        super().__init__()
        self._db = db
        self._bad = bad
        self.groups: list[int] = []

    async def run(self, job: Job) -> None:
        async with self._db.write() as session:
            await self._write(session, job)
        await super().run(job)

    async def together(self, session: AsyncSession, jobs: Sequence[Job]) -> None:
        self.groups.append(len(jobs))
        for job in jobs:
            await self._write(session, job)

    async def _write(self, session: AsyncSession, job: Job) -> None:
        if job.key in self._bad:
            raise ValueError(job.key)
        await enqueue(session, "written", job.key, "{}", datetime(9999, 1, 1, tzinfo=UTC))

    @property
    def handler(self) -> Handler:
        return Handler(self.run, together=self.together)


async def written(db: Database) -> list[str]:
    async with db.read() as session:
        rows = (await session.exec(select(OutboxRow).where(OutboxRow.kind == "written"))).all()
    return sorted(row.key for row in rows)


async def noted(db: Database) -> dict[str, tuple[str, int]]:
    """State and tries of each note."""
    async with db.read() as session:
        rows = (await session.exec(select(OutboxRow).where(OutboxRow.kind == "note"))).all()
    return {row.key: (row.state, row.attempts) for row in rows}


async def test_work_that_can_be_done_together_is_done_and_settled_at_once(
    db: Database, fixed_clock: FixedClock
) -> None:
    ledger = Ledger(db)
    await put(db, fixed_clock, "a", "b", "c")
    assert await Worker(db, fixed_clock, {"note": ledger.handler}).run_once() == 3
    assert (ledger.groups, ledger.keys, await written(db)) == ([3], [], ["a", "b", "c"])
    assert await noted(db) == dict.fromkeys("abc", (OutboxState.DONE, 1))


async def test_one_bad_job_undoes_the_group_and_the_others_are_done_one_by_one(
    db: Database, fixed_clock: FixedClock
) -> None:
    ledger = Ledger(db, "b")
    await put(db, fixed_clock, "a", "b", "c")
    assert await Worker(db, fixed_clock, {"note": ledger.handler}).run_once() == 3
    assert (ledger.groups, ledger.keys, await written(db)) == ([3], ["a", "c"], ["a", "c"])
    left = [key for key, (state, _) in (await noted(db)).items() if state == OutboxState.WAITING]
    assert left == ["b"]


async def done_together(db: Database, ledger: Ledger, jobs: Sequence[Job]) -> None:
    async with db.write() as session:
        await ledger.together(session, jobs)
        await settle_all(session, jobs)


async def test_a_group_of_which_one_was_taken_over_meanwhile_leaves_nothing_behind(
    db: Database, fixed_clock: FixedClock
) -> None:
    await put(db, fixed_clock, "a", "b")
    jobs = await claim(db, ("note",), "me", fixed_clock.now(), MINUTE, 10)
    fixed_clock.advance(MINUTE)
    await claim(db, ("note",), "another", fixed_clock.now(), MINUTE, 1)
    with pytest.raises(LeaseLost):
        await done_together(db, Ledger(db), jobs)
    assert await written(db) == []
    assert {state for state, _ in (await noted(db)).values()} == {OutboxState.WAITING}
