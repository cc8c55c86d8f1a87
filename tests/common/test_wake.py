"""Who waits for news is woken at once: in the process that wrote it, and through PostgreSQL in the others."""

import asyncio
from contextlib import suppress

import pytest

from common.clock import FixedClock
from common.database import Database
from common.outbox import Handler, Job, Worker, enqueue
from common.wake import ALL, JOBS, QUIET, Bell, Relay, after_commit
from tests.support.databases import START, opened

SOON = 20.0
"""Seconds, long past what it takes; a nudge ends the wait."""


async def test_a_committed_change_wakes_those_who_wait_for_it_and_nobody_else(db: Database) -> None:
    with db.bell.listen("u1") as ours, db.bell.listen("u2") as others, db.bell.listen() as all_of_it:
        async with db.write() as session:
            after_commit(session, "u1")
            assert await ours.wait(0) is False, "not before the commit"
        assert [await one.wait(0) for one in (ours, others, all_of_it)] == [True, False, True]
        assert await ours.wait(0) is False, "once"


async def test_a_quiet_change_wakes_those_who_wait_for_it_by_name_and_is_passed_on_later() -> None:
    bell, quiet = Bell(), f"{QUIET}votes"
    with bell.passing_on() as relay, bell.listen(quiet) as ours, bell.listen() as all_of_it:
        bell.ring({quiet})
        assert [await one.wait(0) for one in (ours, all_of_it, relay)] == [True, False, False]
        bell.ring({"u1"})
        assert [await one.wait(0) for one in (ours, all_of_it, relay)] == [False, True, True]
        assert bell.take() == {quiet, "u1"}


async def test_a_change_that_was_not_committed_wakes_nobody(db: Database) -> None:
    with db.bell.listen() as listening:
        with suppress(ValueError):
            async with db.write() as session:
                after_commit(session, "u1")
                raise ValueError
        assert await listening.wait(0) is False


async def test_stopping_ends_the_wait() -> None:
    stop = asyncio.Event()
    with Bell().listen() as listening:
        waiting = asyncio.create_task(listening.wait(SOON, stop))
        await asyncio.sleep(0)
        stop.set()
        assert await asyncio.wait_for(waiting, SOON / 2) is False


async def test_closing_wakes_every_stream() -> None:
    bell = Bell()
    with bell.listen("u1") as one, bell.listen() as other:
        bell.close()
        assert (bell.closed, await one.wait(0), await other.wait(0)) == (True, True, True)


async def test_nobody_who_has_gone_is_kept_in_mind() -> None:
    bell = Bell()
    for _ in range(3):
        with bell.listen("u1"):
            pass
    bell.ring({"u1"})
    assert bell.take() == set(), "nothing is gathered where no relay passes it on"
    with bell.passing_on():
        bell.ring({"u1"})
        assert bell.take() == {"u1"}


async def test_work_to_be_done_now_wakes_the_worker_without_waiting_for_its_round(db: Database) -> None:
    done, stop = asyncio.Event(), asyncio.Event()

    async def work(_job: Job) -> None:
        done.set()

    worker = Worker(db, FixedClock(START), {"k": Handler(work)})
    running = asyncio.create_task(worker.run(stop, every=SOON))
    with db.bell.listen(JOBS):
        async with db.write() as session:
            await enqueue(session, "k", "1", "", START)
            after_commit(session, JOBS)
        await asyncio.wait_for(done.wait(), SOON / 2)
    stop.set()
    await asyncio.wait_for(running, SOON / 2)


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_another_process_is_woken_through_postgresql_and_many_topics_wake_everyone(
    db: Database, database_kind: str
) -> None:
    assert database_kind == "postgres"
    stop = asyncio.Event()
    async with opened(db.url.render_as_string(hide_password=False)) as other:
        relays = [asyncio.create_task(Relay(each).run(stop)) for each in (db, other)]
        with other.bell.listen("u1") as theirs, other.bell.listen("u2") as others, other.bell.listen() as ready:
            assert await ready.wait(SOON), "listening from here"
            for each in (theirs, others):
                await each.wait(0)
            async with db.write() as session:
                after_commit(session, "u1")
            assert await theirs.wait(SOON)
            assert await others.wait(0) is False
            with other.bell.listen(f"{QUIET}votes") as votes:
                async with db.write() as session:
                    after_commit(session, f"{QUIET}votes")
                assert await votes.wait(SOON)
            async with db.write() as session:
                for number in range(200):
                    after_commit(session, f"unit-{number}")
            assert await others.wait(SOON)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*relays), SOON)


async def test_on_sqlite_there_is_nobody_to_pass_it_on_to(sqlite_db: Database) -> None:
    await Relay(sqlite_db).run(asyncio.Event())
    assert ALL == "*"
