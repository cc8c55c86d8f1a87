"""The outer edge of the HTTP interface: size limit, timing, and an answer to what nobody foresaw. Decides nothing about requests."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge
from api.operations.metrics import Metrics
from api.problems import Problems, route_of

LIMIT_BYTES = 512 * 1024
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _TooLargeError(Exception):
    pass


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
        started, status = perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, self._limited(receive), noting)
        except _TooLargeError:
            if not status:
                await self._problems.respond(BodyTooLarge())(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - the outer edge: an answer without a word of what was sent
            response = self._problems.unexpected(route_of(scope), error)
            if not status:
                await response(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in _KNOWN_METHODS else "other"
            self._metrics.answered(method, route_of(scope), status, perf_counter() - started)

    def _limited(self, receive: Receive) -> Receive:
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            if message["type"] == "http.request":
                size += len(message.get("body", b""))
                if size > self._limit:
                    raise _TooLargeError
            return message

        return limited
