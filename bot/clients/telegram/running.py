"""Telegram put together: the Bot API's client, the two ways updates come in, and what is sent when nobody is writing.

Webhook and polling may be switched at any restart: updates wait at Telegram until they are taken, and one that is taken twice acts once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx2
import structlog
from telegram import Bot, BotCommand, MenuButtonCommands, Update
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder, ContextTypes, TypeHandler

from bot.clients.telegram.aside import Aside
from bot.clients.telegram.buttons import Buttons
from bot.clients.telegram.chats import CLIENT, Address, Chats
from bot.clients.telegram.client import Shells, TelegramClient
from bot.clients.telegram.polling import KINDS, LONG_POLL_SECONDS, Poller
from bot.clients.telegram.post import Look, Post
from bot.clients.telegram.request import LotsRequest
from bot.clients.telling import SWEPT, Around, sweep_until, tell
from bot.events import CommandName
from bot.gateways.lease import FollowerLease
from common.errors import DatabaseUnavailable
from common.log import where_it_broke
from common.outbox import Handler, rest
from common.settings import Settings

API_URL: Final = "https://api.telegram.org"
SECONDS: Final = 10.0
SAVE_SECONDS: Final = 0.2
"""How long it may stay unsaved that an answer has been shown. After a crash just then it comes again, marked."""
COMMANDS: Final = tuple(CommandName)
LANGUAGES: Final = {"": "telegram.command", "en": "telegram.command_en"}
"""Telegram's language code → where the descriptions are; the first is for everyone else."""
WEBHOOK_PATH: Final = "/telegram/webhook"

LotsApplication = Application[Any, Any, Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """`api_url` is another than Telegram's only for tests and demos, where pages may be shown without https."""

    token: str = field(repr=False)
    mode: Literal["polling", "webhook"]
    webhook_secret: str = field(repr=False)
    address: str
    """Where people, and Telegram, reach Lots."""
    api_url: str = API_URL
    per_second: int = 30
    """Telegram's own limit for a bot, over all chats."""
    seconds: float = SECONDS
    long_poll: int = LONG_POLL_SECONDS

    @property
    def mini_app(self) -> bool:
        return self.address.startswith("https://") or self.api_url != API_URL


def settings_of(settings: Settings) -> TelegramSettings | None:
    """None when the instance has no bot in Telegram."""
    token = settings.telegram_token.get_secret_value()
    if not token:
        return None
    return TelegramSettings(
        token=token,
        mode=settings.telegram_mode,
        webhook_secret=settings.telegram_webhook_secret.get_secret_value(),
        address=settings.address,
        api_url=settings.telegram_api_url.rstrip("/") or API_URL,
        per_second=settings.telegram_per_second,
    )


MakeClient = Callable[[], httpx2.AsyncClient]


class Telegram:
    """One per process; any number of processes by webhook, one at a time polls."""

    def __init__(
        self, settings: TelegramSettings, shells: Shells, around: Around, make_client: MakeClient = httpx2.AsyncClient
    ) -> None:
        self.settings = settings
        self._around = around
        self._store = shells.staff.store
        self.application = self._application(make_client)
        self._log = structlog.get_logger("telegram")
        bot: Bot = self.application.bot
        buttons = Buttons(around.cipher.lookup)
        self.chats = Chats(around.db, around.cipher, around.clock)
        look = Look(settings.address, settings.mini_app)
        self.post = Post(bot, self.chats, self._store, buttons, around.knowledge, look, around.clock)
        self._aside = Aside(bot, around.db, around.cipher, around.clock, around.knowledge)
        self.client = TelegramClient(bot, shells, around.enrolments, self.chats, self.post, self._aside, buttons)
        self.poller = Poller(bot, FollowerLease(around.db, around.clock, CLIENT), self.take, seconds=settings.long_poll)
        self._left: set[int] = set()

    def _application(self, make_client: MakeClient) -> LotsApplication:
        limiter = AIORateLimiter(overall_max_rate=self.settings.per_second)
        seconds = self.settings.seconds
        built = (
            ApplicationBuilder()
            .token(self.settings.token)
            .base_url(f"{self.settings.api_url}/bot")
            .request(LotsRequest(make_client(), seconds=seconds))
            .get_updates_request(LotsRequest(make_client(), seconds=seconds))
            .rate_limiter(limiter)
            .updater(None)
            .build()
        )
        built.add_handler(TypeHandler(Update, self._handle))
        return built

    # ── updates ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def take(self, update: Update) -> bool:
        """False when it must be handed in again: the database or the message API is away."""
        await self.application.process_update(update)
        if update.update_id in self._left:
            self._left.discard(update.update_id)
            return False
        return True

    async def take_json(self, body: dict[str, Any]) -> bool:
        return await self.take(Update.de_json(body, self.application.bot))

    async def _handle(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        try:
            await self.client.take(update)
        except Exception as error:  # noqa: BLE001 - the outer edge: the update comes again, and others must not wait
            self._left.add(update.update_id)
            self._log.error(
                "update failed", update=update.update_id, error=type(error).__name__, at=where_it_broke(error)
            )

    # ── while the server runs ───────────────────────────────────────────────────────────────────────────────────────

    def handlers(self) -> dict[str, Handler]:
        return self._aside.handlers()

    async def start(self) -> None:
        await self.application.initialize()

    async def stop(self) -> None:
        await self.application.shutdown()
        await self.chats.release_done()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop. Telegram need not be there at the start."""
        if not await self._greeted(stop):
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(sweep_until(stop, self.sweep, CLIENT))
                tasks.create_task(self._save_until(stop))
                if self.settings.mode == "polling":
                    tasks.create_task(self.poller.run(stop))
        finally:
            await self.stop()

    async def _greeted(self, stop: asyncio.Event) -> bool:
        while not stop.is_set():
            try:
                await self.start()
                await self.introduce()
            except TelegramError as error:
                self._log.warning("telegram cannot be reached", error=type(error).__name__)
                await rest(stop, SECONDS)
            else:
                return True
        return False

    async def introduce(self) -> None:
        """Commands, menu, and how updates are to come. None that waits is dropped."""
        bot = self.application.bot
        for language, place in LANGUAGES.items():
            said = [BotCommand(name, self._around.knowledge.texts.text(f"{place}.{name}")) for name in COMMANDS]
            await bot.set_my_commands(said, language_code=language or None)
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
        if self.settings.mode == "webhook":
            url = f"{self.settings.address}{WEBHOOK_PATH}"
            await bot.set_webhook(
                url, allowed_updates=KINDS, secret_token=self.settings.webhook_secret, max_connections=100
            )
        else:
            await bot.delete_webhook(drop_pending_updates=False)

    async def _save_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.chats.release_done()
            except DatabaseUnavailable as error:
                self._log.warning("telegram waits", error=type(error).__name__)
            await rest(stop, SAVE_SECONDS)

    async def sweep(self) -> int:
        """Brings what nobody waits for at the moment: news, and what did not get through before."""
        await self.chats.release_done()
        waiting = await self.chats.waiting(SWEPT)
        free = [address for address in waiting if not self.post.busy(address)]
        told = await asyncio.gather(*(self._tell(address) for address in free))
        return sum(told)

    async def _tell(self, address: Address) -> bool:
        owner = address.conversation_id.rpartition(":")[2]
        return await tell(self.post, address, address.chat_id, owner, self._around)
