"""Telegram down for five simulated minutes while many chats go on, then a fifth of all calls failing: what people see when it is over.

Part of `python -m bench telegram`. The real client and the fake in one process, over a conversation that says back what it is told; the
clock is moved by hand.
"""

import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx2

from bot.clients.enrolments import Enrolled, Enrolments
from bot.clients.telegram.client import Shells
from bot.clients.telegram.running import Telegram, TelegramSettings
from bot.clients.telling import Around
from bot.gateways.http import Door
from common.clock import FixedClock
from common.database import Database
from tests.bot.dialogue.world import knowledge, reader
from tests.support.chat import ChatWorld, MemoryMessageApi
from tests.support.telegram.core import TOKEN
from tests.support.telegram.core import Telegram as Fake
from tests.support.telegram.people import Person
from tests.support.telegram.server import Calls, Faults, InProcess, make_app

STEPS: Final = 10
STEP: Final = timedelta(seconds=30)
"""Ten times half a minute: Telegram is down for five."""
AFTER: Final = 40
FAILING: Final = 0.2
MARK: Final = "↻"
FIRST: Final = 20_000


class Everyone(Enrolments):
    """Every account speaks for a person of its own."""

    def __init__(self) -> None:
        gone = httpx2.MockTransport(lambda _request: httpx2.Response(404))
        super().__init__(Door(httpx2.AsyncClient(transport=gone), ""), "telegram")

    async def whose(self, account: int | str) -> Enrolled | None:
        return Enrolled(staff_id=f"staff-{account}")


@dataclass
class House:
    clock: FixedClock
    fake: Fake
    faults: Faults
    client: Telegram
    people: list[Person]
    told: dict[int, list[str]] = field(default_factory=dict)

    async def everyone_writes(self, words: str) -> None:
        for person in self.people:
            person.says(words)
            self.told.setdefault(person.user.id, []).append(words)
        while self.fake.pending:
            assert await self.client.take_json(self.fake.pending.popleft().as_json())

    async def later(self, time: timedelta = STEP) -> None:
        self.clock.advance(time)
        while await self.client.sweep():
            pass

    def wrong(self) -> str:
        lost = doubled = marked = out_of_order = 0
        for person in self.people:
            shown, told = person.shown, self.told[person.user.id]
            places = {words: [m for m in shown if m.text.endswith(words)] for words in told}
            lost += sum(not there for there in places.values())
            doubled += sum(max(0, sum(MARK not in m.text for m in there) - 1) for there in places.values())
            repeats = [sum(MARK in m.text for m in there) for there in places.values()]
            doubled += sum(max(0, count - 1) for count in repeats)
            marked += sum(repeats)
            firsts = [there[0].id for there in places.values() if there]
            out_of_order += firsts != sorted(firsts)
        answers = sum(len(told) for told in self.told.values())
        return f"{answers} answers, lost {lost}, doubled {doubled}, chats out of order {out_of_order}, marked repeats {marked}"


async def run(chats: int) -> None:
    async with opened(chats) as house:
        house.faults.down = True
        for step in range(STEPS):
            await house.everyone_writes(f"nummer-{step}.")
            await house.later()
        house.faults.down = False
        for _ in range(AFTER):
            await house.later()
        print(f"Telegram down for {STEPS * STEP}, {chats} chats: {house.wrong()}", flush=True)
    async with opened(chats) as house:
        house.faults.share, house.faults.dice = FAILING, random.Random(1)
        for step in range(STEPS):
            await house.everyone_writes(f"nummer-{step}.")
            await house.later(timedelta(seconds=2))
        house.faults.share = 0
        for _ in range(AFTER):
            await house.later()
        told = f"{len(house.faults.happened)} calls failed"
        print(f"a fifth of all calls failing, {chats} chats, {told}: {house.wrong()}", flush=True)


@asynccontextmanager
async def opened(chats: int) -> AsyncIterator[House]:
    clock, faults = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC)), Faults()
    fake = Fake(now=lambda: clock.now().timestamp())
    wire = InProcess(make_app(fake, faults, Calls(keep=False)))

    def make_client() -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=wire))

    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite+aiosqlite:///{folder}/bench.sqlite3")
        await db.migrate()
        shell = ChatWorld(db, clock, knowledge(), reader(), MemoryMessageApi(), texts=knowledge().texts).shell()
        settings = TelegramSettings(
            TOKEN, "polling", "", "https://lots.test", "http://telegram.test", per_second=100_000
        )
        around = Around(db, shell.store._cipher, clock, knowledge(), Everyone())
        client = Telegram(settings, Shells(shell, {"sv": shell}), around, make_client)
        await client.start()
        yield House(clock, fake, faults, client, [fake.person(FIRST + number) for number in range(chats)])
        await client.stop()
        await db.close()
