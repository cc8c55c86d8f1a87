"""What happens in Matrix rooms as the conversation's events, one turn at a time in each room. Translates; decides nothing about the matter.

What is handed in again has been acted on already: the shell knows it by its event's id and nothing is said twice.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from bot.clients.enrolments import Enrolled, Enrolments, Refusal
from bot.clients.matrix.homeserver import (
    Came,
    Happened,
    Homeserver,
    Invited,
    MatrixError,
    NoText,
    Reacted,
    Refused,
    Said,
    Shown,
    Unreadable,
    Words,
)
from bot.clients.matrix.post import SAY, TAP, Post
from bot.clients.matrix.rooms import CLIENT, Place, Rooms
from bot.clients.matrix.words import number_of
from bot.clients.telling import GUEST
from bot.events import ChoicePicked, CommandGiven, CommandName, Incoming, PersonEvent, TextSaid
from bot.gateways.records import Owner
from bot.turn import Shell, Taken, TooBusy
from common.outbox import rest
from knowledge.bundle import Knowledge

TYPING_SECONDS: Final = 0.5
FOR_TWO: Final = 2
_CODE: Final = re.compile(r"[0-9a-z]{4}(-[0-9a-z]{4}){3}", re.IGNORECASE)
"""An enrolment code as the page shows it, written alone."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Who is in the room, and the conversation that is shown there."""

    place: Place
    owner: Owner

    @property
    def enrolled(self) -> bool:
        return self.owner.staff_id != GUEST


@dataclass(frozen=True, slots=True)
class Shells:
    """The conversation for those who are enrolled, and the small one for all others."""

    staff: Shell
    guests: Shell

    def of(self, talk: Talk) -> Shell:
        return self.staff if talk.enrolled else self.guests


