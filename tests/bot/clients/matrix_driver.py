"""Matrix in the contract: what a person does in a room in memory goes through the real client, and what she sees is read off the room."""

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx2

from bot.clients.enrolments import Enrolled, Enrolments
from bot.clients.matrix.client import Shells
from bot.clients.matrix.homeserver import Homeserver
from bot.clients.matrix.rooms import CLIENT
from bot.clients.matrix.running import Matrix, MatrixSettings, Session
from bot.clients.matrix.words import SIGNS, number_of
from bot.clients.telling import Around
from bot.findings import Profile
from bot.gateways.http import Door
from bot.gateways.records import Owner
from bot.guest import guest_step
from bot.render import Rendered, RenderedChoice
from bot.turn import Shell
from knowledge.texts import Catalogue
from tests.bot.clients.drivers import Driver, MakeShell
from tests.support.matrix.memory import BOT, MemoryHomeserver, MemoryRoom, Message

ME = "@sjukskoterska:lots.test"
ROOM = "!r:lots.test"
_CHOICE = re.compile(rf"^({'|'.join(map(re.escape, SIGNS))}|\d+\.) (.*)$")


def _nobody(_request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(404)


class OneEnrolled(Enrolments):
    """The one account speaks for the one person, while `staff_id` says so."""

    def __init__(self, staff_id: str) -> None:
        super().__init__(Door(httpx2.AsyncClient(transport=httpx2.MockTransport(_nobody)), ""), CLIENT)
        self.staff_id: str | None = staff_id
        self.enrolled: Enrolled | None = None
        """Said instead, with hours of quiet."""

    async def whose(self, account: int | str) -> Enrolled | None:
        if account != ME or self.staff_id is None:
            return None
        return self.enrolled or Enrolled(staff_id=self.staff_id)


def _no_connection() -> AbstractAsyncContextManager[Homeserver]:
    raise AssertionError("the homeserver is in memory")


class MatrixDriver:
    """A card that was edited shows no old buttons; what stands further up has tests of its own."""

    keeps_old_buttons = False

    def __init__(self, make_shell: MakeShell, profile: Profile, _texts: Catalogue) -> None:
        self.shell = make_shell()
        self.enrolments = OneEnrolled(profile.staff_id)
        self.server = MemoryHomeserver()
        self.matrix = self._make()
        self.session: Session = self.matrix.session(self.server)
        self.owner = Owner(CLIENT, profile.staff_id)
        self.conversation_id = self.matrix.rooms.place(ROOM, ME, profile.staff_id).conversation_id
        self._seen: dict[str, Message] = {}

    def _make(self) -> Matrix:
        shell = self.shell
        guests = Shell(shell.store, shell._db, shell._api, shell._around, shell._clock, guest_step)
        knowledge = shell._around.knowledge
        around = Around(shell._db, shell.store._cipher, shell._clock, knowledge, self.enrolments)
        allowed = frozenset({"lots.test"})
        settings = MatrixSettings("http://matrix.test", BOT, "", "", allowed, "https://lots.test", Path())
        return Matrix(settings, Shells(shell, guests), around, _no_connection)

    @property
    def room(self) -> MemoryRoom:
        return self.server.rooms[ROOM]

    async def open(self) -> list[Rendered]:
        self.server.invites(ME, ROOM)
        return await self.come()

    async def reopen(self, before: Driver, /) -> None:
        assert isinstance(before, MatrixDriver)
        self.server, self._seen = before.server, before._seen
        self.session = self.matrix.session(self.server)

    async def say(self, text: str) -> list[Rendered]:
        self.server.says(self.room, ME, text)
        return await self.come()

    async def pick(self, choice: RenderedChoice) -> list[Rendered]:
        """By a reaction, as far as there are signs for it; else by its number."""
        event_id, _, number = choice.id.partition("|")
        if int(number) > len(SIGNS):
            return await self.say(number)
        self.server.reacts(self.room, ME, event_id, SIGNS[int(number) - 1])
        return await self.come()

    async def command(self, name: str) -> list[Rendered]:
        return await self.say(f"!{name}")

    async def news(self) -> list[Rendered]:
        await self.session.sweep()
        return await self.come()

    async def come(self) -> list[Rendered]:
        """Everything is heard, and every number is where it should be."""
        while self.server.pending:
            assert await self.session.listen_once(asyncio.Event(), 0)
        await self.session.post.settled()
        return self._read()

    def _read(self) -> list[Rendered]:
        """What is new from Lots, or reads otherwise than it did."""
        shown = {message.event_id: message for message in self.room.screen if message.sender == BOT}
        fresh = [
            message
            for message in shown.values()
            if (old := self._seen.get(message.event_id)) is None or old.edited != message.edited
        ]
        self._seen = shown
        return [_rendered(message) for message in fresh]

    async def close(self) -> None:
        await self.session.close()
        await self.matrix.lease.release()


def _rendered(message: Message) -> Rendered:
    words: list[str] = []
    choices: list[RenderedChoice] = []
    for line in message.plain.split("\n"):
        found = _CHOICE.match(line)
        if found is None:
            words.append(line)
        else:
            choices.append(RenderedChoice(f"{message.event_id}|{number_of(found.group(1))}", found.group(2)))
    signed = [what for _, who, what in message.signs if who == BOT]
    assert signed == list(SIGNS[: len(choices)]), "the numbers on the card are not those of its choices"
    return Rendered("\n".join(words).strip(), tuple(choices))
