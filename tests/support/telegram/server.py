"""The fake over HTTP as an ASGI app: methods by name, faults on a schedule, webhook delivery with the secret and retries.

A fault *before the effect* (429, 502) leaves nothing behind; of a lost line (time-out, reset) the caller cannot know.
In one process a lost line is the HTTP client's own error; on a real port `loopback.py` hangs up for real.
"""

import inspect
import json
import random
from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.support.telegram.core import Telegram, Update
from tests.support.telegram.methods import METHODS
from tests.support.telegram.wire import Refused

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Fault(StrEnum):
    TOO_MANY = "429"
    BAD_GATEWAY = "502"
    TIMEOUT_BEFORE = "timeout, nothing done"
    TIMEOUT_AFTER = "timeout, but done"
    RESET_BEFORE = "reset, nothing done"
    RESET_AFTER = "reset, but done"

    @property
    def effect(self) -> bool:
        return self in (Fault.TIMEOUT_AFTER, Fault.RESET_AFTER)

    @property
    def line(self) -> bool:
        """Whether the line is lost rather than an answer given."""
        return self not in (Fault.TOO_MANY, Fault.BAD_GATEWAY)


class LineLost(Exception):  # noqa: N818 - what happens to the line
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass
class Faults:
    """What goes wrong next: planned by method, or a share of all calls. `down`: nothing gets through at all."""

    planned: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    share: float = 0.0
    kinds: tuple[Fault, ...] = tuple(Fault)
    retry_after: int = 1
    down: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(20261120))  # noqa: S311 - a test's own luck
    happened: list[tuple[str, Fault]] = field(default_factory=list)

    def plan(self, method: str, *faults: Fault) -> None:
        self.planned[method.lower()].extend(faults)

    def next(self, method: str) -> Fault | None:
        fault = self._next(method)
        if fault is not None:
            self.happened.append((method, fault))
        return fault

    def _next(self, method: str) -> Fault | None:
        if self.down:
            return Fault.BAD_GATEWAY
        if self.planned[method]:
            return self.planned[method].popleft()
        return self.dice.choice(self.kinds) if self.share and self.dice.random() < self.share else None


@dataclass
class Calls:
    """What the bot has called, in order, with parameters; a call that a fault swallowed is here too."""

    made: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    keep: bool = True

    def of(self, method: str) -> list[dict[str, str]]:
        return [parameters for name, parameters in self.made if name == method.lower()]


def make_app(telegram: Telegram, faults: Faults, calls: Calls) -> Starlette:
    async def call(request: Request) -> Response:
        if request.path_params["token"] != telegram.token:
            return refusal(Refused(401, "Unauthorized"))
        name = request.path_params["method"].lower()
        parameters = await _parameters(request)
        if calls.keep:
            calls.made.append((name, parameters))
        fault = faults.next(name)
        if fault is Fault.TOO_MANY:
            wait = faults.retry_after
            return refusal(Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait))
        if fault is Fault.BAD_GATEWAY:
            return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
        if fault is not None and not fault.effect:
            raise LineLost(fault)
        answer = await _do(telegram, name, parameters)
        if fault is not None:
            raise LineLost(fault)
        return answer

    return Starlette(routes=[Route("/bot{token}/{method}", call, methods=["GET", "POST"])])


async def _do(telegram: Telegram, name: str, parameters: dict[str, str]) -> Response:
    method = METHODS.get(name)
    if method is None:
        return refusal(Refused(404, "Not Found: method not found"))
    try:
        given = method(telegram, parameters)
        result = await given if inspect.isawaitable(given) else given
    except Refused as refused:
        return refusal(refused)
    return JSONResponse({"ok": True, "result": result})


def refusal(refused: Refused) -> JSONResponse:
    return JSONResponse(refused.as_json(), refused.code)


async def _parameters(request: Request) -> dict[str, str]:
    given = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        found = json.loads(body or b"{}")
        return given | {k: v if isinstance(v, str) else json.dumps(v) for k, v in found.items() if v is not None}
    return given | dict(parse_qsl(body.decode(), keep_blank_values=True))


class Webhook:
    """Brings the updates to the bot's own address: in order within a chat, again until it says 2xx."""

    def __init__(self, telegram: Telegram, client: httpx2.AsyncClient, *, secret: str | None = None) -> None:
        self._telegram = telegram
        self._client = client
        self._secret = secret
        self.statuses: list[int] = []

    def waiting(self) -> list[Update]:
        """The first of each chat: those behind it wait for it."""
        first: dict[int, Update] = {}
        for update in self._telegram.pending:
            first.setdefault(update.chat, update)
        return list(first.values())

    async def deliver(self, update: Update) -> bool:
        """One try; a delivered update is forgotten."""
        hook = self._telegram.hook
        if hook is None:
            return False
        secret = hook.secret if self._secret is None else self._secret
        headers = {SECRET_HEADER: secret} if secret else {}
        try:
            answer = await self._client.post(hook.url, json=update.as_json(), headers=headers)
            status = answer.status_code
        except httpx2.TransportError as error:
            status, self._telegram.hook_error = 0, type(error).__name__
        self.statuses.append(status)
        if not 200 <= status <= 299:
            self._telegram.hook_error = f"Wrong response from the webhook: {status}"
            return False
        if update in self._telegram.pending:
            self._telegram.pending.remove(update)
        return True

    async def deliver_all(self, rounds: int = 1_000) -> None:
        """Until nothing waits, or a round brings nothing through."""
        for _ in range(rounds):
            waiting = self.waiting()
            if not waiting or not any([await self.deliver(update) for update in waiting]):
                return


class InProcess:
    """The app for an HTTP client in the same process: a lost line is that client's own error."""

    def __init__(self, app: Starlette) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except LineLost as lost:
            if lost.fault in (Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE):
                raise httpx2.ReadTimeout("the fake keeps silent") from None
            raise httpx2.ReadError("the fake hangs up") from None