class MatrixClient:
    """One per connection to the homeserver. `allowed` are the servers whose people may invite us."""

    def __init__(
        self,
        server: Homeserver,
        shells: Shells,
        enrolments: Enrolments,
        rooms: Rooms,
        post: Post,
        knowledge: Knowledge,
        allowed: frozenset[str],
        *,
        typing_seconds: float = TYPING_SECONDS,
    ) -> None:
        self._server = server
        self._shells = shells
        self._enrolments = enrolments
        self._rooms = rooms
        self._post = post
        self._knowledge = knowledge
        self._allowed = allowed
        self._typing_seconds = typing_seconds
        self._log = structlog.get_logger("matrix")

    async def take(self, happened: Happened) -> None:
        """One thing that happened, to its end. What it raises says that it must be handed in again."""
        match happened:
            case Invited():
                await self._invited(happened)
            case Shown(event_id=event_id):
                await self._post.came_back(event_id)
            case Came():
                await self._came(happened)
            case _:
                if self._from_allowed(happened.sender) and await self._for_two(happened.room_id, happened.event_id):
                    await self._heard(happened)

    # ── rooms ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _invited(self, invited: Invited) -> None:
        allowed = self._from_allowed(invited.sender)
        with suppress(Refused):
            await (self._server.join if allowed else self._server.leave)(invited.room_id)
        if not allowed:
            self._log.warning("invitation declined", server=_server_of(invited.sender))

    def _from_allowed(self, account: str) -> bool:
        return _server_of(account) in self._allowed

    async def _came(self, came: Came) -> None:
        """Our own coming begins the conversation. An empty room, and one with more people, is left."""
        others = self._server.room(came.room_id).members - {self._server.user}
        if not others:
            with suppress(Refused):
                await self._server.leave(came.room_id)
            return
        if not await self._for_two(came.room_id, came.event_id) or not came.own:
            return
        if await self._encrypted(came.room_id, came.event_id):
            talk = await self._talk(came.room_id, next(iter(others)))
            await self._turn(talk, f"{SAY}{came.event_id}", CommandGiven(CommandName.START))

    async def _for_two(self, room_id: str, event_id: str) -> bool:
        """Said once in a room for more, and left."""
        if len(self._server.room(room_id).members) <= FOR_TWO:
            return True
        with suppress(Refused):
            await self._say(room_id, "matrix.group", f"group.{event_id}")
            await self._server.leave(room_id)
        return False

    async def _encrypted(self, room_id: str, event_id: str) -> bool:
        """Makes the room encrypted, where we may; a room that stays open is left, with the reason."""
        if self._server.room(room_id).encrypted:
            return True
        try:
            await self._server.encrypt(room_id)
        except Refused:
            await self._say(room_id, "matrix.not_encrypted", f"clear.{event_id}")
            await self._server.leave(room_id)
            return False
        return True

    # ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _heard(self, happened: Said | Reacted | Unreadable | NoText) -> None:
        room_id, event_id = happened.room_id, happened.event_id
        talk = await self._talk(room_id, happened.sender)
        match happened:
            case Unreadable(session=session):
                await self._say(room_id, "matrix.unreadable", f"unreadable.{session}", talk)
            case NoText():
                await self._take_away(happened, talk)
                await self._say(room_id, "matrix.only_text", f"kind.{event_id}", talk)
            case Said(clear=True):
                await self._take_away(happened, talk)
                if await self._encrypted(room_id, event_id):
                    await self._say(room_id, "matrix.was_clear", f"clear.{event_id}", talk)
            case Said():
                await self._wrote(happened, talk)
            case Reacted():
                await self._reacted(happened, talk)

    async def _wrote(self, said: Said, talk: Talk) -> None:
        command, given = _command(said.text)
        code = (
            given if command == "start" and given else said.text.strip() if _CODE.fullmatch(said.text.strip()) else ""
        )
        if code:
            await self._redeem(said, talk, code)
            return
        event = await self._event(said.text, command, talk)
        taken = await self._turn(talk, f"{SAY}{said.event_id}", event)
        if taken is not None and isinstance(event, TextSaid) and _must_go(event, taken):
            await self._take_away(said, talk)

    async def _event(self, text: str, command: str, talk: Talk) -> PersonEvent:
        """A number is the choice that stands at it; `!help` and the like are commands; the rest is what it says."""
        if command in {str(name) for name in CommandName}:
            return CommandGiven(CommandName(command))
        number = number_of(text)
        if number is not None:
            choices = await self._post.offered(talk.place)
            if 1 <= number <= len(choices):
                return ChoicePicked(choices[number - 1].id)
        return TextSaid(text)

    async def _redeem(self, said: Said, talk: Talk, code: str) -> None:
        found = await self._enrolments.redeem(code, said.sender, "sv")
        with suppress(Refused):
            await self._redact(said)
        if isinstance(found, Refusal):
            await self._say(said.room_id, "matrix.code_refused", f"code.{said.event_id}", talk, why=found.words)
            return
        enrolled = self._talk_of(said.room_id, said.sender, found)
        await self._turn(enrolled, f"{SAY}{said.event_id}", CommandGiven(CommandName.START))

    async def _reacted(self, reacted: Reacted, talk: Talk) -> None:
        """A number picks; any other sign is a sign."""
        number = number_of(reacted.sign)
        if number is None:
            return
        choices = await self._post.on_card(talk.place, reacted.target)
        if choices is None or not 1 <= number <= len(choices):
            await self._say(reacted.room_id, "matrix.choice_gone", f"choice.{reacted.event_id}", talk)
            return
        picked = ChoicePicked(choices[number - 1].id)
        await self._turn(talk, f"{TAP}{reacted.event_id}|{reacted.target}", picked)

    async def _take_away(self, happened: Said | NoText, talk: Talk) -> None:
        """Where we may not, the person is asked to do it herself."""
        try:
            await self._redact(happened)
        except Refused:
            await self._say(happened.room_id, "matrix.please_remove", f"remove.{happened.event_id}", talk)

    async def _redact(self, happened: Said | NoText) -> None:
        key = self._post.key_of(happened.room_id, f"redact.{happened.event_id}")
        await self._server.redact(happened.room_id, happened.event_id, key)

    # ── a turn ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _talk(self, room_id: str, account: str) -> Talk:
        return self._talk_of(room_id, account, await self._enrolments.whose(account))

    def _talk_of(self, room_id: str, account: str, enrolled: Enrolled | None) -> Talk:
        staff_id = GUEST if enrolled is None else enrolled.staff_id
        return Talk(self._rooms.place(room_id, account, staff_id), Owner(CLIENT, staff_id))

    async def _turn(self, talk: Talk, message_id: str, event: PersonEvent) -> Taken | None:
        incoming = Incoming(talk.place.conversation_id, message_id, event)
        try:
            async with self._typing(talk.place.room_id):
                taken = await self._shells.of(talk).take(incoming, talk.owner)
        except TooBusy:
            await self._say(talk.place.room_id, "web.problem.busy", f"busy.{message_id}", talk)
            return None
        await self._post.deliver(talk.place, wake=True)
        return taken

    @asynccontextmanager
    async def _typing(self, room_id: str) -> AsyncIterator[None]:
        """Shows that Lots is writing, when it takes a while."""
        done = asyncio.Event()

        async def show() -> None:
            await rest(done, self._typing_seconds)
            if done.is_set():
                return
            with suppress(MatrixError):
                await self._server.typing(room_id, on=True)
            await done.wait()
            with suppress(MatrixError):
                await self._server.typing(room_id, on=False)

        showing = asyncio.create_task(show())
        try:
            yield
        finally:
            done.set()
            await showing

    async def _say(self, room_id: str, key: str, cause: str, talk: Talk | None = None, **params: str) -> None:
        """Beside the conversation, once for its cause, in the person's language."""
        words = await self._in_words(key, talk, **params)
        plain = Words(words, "")
        await self._server.send(room_id, plain, self._post.key_of(room_id, cause))

    async def _in_words(self, key: str, talk: Talk | None, **params: str) -> str:
        language = None if talk is None else await self._language(talk)
        knowledge = self._knowledge if language is None else self._knowledge.speaking(language)
        return knowledge.texts.text(key, **params)

    async def _language(self, talk: Talk) -> str | None:
        stored = (await self._shells.of(talk).store.open(talk.place.conversation_id, "")).stored
        profile = stored.conversation.profile if stored else None
        return profile.language if profile else None


def _server_of(account: str) -> str:
    return account.partition(":")[2].lower()


def _command(text: str) -> tuple[str, str]:
    """`!start code` → start, code; `/` does as well, where the person's program lets it through. Empty when it is no command."""
    if not text.startswith(("/", "!")):
        return "", ""
    word, _, given = text[1:].partition(" ")
    return word.lower(), given.strip()


def _must_go(event: TextSaid, taken: Taken) -> bool:
    """What the conversation did not keep as the person's own words may not stay in the room either."""
    if taken.unwanted:
        return True
    return taken.repeat and bool(event.text.strip()) and all(line.author != "person" for line in taken.lines)
