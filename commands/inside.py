"""Who is at the other end of a chat, and live exercises, asked of the message API's own functions: bot and API are one process here.

The same questions over HTTP are `GET /me`, with which every turn and every conversation begins, and those under `/exercise-rooms`, which
hundreds ask in a few seconds. What stands between the two costs more than the answer. Decides nothing itself.
"""

from typing import TYPE_CHECKING, Final, assert_never

from pydantic import ValidationError
from starlette.requests import Request

from api.access import Allow
from api.authorisation import Right
from api.enrolment import service as enrolment
from api.enrolment.routes import shown
from api.enrolment.service import Account
from api.errors import ApiError, EnrolmentUnknown
from api.exercise import rooms
from api.exercise.room_schemas import Joining, Voting
from api.outage.state import down_system
from api.staff.routes import waiting, who
from bot.findings import ProfileFound, QueryFailed, RoomFound
from bot.gateways.http import BUSY
from bot.gateways.live_calls import LONGEST, ROOM, ROOMS
from bot.gateways.message_api import NO_PERSON
from bot.gateways.wire import Me
from bot.ports import ApiDownError
from bot.requests import JoinRoom, SeeRoom, VoteInRoom, WhoAmI
from common.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from api.authorisation import Caller
    from api.context import Api
    from api.enrolment.schemas import Enrolment
    from api.exercise.room_schemas import Room
    from api.exercise.scene import Scenes
    from bot.findings import Profile, QueryResult
    from bot.gateways.http import Credential, Door
    from bot.gateways.near import NearQuery
    from bot.ports import Units

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
        try:
            return await self._allow(_asked("/api/v1/me", credential.headers()), self._api)
        except DatabaseUnavailable:
            raise ApiDownError("database") from None
        except ApiError as error:
            if error.status >= 500 or error.status in BUSY:
                raise ApiDownError(error.code) from None
            return None


class NearInside:
    """What a chat asks most, for a member of staff, by the bot's own key: who she is, and what concerns a live exercise."""

    def __init__(self, api: "Api", scenes: "Scenes", door: "Door") -> None:
        self._api = api
        self._scenes = scenes
        self._door = door
        self._allow = Allow(Right.PROFILE)

    async def __call__(self, staff_id: str, query: "NearQuery", units: "Units" = None) -> "QueryResult":
        try:
            caller = await self._allow(_asked(ROOMS, self._door.behalf(staff_id, units)), self._api)
            if isinstance(query, WhoAmI):
                return await self._profile(caller, query)
            room = await self._room(caller, query)
        except DatabaseUnavailable:
            raise ApiDownError("database") from None
        except ValidationError:
            return QueryFailed(query.type, "validation_error")
        except ApiError as error:
            if error.status >= 500 or error.status in BUSY:
                raise ApiDownError(error.code) from None
            return QueryFailed(query.type, error.stable_code)
        return RoomFound(ROOM.validate_python(room.model_dump()))

    async def _profile(self, caller: "Caller", query: WhoAmI) -> "QueryResult":
        """As `GET /me`, but for how messages leave her unit, which the chat does not ask."""
        outage = await down_system(self._api, caller.here.region, caller.here.organisation)
        known = who(self._api, caller).model_copy(update={"outage": outage})
        profile = Me.model_validate(known, from_attributes=True).profile()
        return QueryFailed(query.type, NO_PERSON) if profile is None else ProfileFound(profile)

    async def _room(self, caller: "Caller", query: SeeRoom | JoinRoom | VoteInRoom) -> "Room":
        match query:
            case SeeRoom(code=code):
                return await rooms.read_room(self._api, self._scenes, caller, code)
            case JoinRoom(code=code, nickname=nickname):
                joining = Joining(nickname=nickname[:LONGEST])
                return await rooms.join_room(self._api, self._scenes, caller, code, joining)
            case VoteInRoom(code=code, place=place, round=number, option=option):
                voting = Voting(place=place, round=number, option=option)
                return await rooms.vote(self._api, self._scenes, caller, code, voting)
        assert_never(query)


def _asked(path: str, headers: dict[str, str]) -> Request:
    """A call that has not gone over any wire."""
    named = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": path, "headers": named, "client": HERE})


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
