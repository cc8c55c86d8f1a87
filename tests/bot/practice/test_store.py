"""A person's practice in the database, on both: sealed, hers alone, once for each go; and who is told when."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.practice.schedule import Mark, review
from bot.practice.store import ANNOUNCE, PracticeStore, telling_time
from bot.practice.tables import PracticeCardRow, PracticeGoRow, PracticeStaffRow
from bot.requests import PracticeAnswer, RecordPractice
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database
from common.outbox import OutboxRow

PACK, SCENARIO = "halland-2024", "h24-sova-gott"


def answer(*, right: bool, channel: str = "phone") -> PracticeAnswer:
    return PracticeAnswer(0, "channel", channel, "C2", "1", right)


def order(go: str, *answers: PracticeAnswer, scenario: str = SCENARIO, pack: str = PACK) -> RecordPractice:
    return RecordPractice(go, pack, scenario, answers)


@pytest.fixture
def store(db: Database, fixed_clock: FixedClock) -> PracticeStore:
    return PracticeStore(db, Cipher(Keys.new()), fixed_clock)


async def test_a_go_is_kept_once_and_moves_its_card_as_the_schedule_says(
    store: PracticeStore, fixed_clock: FixedClock
) -> None:
    now = fixed_clock.now()
    for _ in range(2):
        await store.record("anna", order("go-1", answer(right=False)))
    found = await store.standing("anna", PACK)
    assert [(card.scenario, card.wrong, card.due_at) for card in found.cards] == [
        (SCENARIO, True, review(None, Mark.WRONG, now).due)
    ]
    assert [(tally.channel, tally.right, tally.asked) for tally in found.tallies] == [("phone", 0, 1)]
    fixed_clock.advance(timedelta(days=1))
    await store.record("anna", order("go-2", answer(right=True)))
    again = await store.standing("anna", PACK)
    assert again.cards[0].wrong is False
    assert again.cards[0].due_at == review(review(None, Mark.WRONG, now), Mark.RIGHT, fixed_clock.now()).due


async def test_nobody_sees_anothers_practice_and_tallies_are_of_one_routine(store: PracticeStore) -> None:
    await store.record("anna", order("go-1", answer(right=True)))
    await store.record("anna", order("go-2", answer(right=True), pack="orebro", scenario="orebro-recept"))
    assert (await store.standing("bo", PACK)).cards == ()
    assert [tally.asked for tally in (await store.standing("anna", PACK)).tallies] == [1]
    assert [go.pack for go in await store.goes("anna")] == [PACK, "orebro"]


async def test_the_same_go_id_of_two_people_is_two_goes(store: PracticeStore) -> None:
    await store.record("anna", order("go-1", answer(right=True)))
    await store.record("bo", order("go-1", answer(right=False)))
    assert [go.right for go in await store.goes("bo")] == [False]


async def test_how_she_did_is_not_readable_in_the_database(store: PracticeStore, db: Database) -> None:
    await store.record("anna", order("go-1", answer(right=False, channel="own_organisation")))
    async with db.read() as session:
        goes = (await session.exec(select(PracticeGoRow))).all()
        cards = (await session.exec(select(PracticeCardRow))).all()
    told = " ".join([*(row.sealed for row in goes), *(row.sealed for row in cards)])
    assert "own_organisation" not in told
    assert "wrong" not in told


async def test_a_lost_key_loses_what_was_answered_and_nothing_else(db: Database, fixed_clock: FixedClock) -> None:
    await PracticeStore(db, Cipher(Keys.new()), fixed_clock).record("anna", order("go-1", answer(right=False)))
    other = PracticeStore(db, Cipher(Keys.new()), fixed_clock)
    assert await other.goes("anna") == ()
    assert [card.wrong for card in (await other.standing("anna", PACK)).cards] == [False]
    await other.record("anna", order("go-2", answer(right=True)))
    assert [go.right for go in await other.goes("anna")] == [True]


async def test_she_is_told_once_a_day_while_she_wants_it(
    store: PracticeStore, db: Database, fixed_clock: FixedClock
) -> None:
    await store.announce("anna", "web:anna", on=True)
    await store.record("anna", order("go-1", answer(right=False)))
    await store.record("anna", order("go-2", answer(right=False), scenario="h24-nagot-lugnande"))
    jobs = await announcements(db)
    assert [job.due_at for job in jobs] == [telling_time(fixed_clock.now())]
    wanted = store.announcement(jobs[0].payload, jobs[0].key)
    assert (wanted.staff_id, wanted.conversation_id) == ("anna", "web:anna")
    assert await store.announced_in("anna") == "web:anna"
    await store.announce("anna", "web:anna", on=False)
    assert await store.announced_in("anna") is None
    assert (await store.standing("anna", PACK)).announce is False


async def test_without_the_wish_nothing_is_planned(store: PracticeStore, db: Database) -> None:
    await store.record("anna", order("go-1", answer(right=False)))
    assert await announcements(db) == []


async def test_all_of_it_is_forgotten_on_her_word(store: PracticeStore, db: Database) -> None:
    await store.announce("anna", "web:anna", on=True)
    await store.record("anna", order("go-1", answer(right=False)))
    await store.record("bo", order("go-1", answer(right=True)))
    await store.forget("anna")
    async with db.read() as session:
        left = [
            *(row.staff_id for row in (await session.exec(select(PracticeCardRow))).all()),
            *(row.staff_id for row in (await session.exec(select(PracticeGoRow))).all()),
            *(row.staff_id for row in (await session.exec(select(PracticeStaffRow))).all()),
        ]
    assert left == ["bo", "bo"]
    assert {job.state for job in await announcements(db)} == {"done"}


def test_the_time_of_telling_is_nine_in_sweden_whatever_the_season() -> None:
    assert telling_time(datetime(2026, 1, 15, 7, 0, tzinfo=UTC)) == datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
    assert telling_time(datetime(2026, 7, 15, 8, 0, tzinfo=UTC)) == datetime(2026, 7, 16, 7, 0, tzinfo=UTC)


async def announcements(db: Database) -> list[OutboxRow]:
    async with db.read() as session:
        return list((await session.exec(select(OutboxRow).where(OutboxRow.kind == ANNOUNCE))).all())
