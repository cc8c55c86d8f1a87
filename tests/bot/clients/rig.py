"""The whole house with the fake Telegram in one process: what a person does goes all the way, and what she sees comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import httpx2

from bot.clients.telegram.running import Telegram as Client
from bot.clients.telegram.running import TelegramSettings
from common.clock import FixedClock
from common.database import Database
from common.settings import Settings
from tests.support.house import ADDRESS, House, open_house
from tests.support.telegram.core import TOKEN, Telegram
from tests.support.telegram.people import Person
from tests.support.telegram.server import Calls, Faults, InProcess, Webhook, make_app

SECRET = "loopback-secret-of-the-tests"
FAKE = "http://telegram.test"
MODES: tuple[Literal["polling", "webhook"], ...] = ("polling", "webhook")


@dataclass
class Rig:
    house: House
    telegram: Telegram
    faults: Faults
    calls: Calls
    client: Client
    hook: Webhook

    async def settle(self) -> None:
        """Everything that waits at Telegram is brought, and everything that was said is shown."""
        if self.client.settings.mode == "webhook":
            await self.hook.deliver_all()
        else:
            while self.telegram.pending and await self.client.poller.poll_once():
                pass
        await self.client.sweep()

    async def says(self, person: Person, text: str) -> str:
        """She writes; what is new on the screen."""
        before = {(m.id, m.text) for m in person.shown}
        person.says(text)
        await self.settle()
        return "\n".join(m.text for m in person.shown if (m.id, m.text) not in before)

    async def taps(self, person: Person, label: str) -> str:
        before = {(m.id, m.text) for m in person.shown}
        person.taps(label)
        await self.settle()
        return "\n".join(m.text for m in person.shown if (m.id, m.text) not in before)

    async def code(self, staff_id: str) -> str:
        """A code from a signed-in page."""
        async with self.house.browser(staff_id) as browser:
            made = await browser.post("/api/v1/enrolments")
            assert made.status_code == 201, made.text
            code: str = made.json()["code"]
            return code

    async def enrolled(self, staff_id: str, account: int = 4711) -> Person:
        person = self.telegram.person(account)
        person.says(f"/start {await self.code(staff_id)}")
        await self.settle()
        return person


def telegram_settings(mode: Literal["polling", "webhook"]) -> TelegramSettings:
    return TelegramSettings(TOKEN, mode, SECRET, ADDRESS, FAKE, per_second=1000, long_poll=0)


@asynccontextmanager
async def open_rig(
    db: Database,
    clock: FixedClock,
    settings: Settings,
    mode: Literal["polling", "webhook"],
    telegram: Telegram | None = None,
) -> AsyncIterator[Rig]:
    fake = telegram or Telegram(now=lambda: clock.now().timestamp())
    faults, calls = Faults(), Calls()
    wire = InProcess(make_app(fake, faults, calls))

    def make_client() -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=wire))

    async with open_house(db, clock, settings, telegram_settings(mode), make_client) as house:
        client = house.bot.telegram
        assert client is not None
        await client.start()
        await client.introduce()
        inside = httpx2.ASGITransport(app=house.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=inside, base_url=ADDRESS) as caller:
            yield Rig(house, fake, faults, calls, client, Webhook(fake, caller))
        await client.stop()
