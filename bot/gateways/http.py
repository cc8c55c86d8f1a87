"""One door to the message API over HTTP: keys, time limits, problem details. Knows no call by name and puts nothing personal in a URL.

Works alike on a real address and on an ASGI transport in the same process.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.ports import ApiDownError, Units

SECONDS: Final = 10.0
BUSY: Final = frozenset({408, 425, 429})
"""Client errors that say "not now" rather than "no"."""
ON_BEHALF: Final = "Lots-On-Behalf-Of"
UNITS: Final = "Lots-Units"
BY_ITSELF: Final = "Lots-Refresh"
"""Says that an open page asks, and no person: it keeps nobody's sign-in alive."""

Read = TypeVar("Read")
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Problem:
    """The API said no, and why: a stable code and its own sentence for the person."""

    status: int
    code: str
    detail: str = ""


class ProblemBody(BaseModel):
    """RFC 9457, as much of it as the bot reads."""

    model_config = ConfigDict(extra="ignore")

    code: str = "unknown"
    title: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a person's browser or program showed: passed on as it is, never stored or logged."""

    bearer: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    by_itself: bool = False
    """An open page asks for more, and nobody may be there."""

    @property
    def can_be_sent(self) -> bool:
        """Whether it can stand in a header at all; what cannot is no one's key."""
        return (self.bearer or self.session or "").isascii()

    def headers(self) -> dict[str, str]:
        if self.bearer is not None:
            return {"Authorization": f"Bearer {self.bearer}"}
        alone = {BY_ITSELF: "yes"} if self.by_itself else {}
        return {"Cookie": f"lots_session={self.session}", **alone} if self.session is not None else {}


class Door:
    """`key` is the bot's own API key with the scope `on_behalf`."""

    def __init__(self, client: httpx2.AsyncClient, key: str, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._key = key
        self._seconds = seconds

    def behalf(self, staff_id: str | None, units: Units = None) -> dict[str, str]:
        """Headers of a call as the bot, for one member of staff, or for her in some of her units only, or for nobody."""
        person = {} if staff_id is None else {ON_BEHALF: staff_id}
        narrowed = {} if units is None else {UNITS: " ".join(units)}
        return {"Authorization": f"Bearer {self._key}", **person, **narrowed}

    async def get(
        self, shape: TypeAdapter[Read], path: str, headers: Mapping[str, str], query: Query | None = None
    ) -> Read | Problem:
        return await self._call(shape, "GET", path, headers, query=query)

    async def post(
        self, shape: TypeAdapter[Read], path: str, headers: Mapping[str, str], body: bytes, key: str | None = None
    ) -> Read | Problem:
        """`body` is JSON; `key` the call's own Idempotency-Key."""
        once = {} if key is None else {"Idempotency-Key": key}
        sent = {**headers, **once, "Content-Type": "application/json"}
        return await self._call(shape, "POST", path, sent, body=body)

    async def put(self, shape: TypeAdapter[Read], path: str, headers: Mapping[str, str], body: bytes) -> Read | Problem:
        return await self._call(shape, "PUT", path, {**headers, "Content-Type": "application/json"}, body=body)

    async def _call(
        self,
        shape: TypeAdapter[Read],
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        query: Query | None = None,
        body: bytes | None = None,
    ) -> Read | Problem:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.request(method, path, headers=headers, params=query, content=body)
        except (httpx2.TransportError, TimeoutError) as error:
            raise ApiDownError(f"{method}: {type(error).__name__}") from None
        return _read(shape, answer)


def _read(shape: TypeAdapter[Read], answer: httpx2.Response) -> Read | Problem:
    status = answer.status_code
    if status >= 500 or status in BUSY:
        raise ApiDownError(f"status {status}")
    try:
        if status >= 400:
            body = ProblemBody.model_validate_json(answer.content)
            return Problem(status, body.code, body.detail or body.title)
        return shape.validate_json(answer.content)
    except ValidationError:
        if status >= 400:
            return Problem(status, "unknown")
        raise ApiDownError("an answer in a shape this version does not know") from None
