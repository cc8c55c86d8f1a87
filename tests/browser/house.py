"""The whole house on a loopback port, for a browser: demo data, some messages on their way, a draft from another chat."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from api.staff import service as staff
from common.clock import FixedClock
from common.crypto import Keys
from common.settings import Settings
from tests.support.api import COPYING_NURSE, COPYING_UNIT, NURSE, NURSE_UNIT, RECEIVER, RECEIVING_UNIT
from tests.support.databases import START, in_own_loop, opened
from tests.support.house import House, open_house
from tests.support.server import serve

SECTIONS = [
    {
        "heading": "Ärende",
        "text": "Blodtrycket har legat på 170/95 vid tre mätningar den senaste veckan.\nPersonen mår bra i övrigt.",
    },
    {"heading": "Fråga", "text": "Vill ni att vi fortsätter mäta, eller vill ni träffa personen?"},
]
DATABASE = "lots.sqlite3"
PERSON = {"id_type": "personnummer", "id": "19121212-1212", "name": "Kim Exempel"}


@dataclass
class Seeded:
    """What is there when the browser comes."""

    late: str = ""
    answered: str = ""
    new: str = ""
    copied: str = ""
    living: str = ""
    draft: str = ""
    copy_draft: str = ""
    link: str = ""


@dataclass(frozen=True)
class Site:
    address: str
    seeded: Seeded


@dataclass(frozen=True)
class Furniture:
    """A seeded house's data, made once in a run and copied for each house: that is quicker than seeding each."""

    database: Path
    keys: Keys
    seeded: Seeded
    now: datetime

    @classmethod
    def made_in(cls, folder: Path) -> "Furniture":
        made: list[Furniture] = []

        async def make() -> None:
            file, keys, clock, seeded = folder / DATABASE, Keys.new(), FixedClock(START), Seeded()
            async with opened(_url(file)) as db, open_house(db, clock, Settings(data_dir=folder), keys=keys) as house:
                await seed(house, seeded)
            made.append(cls(file, keys, seeded, clock.now()))

        in_own_loop(make())
        return made[0]


class HouseApp:
    """An ASGI app that builds the house in the server's own event loop, and takes it down with it."""

    def __init__(self, furniture: Furniture, folder: Path) -> None:
        self.folder = folder
        self.seeded = furniture.seeded
        self.clock = FixedClock(furniture.now)
        self._furniture = furniture
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._house() as house:
            self._app = house.app
            await send({"type": "lifespan.startup.complete"})
            await receive()
            house.bot.shell.news.close()
        await send({"type": "lifespan.shutdown.complete"})

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder)

    @asynccontextmanager
    async def _house(self) -> AsyncIterator[House]:
        file = self.folder / DATABASE
        shutil.copyfile(self._furniture.database, file)
        keys = self._furniture.keys
        async with opened(_url(file)) as db, open_house(db, self.clock, self.settings, keys=keys) as house:
            yield house


def _url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


@contextmanager
def house_on_a_port(furniture: Furniture, folder: Path) -> Iterator[Site]:
    app = HouseApp(furniture, folder)
    with serve(app) as address:
        yield Site(address, app.seeded)


async def seed(house: House, seeded: Seeded) -> None:
    """A late message, an answered one, a new one, one to copy out, and two drafts."""
    desk = house.desk
    message: dict[str, Any] = {"sections": SECTIONS, "person": PERSON, "subject": "Uppföljning av blodtryck"}
    seeded.late = await desk.handed_over(**message)
    house.clock.advance(timedelta(days=12))
    seeded.answered = await desk.handed_over(**message)
    body = {"text": "Fortsätt mäta en vecka till. Vi ringer på torsdag."}
    await desk.call("POST", f"/messages/{seeded.answered}/acknowledgement", by=RECEIVER, body={})
    house.clock.advance(timedelta(hours=2))
    await desk.call("POST", f"/messages/{seeded.answered}/answers", by=RECEIVER, body=body, key="seed")
    seeded.new = await desk.handed_over(**message)
    seeded.copied = await desk.handed_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT, **message)
    seeded.living = await desk.vgr_handed_over(sections=SECTIONS, person=PERSON, subject="Ökat behov av stöd")
    seeded.draft = await _draft(house, NURSE, NURSE_UNIT)
    seeded.copy_draft = await _draft(house, COPYING_NURSE, COPYING_UNIT)
    seeded.link = "/sign-in" + (await staff.make_sign_in_link(house.api, NURSE)).partition("/sign-in")[2]


async def _draft(house: House, staff_id: str, unit: str) -> str:
    body = {
        "channel": "message_outside_care_episode",
        "pack": "halland-2024",
        "sender_unit": unit,
        "recipient_units": [RECEIVING_UNIT],
        "subject": "Uppföljning av blodtryck",
        "sections": SECTIONS,
    }
    made = await house.desk.call("POST", "/drafts", by=staff_id, body=body, key=f"draft-{staff_id}")
    return f"/drafts/{made.json()['id']}"
