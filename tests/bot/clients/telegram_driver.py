"""Telegram in the contract: what a person does in the fake goes through the real client, and what she sees is read off her screen."""

import httpx2

from bot.clients.enrolments import Enrolled, Enrolments
from bot.clients.telegram.client import Shells
from bot.clients.telegram.running import Telegram, TelegramSettings
from bot.clients.telling import Around
from bot.findings import Profile
from bot.gateways.http import Door
from bot.gateways.records import Owner
from bot.guest import guest_step
from bot.render import Rendered, RenderedChoice, RenderedLink
from bot.turn import Shell
from knowledge.texts import Catalogue
from tests.bot.clients.drivers import Driver, MakeShell
from tests.support.telegram.core import TOKEN
from tests.support.telegram.core import Telegram as Fake
from tests.support.telegram.server import Calls, Faults, InProcess, make_app
from tests.support.telegram.wire import Message

ACCOUNT = 4711
ADDRESS = "https://lots.test"
LONGEST = 4096


def _nobody(_request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(404)


class OneEnrolled(Enrolments):
    """The one account speaks for the one person."""

    def __init__(self, staff_id: str) -> None:
        super().__init__(Door(httpx2.AsyncClient(transport=httpx2.MockTransport(_nobody)), ""), "telegram")
        self._staff_id = staff_id

    async def whose(self, account: int | str) -> Enrolled | None:
        return Enrolled(staff_id=self._staff_id) if account == ACCOUNT else None


class TelegramDriver:
    """`keeps_old_buttons`: the cards further up stay on the screen, and a tap on an edited one may be on its way."""

    keeps_old_buttons = True

    def __init__(self, make_shell: MakeShell, profile: Profile, texts: Catalogue) -> None:
        shell = make_shell()
        clock = shell._clock
        self._texts = texts
        self._shell = shell
        self._staff = profile.staff_id
        self.fake = Fake(now=lambda: clock.now().timestamp())
        self.faults = Faults()
        self.client = self._make(self.fake)
        self.owner = Owner("telegram", profile.staff_id)
        self.conversation_id = self.client.chats.name_of(ACCOUNT, profile.staff_id)
        self._seen: dict[int, Message] = {}

    def _make(self, fake: Fake) -> Telegram:
        wire = InProcess(make_app(fake, self.faults, Calls(keep=False)))
        shell = self._shell
        guests = Shell(shell.store, shell._db, shell._api, shell._around, shell._clock, guest_step)
        around = Around(shell._db, shell.store._cipher, shell._clock, shell._around.knowledge, OneEnrolled(self._staff))
        settings = TelegramSettings(TOKEN, "polling", "", ADDRESS, "http://telegram.test", per_second=1000)

        def make_client() -> httpx2.AsyncClient:
            return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=wire))

        return Telegram(settings, Shells(shell, {"sv": guests}), around, make_client)

    async def open(self) -> list[Rendered]:
        await self.client.start()
        return await self.command("start")

    async def reopen(self, before: Driver, /) -> None:
        assert isinstance(before, TelegramDriver)
        await before.client.chats.release_done()
        self.fake, self._seen = before.fake, before._seen
        self.client = self._make(self.fake)
        await self.client.start()

    async def say(self, text: str) -> list[Rendered]:
        """A long text goes as several messages, as Telegram's own clients send it."""
        person = self.fake.person(ACCOUNT)
        for place in range(0, max(len(text), 1), LONGEST):
            person.says(text[place : place + LONGEST])
        return await self._come()

    async def pick(self, choice: RenderedChoice) -> list[Rendered]:
        message_id, _, data = choice.id.partition("|")
        person = self.fake.person(ACCOUNT)
        message = person.chat.message(int(message_id))
        assert message is not None
        callback = person.sends_data(message, data)
        shown = await self._come()
        assert callback in self.fake.answered, "the waiting sign stays on the button"
        return shown

    async def command(self, name: str) -> list[Rendered]:
        return await self.say(f"/{name}")

    async def news(self) -> list[Rendered]:
        await self.client.sweep()
        return self._read()

    async def _come(self) -> list[Rendered]:
        while self.fake.pending:
            update = self.fake.pending.popleft()
            assert await self.client.take_json(update.as_json())
        return self._read()

    def _read(self) -> list[Rendered]:
        """What is new, or reads otherwise than it did."""
        shown = {message.id: message for message in self.fake.person(ACCOUNT).shown}
        fresh = [message for message in shown.values() if self._seen.get(message.id) != message]
        self._seen = shown
        return [_rendered(message) for message in fresh]

    async def close(self) -> None:
        await self.client.stop()


def _rendered(message: Message) -> Rendered:
    choices = tuple(RenderedChoice(f"{message.id}|{b.data}", b.text) for b in message.buttons if b.data is not None)
    links = tuple(RenderedLink(b.text, b.url or b.web_app or "") for b in message.buttons if b.data is None)
    return Rendered(message.text, choices, links)
