"""Many chats at once, one turn at a time in each, and what is shown while a turn takes its time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bot.clients.enrolments import Enrolled
from bot.findings import QueryResult
from bot.ports import Units
from bot.requests import Query
from common.clock import FixedClock
from common.database import Database
from tests.bot.clients.telegram_driver import ACCOUNT, OneEnrolled, TelegramDriver
from tests.bot.dialogue.world import knowledge, reader
from tests.support.chat import NURSE, ChatWorld, MemoryMessageApi


class Gate(MemoryMessageApi):
    """A message API that answers a question only when let, and counts who is asking at once."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.asking: Counter[str] = Counter()
        self.most = 0
        self.reached = asyncio.Event()

    async def ask(self, staff_id: str, query: Query, units: Units = None) -> QueryResult:
        self.asking[staff_id] += 1
        self.most = max(self.most, *self.asking.values())
        if sum(self.asking.values()) >= CHATS:
            self.reached.set()
        await self.open.wait()
        self.asking[staff_id] -= 1
        return await super().ask(NURSE.staff_id, query, units)


CHATS = 8


class EveryoneEnrolled(OneEnrolled):
    """Every account speaks for a person of its own."""

    async def whose(self, account: int) -> Enrolled | None:
        return Enrolled(staff_id=f"staff-{account}")


@pytest.fixture
async def gate() -> Gate:
    return Gate()


@pytest.fixture
async def driver(gate: Gate, sqlite_db: Database, fixed_clock: FixedClock) -> AsyncIterator[TelegramDriver]:
    world = ChatWorld(sqlite_db, fixed_clock, knowledge(), reader(), gate, texts=knowledge().texts)
    driver = TelegramDriver(world.shell, NURSE, knowledge().texts)
    driver.client.client._enrolments = EveryoneEnrolled(NURSE.staff_id)
    await driver.client.start()
    yield driver
    await driver.close()


async def test_chats_go_side_by_side_and_each_takes_one_turn_at_a_time(driver: TelegramDriver, gate: Gate) -> None:
    people = [driver.fake.person(number) for number in range(100, 100 + CHATS)]
    for person in people:
        person.says("sök")
        person.says("sist")
    updates = list(driver.fake.pending)
    taking = [asyncio.create_task(driver.client.take_json(update.as_json())) for update in updates]
    async with asyncio.timeout(20):
        await gate.reached.wait()
    assert gate.most == 1, "one turn at a time in each chat, while all of them are at it"
    gate.open.set()
    assert all(await asyncio.gather(*taking))
    for person in people:
        assert [text.partition(": ")[2] for text in person.text.splitlines() if "sist" in text] == ["sist"]
        assert person.shown[-1].text.endswith("sist"), "in the order they were written"


async def test_while_a_turn_takes_its_time_lots_is_seen_writing(driver: TelegramDriver, gate: Gate) -> None:
    driver.client.client._typing_seconds = 0
    person = driver.fake.person(ACCOUNT)
    person.says("sök")
    taking = asyncio.create_task(driver.client.take_json(driver.fake.pending[0].as_json()))
    async with asyncio.timeout(20):
        while not person.chat.actions:  # noqa: ASYNC110 - lets the others run, without waiting
            await asyncio.sleep(0)
    assert person.chat.actions == ["typing"]
    gate.open.set()
    assert await taking


async def test_a_quick_turn_shows_nothing_of_the_kind(driver: TelegramDriver) -> None:
    person = driver.fake.person(ACCOUNT)
    person.says("hej")
    assert await driver.client.take_json(driver.fake.pending[0].as_json())
    assert person.chat.actions == []
