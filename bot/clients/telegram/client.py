"""Telegram's updates as the conversation's events, one turn at a time in each chat. Translates; decides nothing about the matter.

An update that is handed in again has been acted on already: the shell knows it by its number and nothing is said twice.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

import structlog
from telegram import Bot, CallbackQuery, Message, Update, User
from telegram.constants import ChatAction, ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.clients.enrolments import Enrolled, Enrolments, Refusal
from bot.clients.telegram.aside import Aside
from bot.clients.telegram.buttons import Buttons
from bot.clients.telegram.chats import CLIENT, Address, Chats
from bot.clients.telegram.post import SAY, TAP, Post
from bot.clients.telling import GUEST
from bot.events import ChoicePicked, CommandGiven, CommandName, Incoming, PersonEvent, TextSaid
from bot.gateways.records import Owner
from bot.turn import Shell, Taken, TooBusy
from knowledge.bundle import HOME_LANGUAGE

TYPING_SECONDS: Final = 0.5
KEPT: Final = (ChatMemberStatus.MEMBER, ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Talk:
    """Who is in the chat, and the conversation that is shown there."""

    address: Address
    owner: Owner
    language: str
    """Of the account; what the person has chosen for herself goes before it."""

    @property
    def enrolled(self) -> bool:
        return self.owner.staff_id != GUEST


@dataclass(frozen=True, slots=True)
class Shells:
    """The conversation for those who are enrolled, and the small one for all others, by language."""

    staff: Shell
    guests: Mapping[str, Shell]

    def of(self, talk: Talk) -> Shell:
        if talk.enrolled:
            return self.staff
        return self.guests.get(talk.language) or self.guests[HOME_LANGUAGE]


class TelegramClient:
    def __init__(
        self,
        bot: Bot,
        shells: Shells,
        enrolments: Enrolments,
        chats: Chats,
        post: Post,
        aside: Aside,
        buttons: Buttons,
        *,
        typing_seconds: float = TYPING_SECONDS,
    ) -> None:
        self._bot = bot
        self._shells = shells
        self._enrolments = enrolments
        self._chats = chats
        self._post = post
        self._aside = aside
        self._buttons = buttons
        self._typing_seconds = typing_seconds
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._log = structlog.get_logger("telegram")

    async def take(self, update: Update) -> None:
        """One update, to its end. What it raises says that it must be handed in again."""
        chat = update.effective_chat
        if chat is None:
            return
        if chat.type != ChatType.PRIVATE:
            if update.message is not None or update.callback_query is not None:
                spoken = _spoken(update.effective_user)
                await self._aside.say(chat.id, "telegram.group", f"group.{update.update_id}", spoken)
            return
        lock = self._locks.setdefault(chat.id, asyncio.Lock())
        async with lock:
            if update.my_chat_member is not None:
                status = update.my_chat_member.new_chat_member.status
                await self._chats.park(chat.id, parked=status not in KEPT)
            elif update.callback_query is not None:
                await self._tapped(update.update_id, chat.id, update.callback_query)
            elif update.message is not None:
                await self._wrote(update.update_id, chat.id, update.message)
            elif update.edited_message is not None:
                await self._edited(update.update_id, chat.id, update.edited_message)

    # ── words and commands ──────────────────────────────────────────────────────────────────────────────────────────

    async def _wrote(self, update_id: int, chat_id: int, message: Message) -> None:
        text = message.text
        if text is None:
            await self._only_text(update_id, chat_id, message)
            return
        command, rest = _command(text)
        if command == "start" and rest:
            await self._redeem(update_id, chat_id, message, rest)
            return
        talk = await self._talk(chat_id, message.from_user)
        name = next((name for name in CommandName if command == name), None)
        event: PersonEvent = CommandGiven(name) if name is not None else TextSaid(text)
        taken = await self._turn(talk, f"{SAY}{update_id}", event)
        if taken is not None and isinstance(event, TextSaid) and _must_go(event, taken):
            await self._aside.erase(chat_id, message.message_id)

    async def _edited(self, update_id: int, chat_id: int, message: Message) -> None:
        """What is changed afterwards is not said anew. But what may not stay goes."""
        if message.text is None:
            await self._only_text(update_id, chat_id, message)
            return
        talk = await self._talk(chat_id, message.from_user)
        if self._shells.of(talk).holds_unwanted(message.text, talk.owner):
            await self._aside.erase(chat_id, message.message_id)
            await self._aside.say(chat_id, "telegram.edited", f"edited.{update_id}", await self._language(talk))

    async def _only_text(self, update_id: int, chat_id: int, message: Message) -> None:
        await self._aside.erase(chat_id, message.message_id)
        talk = await self._talk(chat_id, message.from_user)
        await self._aside.say(chat_id, "telegram.only_text", f"kind.{update_id}", await self._language(talk))

    async def _redeem(self, update_id: int, chat_id: int, message: Message, code: str) -> None:
        spoken = _spoken(message.from_user)
        found = await self._enrolments.redeem(code, chat_id, spoken)
        await self._aside.erase(chat_id, message.message_id)
        if isinstance(found, Refusal):
            await self._aside.say(chat_id, "telegram.code_refused", f"code.{update_id}", spoken, why=found.words)
            return
        await self._turn(self._talk_of(chat_id, found, spoken), f"{SAY}{update_id}", CommandGiven(CommandName.START))

    # ── buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _tapped(self, update_id: int, chat_id: int, query: CallbackQuery) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._heard(query))
            talk = await self._talk(chat_id, query.from_user)
            choice = self._buttons.read(talk.address.conversation_id, query.data or "")
            if choice is None:
                self._log.warning("button refused", update=update_id)
                language = await self._language(talk)
                await self._aside.say(chat_id, "telegram.button_unknown", f"button.{update_id}", language)
                return
            message_id = query.message.message_id if query.message else 0
            await self._turn(talk, f"{TAP}{update_id}.{message_id}", ChoicePicked(choice))

    async def _heard(self, query: CallbackQuery) -> None:
        """Takes the waiting sign off the button. Too late or not at all: the answer comes anyway."""
        with suppress(TelegramError):
            await self._bot.answer_callback_query(query.id)

    # ── a turn ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _talk(self, chat_id: int, user: User | None) -> Talk:
        return self._talk_of(chat_id, await self._enrolments.whose(chat_id), _spoken(user))

    def _talk_of(self, chat_id: int, enrolled: Enrolled | None, spoken: str) -> Talk:
        staff_id, language = (GUEST, spoken) if enrolled is None else (enrolled.staff_id, enrolled.language)
        return Talk(Address(self._chats.name_of(chat_id, staff_id), chat_id), Owner(CLIENT, staff_id), language)

    async def _language(self, talk: Talk) -> str:
        return await self._post.language_of(talk.address.conversation_id) or talk.language

    async def _turn(self, talk: Talk, message_id: str, event: PersonEvent) -> Taken | None:
        incoming = Incoming(talk.address.conversation_id, message_id, event)
        claim = await self._post.claiming(talk.address)
        try:
            async with self._typing(talk.address.chat_id):
                taken = await self._shells.of(talk).take(incoming, talk.owner, claim)
        except BaseException as error:
            await self._post.let_go(talk.address, claim)
            if not isinstance(error, TooBusy):
                raise
            await self._aside.say(talk.address.chat_id, "web.problem.busy", f"busy.{message_id}", talk.language)
            return None
        await self._post.answer(talk.address, claim, taken.lines)
        return taken

    @asynccontextmanager
    async def _typing(self, chat_id: int) -> AsyncIterator[None]:
        """Shows that Lots is writing, when it takes a while."""

        async def show() -> None:
            await asyncio.sleep(self._typing_seconds)
            with suppress(TelegramError):
                await self._bot.send_chat_action(chat_id, ChatAction.TYPING)

        showing = asyncio.create_task(show())
        try:
            yield
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing


def _spoken(user: User | None) -> str:
    """The language of the person's own Telegram."""
    return ((user.language_code if user else None) or HOME_LANGUAGE)[:2]


def _command(text: str) -> tuple[str, str]:
    """`/start@lots_bot code` → start, code. Empty when it is no command."""
    if not text.startswith("/"):
        return "", ""
    word, _, rest = text[1:].partition(" ")
    return word.partition("@")[0].lower(), rest.strip()


def _must_go(event: TextSaid, taken: Taken) -> bool:
    """What the conversation did not keep as the person's own words may not stay in the chat either."""
    if taken.unwanted:
        return True
    return taken.repeat and bool(event.text.strip()) and all(line.author != "person" for line in taken.lines)
