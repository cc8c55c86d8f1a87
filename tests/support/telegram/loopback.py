"""The fake on a real port: a lost line is silence or a hang-up, and updates are brought to the bot's webhook as long as it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx2
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.telegram.core import Telegram
from tests.support.telegram.server import Fault, LineLost, Webhook

RETRY_SECONDS = 0.5
LOOK_SECONDS = 0.02


class Loopback:
    """Silence lasts until the caller has had enough; a hang-up is an answer that is begun and never comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            """The framework has an answer of its own to what it does not know: it must not get out."""
            held.append(message)

        try:
            await self.app(scope, receive, hold)
            for message in held:
                await send(message)
        except LineLost as lost:
            if lost.fault in (Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE):
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})


async def bring(telegram: Telegram, stop: asyncio.Event) -> None:
    """Every chat on its own, its updates in order, each again until it is taken; as many at a time as the bot allows."""
    async with httpx2.AsyncClient(timeout=60) as client:
        hook = Webhook(telegram, client)
        busy: dict[int, asyncio.Task[None]] = {}

        async def one(chat: int) -> None:
            while not stop.is_set():
                first = next((update for update in telegram.pending if update.chat == chat), None)
                if first is None:
                    return
                if not await hook.deliver(first):
                    await asyncio.sleep(RETRY_SECONDS)

        while not stop.is_set():
            busy = {chat: task for chat, task in busy.items() if not task.done()}
            limit = telegram.hook.max_connections if telegram.hook else 0
            for update in list(telegram.pending):
                if len(busy) >= limit:
                    break
                if update.chat not in busy:
                    busy[update.chat] = asyncio.create_task(one(update.chat))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await stop.wait()
        await asyncio.gather(*busy.values())


def with_bringing(app: Starlette, telegram: Telegram) -> Starlette:
    """The app with webhook delivery beside it while it runs."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        bringing = asyncio.create_task(bring(telegram, stop))
        try:
            yield
        finally:
            stop.set()
            await bringing

    app.router.lifespan_context = lifespan
    return app
