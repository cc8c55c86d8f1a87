"""The whole house in a test: message API, staff's pages and chat in one app on an empty database, as `lots.py` composes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.app import create_app
from api.context import Api
from api.demo import load_when_empty
from api.pages.routes import add_pages, make_pages
from api.staff import service as staff
from api.staff.secrets import digest
from api.staff.tables import ApiKeyRow, SessionRow
from bot.assemble import TEMPLATES, Bot, Ground, make_bot
from bot.clients.matrix.running import MatrixSettings
from bot.clients.telegram.running import MakeClient, TelegramSettings
from bot.gateways.http import Door
from common.clock import FixedClock
from common.crypto import Cipher, Keys
from common.database import Database
from common.holidays_se import swedish_free_days
from common.ids import new_id, new_token
from common.settings import Settings
from tests.support.api import Desk, shared_knowledge, shared_reader

ADDRESS = "http://lots.test"


class Switch:
    """An ASGI app with a plug that can be pulled: pulled, no call gets there; deaf, calls get there and no answer comes back.

    `only` limits both to paths that begin so.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.pulled = False
        self.deaf = False
        self.only = "/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        concerned = str(scope.get("path", "")).startswith(self.only)
        if self.pulled and concerned:
            raise httpx2.ConnectError("the plug is pulled")
        await self.app(scope, receive, send)
        if self.deaf and concerned:
            raise httpx2.ReadError("the answer is lost")


@dataclass
class House:
    app: FastAPI
    desk: Desk
    bot: Bot
    clock: FixedClock
    switch: Switch

    @property
    def api(self) -> Api:
        return self.desk.api

    async def person_key(self, staff_id: str) -> str:
        """A key of a person's own, as for a program of hers."""
        key, now = new_token(), self.clock.now()
        async with self.api.db.write() as session:
            session.add(ApiKeyRow(id=new_id(), hash=digest(key), name="test", staff_id=staff_id, created_at=now))
        return key

    async def session(self, staff_id: str) -> str:
        """The cookie of someone who has signed in."""
        token, now = new_token(), self.clock.now()
        async with self.api.db.write() as session:
            ends = now + timedelta(hours=9)
            session.add(SessionRow(hash=digest(token), staff_id=staff_id, created_at=now, expires_at=ends))
        return token

    @asynccontextmanager
    async def browser(self, staff_id: str | None = None, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        """HTTP as a browser without scripts: follows redirects and keeps cookies."""
        cookies = {} if staff_id is None else {"lots_session": await self.session(staff_id)}
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url=ADDRESS, cookies=cookies, headers=headers, follow_redirects=True
        ) as client:
            yield client


@asynccontextmanager
async def open_house(
    db: Database,
    clock: FixedClock,
    settings: Settings,
    telegram: TelegramSettings | None = None,
    telegram_client: MakeClient | None = None,
    matrix: MatrixSettings | None = None,
    trusted: frozenset[str] = frozenset({"web", "console", "api"}),
    keys: Keys | None = None,
) -> AsyncIterator[House]:
    cipher, knowledge = Cipher(keys or Keys.new()), shared_knowledge()
    app = create_app(settings, clock, db, knowledge, cipher, reader=shared_reader())
    add_pages(app)
    await load_when_empty(app.state.api)
    bot_key = await staff.bot_key(app.state.api)
    switch = Switch(app)
    transport = httpx2.ASGITransport(app=switch, raise_app_exceptions=True)
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        ground = Ground(db, cipher, clock, knowledge, shared_reader(), swedish_free_days())
        door = Door(client, bot_key)
        bot = make_bot(ground, door, trusted, telegram, telegram_client, matrix=matrix)
        for router in bot.routers(make_pages(app.state.api, (TEMPLATES,))):
            app.include_router(router)
        yield House(app, Desk(app, clock, bot_key), bot, clock, switch)
