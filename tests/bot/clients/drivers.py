"""One way to chat per client: say, tap and command go in at the client's own edge, and what a person would see comes out.

Adding a client to the contract is one driver and its line in `suite.py`.
"""

import asyncio
import io
import re
from collections.abc import Callable
from typing import Protocol

import httpx2
from fastapi import FastAPI
from rich.console import Console

from bot.clients.api import chat_api_router
from bot.clients.console import ConsoleClient
from bot.clients.web.routes import TEMPLATES, ChatPage, chat_page_router
from bot.findings import Profile
from bot.gateways.http import Credential
from bot.gateways.records import Owner
from bot.render import Rendered, RenderedChoice, RenderedLink
from bot.turn import Shell
from common.ids import new_token
from common.web.pages import SESSION_COOKIE, Pages
from knowledge.texts import Catalogue
from tests.support.pages import ChatHtml

MakeShell = Callable[[], Shell]


class Driver(Protocol):
    owner: Owner
    conversation_id: str
    keeps_old_buttons: bool
    """Whether a button of long ago can still be pressed here."""

    async def open(self) -> list[Rendered]:
        """The conversation is begun; what it greets with."""

    async def reopen(self, before: "Driver", /) -> None:
        """After a restart: what stands there already is no news. `before` is the driver that was closed."""

    async def say(self, text: str) -> list[Rendered]: ...

    async def pick(self, choice: RenderedChoice) -> list[Rendered]: ...

    async def command(self, name: str) -> list[Rendered]: ...

    async def news(self) -> list[Rendered]:
        """What has come by itself."""

    async def close(self) -> None: ...


