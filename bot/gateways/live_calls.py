"""Live exercises over HTTP, for the message API's gateway: follow, join, vote. Decides nothing and stores nothing."""

from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import TypeAdapter

from bot.events import Outcome
from bot.findings import QueryFailed, QueryResult, RoomFound
from bot.gateways.http import Door, Problem
from bot.ports import ApiDownError, MessageApi, News
from bot.requests import Command, JoinRoom, Query, SeeRoom, VoteInRoom
from bot.rooms import LiveRoom

ROOMS: Final = "/api/v1/exercise-rooms"
RoomQuery = SeeRoom | JoinRoom | VoteInRoom
Rooms = Callable[[str, RoomQuery], Awaitable[LiveRoom | Problem]]
"""A member of staff and what she asks of a live exercise. Raises ApiDownError when no answer came."""
_BODY: Final = TypeAdapter(dict[str, str | int])
ROOM: Final = TypeAdapter(LiveRoom)
UNREACHABLE: Final = "unreachable"
LONGEST: Final = 200
"""Of a nickname on its way; what is too long is cut shorter still where it is kept."""


class WithRooms:
    """A `MessageApi` in front of another. What concerns a live exercise is answered nearer than through the door."""

    def __init__(self, api: MessageApi, rooms: Rooms) -> None:
        self._api = api
        self._rooms = rooms

    async def ask(self, staff_id: str, query: Query) -> QueryResult:
        if not isinstance(query, SeeRoom | JoinRoom | VoteInRoom):
            return await self._api.ask(staff_id, query)
        try:
            return told(query, await self._rooms(staff_id, query))
        except ApiDownError:
            return QueryFailed(query.type, UNREACHABLE)

    async def carry_out(self, staff_id: str, command: Command) -> Outcome:
        return await self._api.carry_out(staff_id, command)

    async def happenings(self, after: str) -> News:
        return await self._api.happenings(after)


async def ask(door: Door, query: RoomQuery, headers: dict[str, str]) -> QueryResult:
    path = f"{ROOMS}/{query.code}"
    match query:
        case SeeRoom():
            found = await door.get(ROOM, path, headers)
        case JoinRoom():
            body = _BODY.dump_json({"nickname": query.nickname[:LONGEST]})
            found = await door.post(ROOM, f"{path}/participants", headers, body)
        case VoteInRoom():
            body = _BODY.dump_json({"place": query.place, "round": query.round, "option": query.option})
            found = await door.post(ROOM, f"{path}/votes", headers, body)
    return told(query, found)


def told(query: RoomQuery, found: LiveRoom | Problem) -> QueryResult:
    return QueryFailed(query.type, found.code) if isinstance(found, Problem) else RoomFound(found)
