"""Brings what was said into the chat: in order, once, and again when it did not get through. Says nothing of its own but the mark of a repeat.

The lines of the conversation are the queue: they are written with the turn, and a chat's row says how far they have been shown.
After a fault before the effect the same is tried again. After an unclear one the message comes at most once more, marked: a note
is put first and the repeat is written into it, since writing into a message can be done again without doubling.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from html import escape
from typing import Final
from weakref import WeakValueDictionary

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, WebAppInfo
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.clients.telegram.buttons import Buttons
from bot.clients.telegram.chats import Address, Chat, Chats, Claim
from bot.clients.telegram.request import Unclear, Wait
from bot.clients.telegram.words import Batch, batches
from bot.gateways.records import Line
from bot.gateways.store import SqlConversationStore
from bot.render import RenderedChoice, RenderedLink
from common.clock import Clock
from knowledge.bundle import HOME_LANGUAGE, Knowledge

TAP: Final = "tap."
"""How the cause of a tap begins; after it the update's and the message's number."""
SAY: Final = "say."
ASKED: Final = (TAP, SAY)
"""What begins the cause of an answer; all other causes are news."""
FIRST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(seconds=30)
SHORT_LABEL: Final = 14
"""Labels up to this long stand side by side."""
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


class _Went(Enum):
    THROUGH = auto()
    LATER = auto()
    """Nothing happened; try again when it is due."""
    MAYBE = auto()
    GONE = auto()
    """The person has blocked the bot, or the chat is no more."""
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class _Sent:
    went: _Went
    message_id: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How links are shown: the pages' address, and whether pages may open inside Telegram (https, or a test server)."""

    address: str
    mini_app: bool


