"""Rows of several tables written at once: all of them or none, on both databases, by one statement or by several."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from common.clock import FixedClock
from common.database import Database
from common.outbox import OutboxRow, job
from common.together import MOST, New, Next, insert_together, put_together


def jobs(kind: str, at: datetime, number: int) -> list[New]:
    return [job(kind, str(place), "{}", at) for place in range(number)]


async def kinds(db: Database) -> dict[str, int]:
    async with db.read() as session:
        return dict((await session.exec(select(OutboxRow.kind, func.count()).group_by(OutboxRow.kind))).all())


@pytest.mark.parametrize("number", [0, 1, 3, MOST - 1, MOST, MOST + 5])
async def test_further_rows_go_in_with_the_first_and_not_without_it(
    db: Database, fixed_clock: FixedClock, number: int
) -> None:
    now = fixed_clock.now()
    assert await put_together(db, job("first", "1", "{}", now), jobs("with", now, number), ())
    assert not await put_together(db, job("first", "1", "{}", now), jobs("without", now, number), ())
    assert await kinds(db) == {"first": 1} | ({"with": number} if number else {})


@pytest.mark.parametrize("number", [2, MOST + 5])
async def test_a_row_that_cannot_go_in_leaves_none(db: Database, fixed_clock: FixedClock, number: int) -> None:
    now = fixed_clock.now()
    twice = jobs("with", now, number)
    with pytest.raises(IntegrityError):
        await put_together(db, job("first", "1", "{}", now), [*twice, job("with", "0", "{}", now)], ())
    assert await kinds(db) == {}


async def test_of_many_who_write_the_same_at_once_one_does(db: Database, fixed_clock: FixedClock) -> None:
    now = fixed_clock.now()
    tries = [put_together(db, job("first", "1", "{}", now), jobs(f"by {who}", now, 2), ()) for who in range(8)]
    done = await asyncio.gather(*tries)
    assert sum(done) == 1
    assert await kinds(db) == {"first": 1, f"by {done.index(True)}": 2}


async def test_they_belong_to_a_transaction_where_there_is_one(db: Database, fixed_clock: FixedClock) -> None:
    now = fixed_clock.now()

    async def fail() -> None:
        async with db.write() as session:
            assert await insert_together(session, job("first", "1", "{}", now), jobs("with", now, 2))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await kinds(db) == {}


async def test_what_is_not_given_is_null(db: Database, fixed_clock: FixedClock) -> None:
    now = fixed_clock.now()
    await put_together(db, job("first", "1", "{}", now), jobs("with", now, 1), ())
    async with db.read() as session:
        rows = (await session.exec(select(OutboxRow))).all()
    assert {(row.claimed_by, row.claimed_until, row.attempts, row.due_at) for row in rows} == {(None, None, 0, now)}


async def test_who_waits_is_nudged_when_it_is_done(db: Database, fixed_clock: FixedClock) -> None:
    with db.bell.listen("ward") as listening:
        await put_together(db, job("first", "1", "{}", fixed_clock.now()), (), ["ward"])
        assert await listening.wait(5)


@pytest.mark.parametrize("number", [2, MOST + 5])
async def test_a_row_is_written_anew_with_what_goes_in_as_long_as_it_is_as_it_was(
    db: Database, fixed_clock: FixedClock, number: int
) -> None:
    now = fixed_clock.now()
    first = job("first", "1", "{}", now)
    await put_together(db, first, (), ())
    later = Next(first.table, {"id": first.values["id"], "attempts": 0}, {"attempts": 1, "payload": "[]"})
    assert await put_together(db, later, jobs("with", now, number), ())
    assert not await put_together(db, later, jobs("too late", now, number), ())
    async with db.read() as session:
        told = (
            await session.exec(select(OutboxRow.attempts, OutboxRow.payload).where(OutboxRow.kind == "first"))
        ).all()
    assert told == [(1, "[]")]
    assert await kinds(db) == {"first": 1, "with": number}


@pytest.mark.parametrize("number", [1, MOST + 5])
async def test_a_row_that_stands_once_is_left_out_where_it_stands_and_the_others_go_in(
    db: Database, fixed_clock: FixedClock, number: int
) -> None:
    now = fixed_clock.now()
    await put_together(db, job("once", "1", "{}", now), (), ())
    again = replace(job("once", "1", "[]", now), once=True)
    assert await put_together(db, job("first", "1", "{}", now), [again, *jobs("with", now, number)], ())
    assert await kinds(db) == {"once": 1, "first": 1, "with": number}
