"""Puts the bot's parts together over a database and a door to the message API. Starts nothing: no server, no worker, no migration.

client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url="http://lots")
bot = make_bot(Ground(db, cipher, clock, knowledge, reader, swedish_free_days()), Door(client, bot_key), trusted)
for router in bot.routers(pages): app.include_router(router)      # pages: common.web Pages with `TEMPLATES`
stop = asyncio.Event(); task = asyncio.create_task(bot.worker.run(stop))
…
bot.shell.news.close()  # when the server is told to stop: streams end
stop.set(); await task
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter

from bot.clients.api import chat_api_router
from bot.clients.web.routes import TEMPLATES, ChatPage, chat_page_router
from bot.gateways.http import Door
from bot.gateways.lease import FollowerLease
from bot.gateways.message_api import HttpMessageApi
from bot.gateways.store import SqlConversationStore
from bot.turn import Shell, Surroundings
from bot.worker import BotWorker, Follower, Forgetter
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database
from common.outbox import Worker
from common.web.pages import Pages
from knowledge.bundle import Knowledge
from knowledge.texts import Catalogue
from triage.reading import Reader

__all__ = ["TEMPLATES", "Bot", "Ground", "make_bot"]

EVENTS = "message_api"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the bot stands on, shared with the rest of the server."""

    db: Database
    cipher: Cipher
    clock: Clock
    knowledge: Knowledge
    reader: Reader
    is_holiday: Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Bot:
    shell: Shell
    api: HttpMessageApi
    worker: BotWorker
    outbox: Worker
    follower: Follower
    texts: Catalogue

    def routers(self, pages: Pages) -> tuple[APIRouter, ...]:
        """The chat over HTTP and the chat page."""
        page = ChatPage(self.shell, self.api, pages, self.texts)
        return chat_api_router(self.shell, self.api, self.texts), chat_page_router(page)


def make_bot(ground: Ground, door: Door, trusted: frozenset[str]) -> Bot:
    """`trusted`: the clients (`web`, `console`, `api`) that the data controller lets carry patient data."""
    knowledge, clock = ground.knowledge, ground.clock
    api = HttpMessageApi(door)
    store = SqlConversationStore(ground.db, ground.cipher, clock)
    around = Surroundings(knowledge, ground.reader, knowledge.texts, ground.is_holiday, trusted)
    shell = Shell(store, ground.db, api, around, clock)
    outbox = Worker(ground.db, clock, shell.handlers())
    follower = Follower(shell, api, FollowerLease(ground.db, clock, EVENTS))
    worker = BotWorker(outbox, follower, Forgetter(store, clock))
    return Bot(shell, api, worker, outbox, follower, knowledge.texts)
