"""Who is at the other end of a chat, asked of the message API's own functions: bot and API are one process here. Decides nothing itself.

The same question over HTTP is `GET /me?brief=true`. Every turn begins with it, and what stands between the two costs more than the answer.
"""

from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from api.access import Allow
from api.authorisation import Right
from api.enrolment import service as enrolment
from api.enrolment.routes import shown
from api.enrolment.service import Account
from api.errors import ApiError, EnrolmentUnknown
from api.staff.routes import waiting, who
from bot.gateways.http import BUSY
from bot.gateways.wire import Me
from bot.ports import ApiDownError
from common.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from api.authorisation import Caller
    from api.context import Api
    from api.enrolment.schemas import Enrolment
    from bot.findings import Profile
    from bot.gateways.http import Credential

HERE: Final = ("127.0.0.1", 0)


class Inside:
    """The chat's `Directory`. A key or session that ends is refused at the next turn, as over HTTP."""

    def __init__(self, api: "Api") -> None:
        self._api = api
        self._allow = Allow(Right.PROFILE)

    async def who(self, credential: "Credential") -> "Profile | None":
        caller = await self._caller(credential)
        return Me.model_validate(who(self._api, caller), from_attributes=True).profile() if caller else None

    async def waiting(self, credential: "Credential") -> int | None:
        caller = await self._caller(credential)
        try:
            return await waiting(self._api, caller) if caller else None
        except DatabaseUnavailable:
            raise ApiDownError("database") from None

    async def _caller(self, credential: "Credential") -> "Caller | None":
        if not credential.can_be_sent:
            return None
        headers = [(name.lower().encode(), value.encode()) for name, value in credential.headers().items()]
        asked = {"type": "http", "method": "GET", "path": "/api/v1/me", "headers": headers, "client": HERE}
        try:
            return await self._allow(Request(asked), self._api)
        except DatabaseUnavailable:
            raise ApiDownError("database") from None
        except ApiError as error:
            if error.status >= 500 or error.status in BUSY:
                raise ApiDownError(error.code) from None
            return None


class EnrolledInside:
    """Whom an account in a chat client speaks for, asked of the service itself at every turn. A revoked one is nobody's at once."""

    def __init__(self, api: "Api") -> None:
        self._api = api

    async def __call__(self, client: str, account: str) -> "Enrolment | None":
        try:
            return shown(await enrolment.whose(self._api, Account(client, account)))
        except EnrolmentUnknown:
            return None
        except DatabaseUnavailable:
            raise ApiDownError("database") from None