class Post:
    """`bot` answers `send_message`, `edit_message_text`: the real one, of any number of processes."""

    def __init__(
        self,
        bot: Bot,
        chats: Chats,
        store: SqlConversationStore,
        buttons: Buttons,
        knowledge: Knowledge,
        look: Look,
        clock: Clock,
    ) -> None:
        self._bot = bot
        self._chats = chats
        self._store = store
        self._buttons = buttons
        self._knowledge = knowledge
        self._look = look
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._log = structlog.get_logger("telegram")

    async def claiming(self, address: Address) -> Claim:
        """To be written with a turn. Then either `answer` or `let_go` must follow."""
        await self._chats.settled(address)
        return Claim(self._chats, address)

    async def answer(self, address: Address, claim: Claim, lines: Sequence[Line]) -> None:
        """Shows what the turn said, and whatever else is not in the chat yet."""
        async with self._lock(address):
            chat = claim.chat or await self._chats.claim(address, wake=True)
            if chat is not None:
                await self._deliver(chat, lines)

    async def let_go(self, address: Address, claim: Claim) -> None:
        """The turn failed after all; what was said, if anything, is shown when somebody looks again."""
        async with self._lock(address):
            await self._chats.settled(address)
            if claim.chat is not None:
                await self._chats.save(claim.chat, release=True)

    async def deliver(self, address: Address) -> None:
        """Everything said in the conversation that is not in its chat yet."""
        async with self._lock(address):
            chat = await self._chats.claim(address)
            if chat is not None:
                await self._deliver(chat, ())

    def _lock(self, address: Address) -> asyncio.Lock:
        return self._locks.setdefault(address.conversation_id, asyncio.Lock())

    def busy(self, address: Address) -> bool:
        """Whether this very process is showing something there now."""
        lock = self._locks.get(address.conversation_id)
        return lock is not None and lock.locked()

    async def skip(self, address: Address) -> None:
        """Nobody is there to be told: what waits is passed by."""
        chat = await self._chats.claim(address)
        if chat is not None:
            chat.delivered, _ = await self._newest(chat)
            await self._chats.save(chat, release=True)

    async def hold(self, address: Address, until: datetime) -> bool:
        """News wait for the morning; an answer that did not get through does not. Says whether it waits."""
        chat = await self._chats.claim(address)
        if chat is None:
            return True
        lines = await self._store.lines(chat.conversation_id, after=chat.delivered)
        chat.quiet = not any(line.cause.startswith(ASKED) for line in lines)
        chat.due_at = until if chat.quiet else None
        await self._chats.save(chat, release=True)
        return chat.quiet

    async def language_of(self, conversation_id: str) -> str | None:
        """What the person has chosen to read Lots in; None where she has not."""
        stored = (await self._store.open(conversation_id, "")).stored
        return stored.conversation.profile.language if stored and stored.conversation.profile else None

    async def _newest(self, chat: Chat) -> tuple[int, int]:
        return await self._store.newest(chat.conversation_id)

    async def _deliver(self, chat: Chat, known: Sequence[Line]) -> None:
        try:
            lines = known if _next(known, chat) else await self._store.lines(chat.conversation_id, after=chat.delivered)
            await self._show_all(chat, lines)
        except asyncio.CancelledError:
            chat.unclear = True
            raise
        finally:
            if chat.calm:
                self._chats.release_soon(chat)
            else:
                await self._chats.save(chat, release=True)

    async def _show_all(self, chat: Chat, lines: Sequence[Line]) -> None:
        if not lines:
            return
        whole = [line for line in lines if not chat.batch_to or line.number <= chat.batch_to]
        rest = lines[len(whole) :]
        if not whole:  # what had been begun was erased meanwhile
            chat.part, chat.unclear, chat.place_id = 0, False, None
        for place, batch in enumerate([*batches(whole), *batches(rest)]):
            if place:
                await self._chats.save(chat, release=False)
            if not await self._show(chat, batch):
                return
        chat.delivered = lines[-1].number

    async def _show(self, chat: Chat, batch: Batch) -> bool:
        """One batch, part by part; False when the rest must wait."""
        while chat.part < len(batch.parts):
            place = chat.part
            last = place == len(batch.parts) - 1
            markup = self._markup(chat, batch) if last else None
            sent = await self._part(chat, batch, batch.parts[place], markup, first=place == 0)
            if not self._noted(chat, batch, sent):
                return False
            if last:
                chat.card_id = sent.message_id if batch.choices and not batch.lasting else None
        chat.part, chat.batch_to, chat.delivered, chat.last_cause = 0, 0, batch.last, batch.cause
        return True

    def _noted(self, chat: Chat, batch: Batch, sent: _Sent) -> bool:
        """What became of a part, in the row; True when the next may follow."""
        match sent.went:
            case _Went.THROUGH:
                chat.part, chat.attempts, chat.unclear, chat.place_id, chat.due_at = chat.part + 1, 0, False, None, None
                return True
            case _Went.REFUSED:
                self._log.error("telegram refuses a message", conversation=chat.conversation_id, reason=sent.why)
                chat.part, chat.attempts, chat.unclear, chat.place_id, chat.due_at = chat.part + 1, 0, False, None, None
                return True
            case _Went.GONE:
                chat.parked = True
                self._log.info("chat parked", conversation=chat.conversation_id, reason=sent.why)
            case _Went.MAYBE | _Went.LATER:
                chat.batch_to = batch.last
        return False

    async def _part(
        self, chat: Chat, batch: Batch, html: str, markup: InlineKeyboardMarkup | None, *, first: bool
    ) -> _Sent:
        if chat.unclear:
            return await self._repeat(chat, html, markup)
        card = _card(chat, batch) if first else None
        if card is not None:
            changed = await self._try(chat, lambda: self._write(chat.chat_id, card, html, markup), unclear=False)
            if changed.went is not _Went.REFUSED:
                return changed
        return await self._try(chat, lambda: self._send(chat.chat_id, html, markup), unclear=True)

    async def _repeat(self, chat: Chat, html: str, markup: InlineKeyboardMarkup | None) -> _Sent:
        """A note first; when it stands for certain, the repeat is written into it."""
        texts = self._knowledge.speaking(await self.language_of(chat.conversation_id) or HOME_LANGUAGE).texts
        if chat.place_id is None:
            note = escape(texts.text("telegram.repeat.note"))
            placed = await self._try(chat, lambda: self._send(chat.chat_id, note, None), unclear=False)
            if placed.went is not _Went.THROUGH:
                return placed
            chat.place_id = place = placed.message_id or 0
            await self._chats.save(chat, release=False)
        else:
            place = chat.place_id
        marked = f"{escape(texts.text('telegram.repeat.mark'))}\n{html}"
        written = await self._try(chat, lambda: self._write(chat.chat_id, place, marked, markup), unclear=False)
        if written.went is _Went.REFUSED:
            chat.place_id = None
        return written

    async def _try(self, chat: Chat, call: Callable[[], Awaitable[int]], *, unclear: bool) -> _Sent:
        """`unclear`: done twice it would stand there twice."""
        try:
            return _Sent(_Went.THROUGH, await call())
        except Wait as error:
            chat.due_at = self._clock.now() + timedelta(seconds=error.seconds)
            return _Sent(_Went.LATER, why="429")
        except (Forbidden, ChatMigrated) as error:
            return _Sent(_Went.GONE, why=type(error).__name__)
        except BadRequest as error:
            gone = "chat not found" in error.message.lower()
            return _Sent(_Went.GONE if gone else _Went.REFUSED, why=_reason(error))
        except Unclear as error:
            chat.unclear = chat.unclear or unclear
            self._wait(chat)
            return _Sent(_Went.MAYBE, why=error.message)
        except TelegramError as error:
            self._wait(chat)
            return _Sent(_Went.LATER, why=type(error).__name__)

    def _wait(self, chat: Chat) -> None:
        chat.attempts += 1
        factor: int = 2 ** min(chat.attempts - 1, 10)
        chat.due_at = self._clock.now() + min(LONGEST_WAIT, FIRST_WAIT * factor)

    async def _send(self, chat_id: int, html: str, markup: InlineKeyboardMarkup | None) -> int:
        sent = await self._bot.send_message(
            chat_id, html, parse_mode=ParseMode.HTML, reply_markup=markup, link_preview_options=NO_PREVIEW
        )
        return sent.message_id

    async def _write(self, chat_id: int, message_id: int, html: str, markup: InlineKeyboardMarkup | None) -> int:
        """Puts the words into a message that stands there already. That they stand there already is as good."""
        try:
            await self._bot.edit_message_text(
                html,
                chat_id,
                message_id,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                link_preview_options=NO_PREVIEW,
            )
        except BadRequest as error:
            if "message is not modified" not in error.message.lower():
                raise
        return message_id

    # ── buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _markup(self, chat: Chat, batch: Batch) -> InlineKeyboardMarkup | None:
        rows = [[button] for link in batch.links for button in self._link(link)]
        row: list[InlineKeyboardButton] = []
        for choice in batch.choices:
            button = self._choice(chat, choice)
            if row and (len(row) == 2 or len(row[0].text) > SHORT_LABEL or len(button.text) > SHORT_LABEL):
                rows.append(row)
                row = []
            row.append(button)
        rows += [row] if row else []
        return InlineKeyboardMarkup(rows) if rows else None

    def _choice(self, chat: Chat, choice: RenderedChoice) -> InlineKeyboardButton:
        data = self._buttons.data(chat.conversation_id, choice.id)
        return InlineKeyboardButton(choice.label, callback_data=data)

    def _link(self, link: RenderedLink) -> list[InlineKeyboardButton]:
        """A page of our own opens inside Telegram, where it may; another is a link."""
        own = self._look.address
        path = link.url.removeprefix(own) if link.url.startswith((f"{own}/", "/")) else None
        if path is not None and self._look.mini_app:
            return [InlineKeyboardButton(link.label, web_app=WebAppInfo(f"{own}/telegram/app?to={path}"))]
        return [InlineKeyboardButton(link.label, url=link.url if path is None else f"{own}{path}")]


def _card(chat: Chat, batch: Batch) -> int | None:
    """The message that the answer to a tap is written into: the one that was tapped, when nothing came after it."""
    if chat.card_id is None or chat.last_cause == batch.cause or batch.lasting or not batch.cause.startswith(TAP):
        return None
    return chat.card_id if batch.cause.rpartition(".")[2] == str(chat.card_id) else None


def _next(lines: Sequence[Line], chat: Chat) -> bool:
    """Whether these are the lines that follow those in the chat, without a gap."""
    return bool(lines) and lines[0].number == chat.delivered + 1 and lines[-1].number == chat.delivered + len(lines)


def _reason(error: TelegramError) -> str:
    """Telegram's words without what it may quote of ours."""
    return error.message.partition(":")[0][:80]
