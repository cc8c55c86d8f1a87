"""The Bot API over our own HTTP client, for python-telegram-bot. Tells a line lost after sending from one that never came through."""

from typing import Final

import httpx2
from pydantic import BaseModel, ValidationError
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

NOTHING_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
NOTHING_DONE: Final = (httpx2.codes.BAD_GATEWAY, httpx2.codes.SERVICE_UNAVAILABLE)
"""Nobody behind the door took the call. Any other failure of the server's may have come after the effect."""


class Unclear(NetworkError):  # noqa: N818 - what is known of a call, for the one who made it
    """The call may have had its effect: the line was lost before the answer."""


class Wait(TelegramError):  # noqa: N818 - what the server asks for
    """Telegram asks us to wait. PTB's own class for it warns of a change to come whenever one is made."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:g} s")
        self.seconds = seconds


class _Parameters(BaseModel):
    retry_after: float = 1.0


class _TooMany(BaseModel):
    parameters: _Parameters = _Parameters()


class LotsRequest(BaseRequest):
    """`client` is ours to close. Time limits are seconds."""

    def __init__(self, client: httpx2.AsyncClient, *, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    @property
    def read_timeout(self) -> float:
        return self._seconds

    async def initialize(self) -> None:
        """The client is ready as it is."""

    async def shutdown(self) -> None:
        await self._client.aclose()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        limits = httpx2.Timeout(
            connect=self._limit(connect_timeout),
            read=self._limit(read_timeout),
            write=self._limit(write_timeout),
            pool=self._limit(pool_timeout),
        )
        fields = request_data.json_parameters if request_data else None
        try:
            answer = await self._client.request(method, url, data=fields, timeout=limits)
        except NOTHING_SENT as error:
            raise NetworkError(type(error).__name__) from None
        except httpx2.HTTPError as error:
            raise Unclear(type(error).__name__) from None
        if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            raise Wait(_wait(answer.content))
        if answer.status_code in NOTHING_DONE:
            raise NetworkError(f"status {answer.status_code}")
        if answer.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise Unclear(f"status {answer.status_code}")
        return answer.status_code, answer.content

    def _limit(self, given: ODVInput[float]) -> float | None:
        return self._seconds if isinstance(given, DefaultValue) else given


def _wait(body: bytes) -> float:
    try:
        return _TooMany.model_validate_json(body).parameters.retry_after
    except ValidationError:
        return 1.0
