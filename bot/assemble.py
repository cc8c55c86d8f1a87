"""Puts the bot's parts together over a database and a door to the message API. Starts nothing: no server, no worker, no migration.

client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url="http://lots")
bot = make_bot(Ground(db, cipher, clock, knowledge, reader, swedish_free_days()), Door(client, bot_key), trusted)
for router in bot.routers(pages): app.include_router(router)      # pages: common.web Pages with `TEMPLATES`
stop = asyncio.Event(); task = asyncio.create_task(bot.worker.run(stop))
…
bot.shell.news.close()  # when the server is told to stop: streams end
stop.set(); await task
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from fastapi import APIRouter

from bot.clients.api import chat_api_router
from bot.clients.visitors import Directory
from bot.clients.web.practice import PracticePage, practice_page_router
from bot.clients.web.routes import TEMPLATES, ChatPage, chat_page_router
from bot.exercises import ExerciseFollower
from bot.gateways.http import Door
from bot.gateways.lease import FollowerLease
from bot.gateways.message_api import HttpMessageApi
from bot.gateways.near import Near, WithNear
from bot.gateways.seats import Seats
from bot.gateways.store import SqlConversationStore
from bot.guest import guest_step
from bot.outages import OutageFollower
from bot.practice.gateway import Announcer, WithPractice
from bot.practice.store import PracticeStore
from bot.turn import Shell, Surroundings
from bot.worker import BotWorker, Follower, Forgetter, Loop
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database
from common.outbox import Worker
from common.settings import Settings
from common.web.pages import Pages
from knowledge.bundle import Knowledge
from knowledge.texts import Catalogue
from triage.reading import Reader

if TYPE_CHECKING:
    from bot.clients.matrix.running import Connect, Matrix, MatrixSettings
    from bot.clients.telegram.running import MakeClient, Telegram, TelegramSettings

__all__ = ["TEMPLATES", "Bot", "Ground", "make_bot", "matrix_of", "telegram_of"]

EVENTS = "message_api"
OUTAGES = "outages"
EXERCISES = "exercises"


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
class Practising:
    """What the page of one's own practice stands on."""

    store: PracticeStore
    knowledge: Knowledge
    clock: Clock


Nearer = Callable[[str, str], Awaitable[object | None]]
"""A client and an account in it: whom it speaks for."""


@dataclass(frozen=True, slots=True)
class Enrolling:
    """Where to ask whose an account is."""

    door: Door
    nearer: Nearer | None


@dataclass(frozen=True, slots=True)
class Bot:
    shell: Shell
    api: HttpMessageApi
    worker: BotWorker
    outbox: Worker
    follower: Follower
    texts: Catalogue
    practice: "Practising"
    telegram: "Telegram | None" = None
    matrix: "Matrix | None" = None

    def routers(self, pages: Pages, directory: Directory | None = None) -> tuple[APIRouter, ...]:
        """The chat over HTTP and the chat page. `directory`: a nearer one than the message API's door."""
        asked = directory or self.api
        page = ChatPage(self.shell, asked, pages, self.texts)
        own = PracticePage(self.practice.store, asked, pages, self.practice.knowledge, self.practice.clock)
        routers = chat_api_router(self.shell, asked, self.texts), chat_page_router(page), practice_page_router(own)
        if self.telegram is None:
            return routers
        from bot.clients.telegram.routes import webhook_router

        return *routers, webhook_router(self.telegram)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """What runs beside the server until it is told to stop."""
        clients = (client.run for client in (self.telegram, self.matrix) if client is not None)
        return self.worker.run, *clients


def telegram_of(settings: Settings) -> "TelegramSettings | None":
    """None when the instance has no bot in Telegram; nothing of its library is loaded then."""
    if not settings.telegram_token.get_secret_value():
        return None
    from bot.clients.telegram.running import settings_of

    return settings_of(settings)


def matrix_of(settings: Settings) -> "MatrixSettings | None":
    """None when the instance is not in Matrix."""
    if not settings.matrix_homeserver:
        return None
    from bot.clients.matrix.running import settings_of

    return settings_of(settings)


