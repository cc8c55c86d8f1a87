"""The outer edge of the HTTP interface: size limit, timing, and an answer to what nobody foresaw. Decides nothing about requests."""

from time import perf_counter

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge
from api.operations.metrics import Metrics
from api.problems import Problems, route_of

LIMIT_BYTES = 512 * 1024
UPLOADS = frozenset({"/admin/import/units", "/admin/import/staff"})
"""Where files come in; those pages ask who it is before they read."""
UPLOAD_BYTES = 8 * 1024 * 1024
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, *, problems: Problems, metrics: Metrics, limit: int = LIMIT_BYTES) -> None:
        self._app = app
        self._problems = problems
        self._metrics = metrics
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOAD_BYTES if scope["path"] in UPLOADS else self._limit
        exchange = _Exchange(receive, send, limit)
        started = perf_counter()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - the outer edge: an answer without a word of what was sent
            if not exchange.too_large:
                await exchange.answer(self._problems.unexpected(route_of(scope), error), scope)
        if exchange.too_large:
            await exchange.answer(self._problems.respond(BodyTooLarge()), scope)
        method = scope["method"] if scope["method"] in _KNOWN_METHODS else "other"
        self._metrics.answered(method, route_of(scope), exchange.status, perf_counter() - started)


class _TooLargeError(Exception):
    """Ends the reading of a body; whoever reads it may turn this into an answer of its own, which is then not sent."""


class _Exchange:
    """One request and its answer: how much came in, and which status went out."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._left = limit
        self.status = 0
        self.too_large = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.too_large = True
            raise _TooLargeError
        return message

    async def send(self, message: Message) -> None:
        if self.too_large and not self.status:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    async def answer(self, response: Response, scope: Scope) -> None:
        """Instead of an answer that has not begun; one that has begun cannot be changed."""
        if self.status:
            return
        self.status = response.status_code
        await response(scope, self._receive, self._send)