class Known:
    """The directory of one person, who is always signed in."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    async def who(self, credential: Credential) -> Profile | None:
        return self.profile if credential.bearer or credential.session else None

    async def waiting(self, credential: Credential) -> int | None:
        return 0 if credential.bearer or credential.session else None


class ApiDriver:
    """The chat over HTTP as JSON."""

    keeps_old_buttons = True

    def __init__(self, make_shell: MakeShell, profile: Profile, texts: Catalogue) -> None:
        app = FastAPI()
        app.include_router(chat_api_router(make_shell(), Known(profile), texts))
        self.owner, self.conversation_id = Owner("api", profile.staff_id), "api:samtal"
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://lots.test", headers={"Authorization": "Bearer x"}
        )
        self._last = 0

    async def open(self) -> list[Rendered]:
        return await self.command("start")

    async def reopen(self, _before: Driver, /) -> None:
        await self.news()

    async def say(self, text: str) -> list[Rendered]:
        return await self._send({"text": text})

    async def pick(self, choice: RenderedChoice) -> list[Rendered]:
        return await self._send({"choice": choice.id})

    async def command(self, name: str) -> list[Rendered]:
        return await self._send({"command": name})

    async def _send(self, event: dict[str, str]) -> list[Rendered]:
        answer = await self._client.post(_EVENTS, json={"message_id": new_token(), **event})
        assert answer.status_code == 200, answer.text
        return self._read(answer)

    async def news(self) -> list[Rendered]:
        return self._read(await self._client.get(_EVENTS, params={"after": self._last}))

    def _read(self, answer: httpx2.Response) -> list[Rendered]:
        replies = answer.json()["replies"]
        self._last = max([self._last, *(int(reply["id"]) for reply in replies)])
        return [
            Rendered(
                reply["text"],
                tuple(RenderedChoice(c["id"], c["label"]) for c in reply["choices"]),
                tuple(RenderedLink(link["label"], link["url"]) for link in reply["links"]),
            )
            for reply in replies
        ]

    async def close(self) -> None:
        await self._client.aclose()


_EVENTS = "/api/v1/chat/samtal/events"


class WebDriver:
    """The chat page, without scripts."""

    keeps_old_buttons = True

    def __init__(self, make_shell: MakeShell, profile: Profile, texts: Catalogue) -> None:
        shell = make_shell()
        pages = Pages(texts.text, (TEMPLATES,), sign=str.upper, now=shell._clock.now, new_token=new_token)
        app = FastAPI()
        app.include_router(chat_page_router(ChatPage(shell, Known(profile), pages, texts)))
        self.owner, self.conversation_id = Owner("web", profile.staff_id), f"web:{profile.staff_id}"
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url="http://lots.test",
            cookies={SESSION_COOKIE: "x"},
            follow_redirects=True,
        )
        self._page = ChatHtml("")
        self._last = 0

    async def open(self) -> list[Rendered]:
        return await self.news()

    async def reopen(self, _before: Driver, /) -> None:
        await self.news()

    async def say(self, text: str) -> list[Rendered]:
        return await self._post({**self._page.box.fields, "text": text})

    async def pick(self, choice: RenderedChoice) -> list[Rendered]:
        return await self._post({**self._page.box.fields, "choice": choice.id})

    async def command(self, name: str) -> list[Rendered]:
        return await self._post({**self._page.box.fields, "command": name})

    async def _post(self, fields: dict[str, str]) -> list[Rendered]:
        return self._read(await self._client.post("/chat", data=fields))

    async def news(self) -> list[Rendered]:
        return self._read(await self._client.get("/chat"))

    def _read(self, answer: httpx2.Response) -> list[Rendered]:
        assert answer.status_code == 200, answer.text
        self._page = ChatHtml(answer.text)
        fresh = [said for said in self._page.said if said.number > self._last]
        self._last = max([self._last, *(said.number for said in fresh)])
        return [said.rendered for said in fresh if said.who == "lots"]

    async def close(self) -> None:
        await self._client.aclose()


_NUMBERED = re.compile(r"^ {2}(\d+)\. (.*)$")
_FRAME = re.compile(r"^│ ?(.*?) *│$")


class ConsoleDriver:
    """The terminal: lines go in, what is printed comes out, choices are picked by their number."""

    keeps_old_buttons = False

    def __init__(self, make_shell: MakeShell, profile: Profile, texts: Catalogue) -> None:
        self.owner, self.conversation_id = Owner("console", profile.staff_id), f"console:{profile.staff_id}"
        self._printed = io.StringIO()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._asks = asyncio.Event()
        screen = Console(file=self._printed, width=5_000, highlight=False)
        self._client = ConsoleClient(make_shell(), profile.staff_id, texts, screen, self._read_line)
        self._running: asyncio.Task[None] | None = None
        self._labels: tuple[str, ...] = ()

    async def _read_line(self, _prompt: str) -> str | None:
        self._asks.set()
        return await self._lines.get()

    async def open(self) -> list[Rendered]:
        self._running = asyncio.create_task(self._client.run())
        return await self._until_it_asks()

    async def reopen(self, _before: Driver, /) -> None:
        await self.open()

    async def say(self, text: str) -> list[Rendered]:
        return await self._type(text)

    async def pick(self, choice: RenderedChoice) -> list[Rendered]:
        if choice.label in self._labels:
            return await self._type(str(self._labels.index(choice.label) + 1))
        return await self._type(choice.label)

    async def command(self, name: str) -> list[Rendered]:
        return await self._type(f"/{name}")

    async def news(self) -> list[Rendered]:
        async with self._client._turn:
            await self._client._show_new(aside=True)
        return self._take()

    async def _type(self, line: str) -> list[Rendered]:
        self._asks.clear()
        self._lines.put_nowait(line)
        return await self._until_it_asks()

    async def _until_it_asks(self) -> list[Rendered]:
        await asyncio.wait_for(self._asks.wait(), 30)
        return self._take()

    def _take(self) -> list[Rendered]:
        printed = self._printed.getvalue()
        self._printed.seek(0)
        self._printed.truncate()
        lines = [line.rstrip() for line in printed.splitlines() if not line.startswith(("╭", "╰"))]
        numbered = [found.group(2) for line in lines if (found := _NUMBERED.match(line))]
        words = [_FRAME.sub(r"\1", line) for line in lines if not _NUMBERED.match(line)]
        if numbered:
            self._labels = tuple(numbered)
        choices = tuple(RenderedChoice(label, label) for label in numbered)
        return [Rendered("\n".join(words), choices)] if any(words) else []

    async def close(self) -> None:
        self._lines.put_nowait(None)
        if self._running is not None:
            await asyncio.wait_for(self._running, 30)