def make_bot(
    ground: Ground,
    door: Door,
    trusted: frozenset[str],
    telegram: "TelegramSettings | None" = None,
    make_client: "MakeClient | None" = None,
    nearer: Nearer | None = None,
    matrix: "MatrixSettings | None" = None,
    connect: "Connect | None" = None,
    near: Near | None = None,
) -> Bot:
    """`trusted`: the clients (`web`, `console`, `api`) that the data controller lets carry patient data.

    `telegram` None: Lots is not there. `make_client` gives another HTTP client to reach it with; `nearer` says whose an account is
    without the message API's door, and `near` what is asked most. `connect` gives another homeserver than the settings' own.
    """
    knowledge, clock = ground.knowledge, ground.clock
    api = HttpMessageApi(door)
    store = SqlConversationStore(ground.db, ground.cipher, clock)
    around = Surroundings(knowledge, ground.reader, ground.is_holiday, trusted)
    practice = PracticeStore(ground.db, ground.cipher, clock)
    answers = api if near is None else WithNear(api, near)
    shell = Shell(store, ground.db, WithPractice(answers, practice), around, clock)
    there = (
        None if telegram is None else _telegram(ground, Enrolling(door, nearer), shell, around, telegram, make_client)
    )
    announcer = Announcer(shell, practice, clock)
    others = {**announcer.handlers(), **(there.handlers() if there else {})}
    outbox = Worker(ground.db, clock, {**shell.handlers(), **others})
    follower = Follower(shell, api, FollowerLease(ground.db, clock, EVENTS))
    outages = OutageFollower(shell, api, FollowerLease(ground.db, clock, OUTAGES))
    exercises = ExerciseFollower(shell, answers, Seats(ground.db), FollowerLease(ground.db, clock, EXERCISES))
    also = outages.follow_once, exercises.follow_once
    worker = BotWorker(outbox, follower, Forgetter(store, clock), shell.preparations(), also)
    own = Practising(practice, knowledge, clock)
    rooms = None if matrix is None else _matrix(ground, Enrolling(door, nearer), shell, around, matrix, connect)
    return Bot(shell, api, worker, outbox, follower, knowledge.texts, own, there, rooms)


def _telegram(
    ground: Ground,
    enrolling: Enrolling,
    shell: Shell,
    around: Surroundings,
    settings: "TelegramSettings",
    make_client: "MakeClient | None",
) -> "Telegram":
    """Imported only where it is used: its library takes a while to load."""
    import httpx2

    from bot.clients.enrolments import Enrolments
    from bot.clients.telegram.chats import CLIENT
    from bot.clients.telegram.client import Shells
    from bot.clients.telegram.running import Telegram
    from bot.clients.telling import Around

    knowledge, door = around.knowledge, HttpMessageApi(enrolling.door)
    spoken = {language: replace(around, knowledge=knowledge.speaking(language)) for language in knowledge.languages}
    guests = {
        language: Shell(shell.store, ground.db, door, here, ground.clock, guest_step)
        for language, here in spoken.items()
    }
    enrolments = Enrolments(enrolling.door, CLIENT, enrolling.nearer)
    place = Around(ground.db, ground.cipher, ground.clock, knowledge, enrolments)
    return Telegram(settings, Shells(shell, guests), place, make_client or httpx2.AsyncClient)


def _matrix(
    ground: Ground,
    enrolling: Enrolling,
    shell: Shell,
    around: Surroundings,
    settings: "MatrixSettings",
    connect: "Connect | None",
) -> "Matrix":
    """Imported only where it is used: its library is an extra."""
    from bot.clients.enrolments import Enrolments
    from bot.clients.matrix.client import Shells
    from bot.clients.matrix.rooms import CLIENT
    from bot.clients.matrix.running import Matrix, connect_with_nio
    from bot.clients.telling import Around

    guests = Shell(shell.store, ground.db, HttpMessageApi(enrolling.door), around, ground.clock, guest_step)
    enrolments = Enrolments(enrolling.door, CLIENT, enrolling.nearer)
    place = Around(ground.db, ground.cipher, ground.clock, around.knowledge, enrolments)
    return Matrix(settings, Shells(shell, guests), place, connect or connect_with_nio(settings, ground.cipher))
