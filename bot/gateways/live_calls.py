"""Live exercises over HTTP, for the message API's gateway: follow, join, vote. Decides nothing and stores nothing."""

from typing import Final

from pydantic import TypeAdapter

from bot.findings import QueryFailed, QueryResult, RoomFound
from bot.gateways.http import Door, Problem
from bot.requests import JoinRoom, SeeRoom, VoteInRoom
from bot.rooms import LiveRoom

ROOMS: Final = "/api/v1/exercise-rooms"
RoomQuery = SeeRoom | JoinRoom | VoteInRoom
_BODY: Final = TypeAdapter(dict[str, str | int])
ROOM: Final = TypeAdapter(LiveRoom)
LONGEST: Final = 200
"""Of a nickname on its way; what is too long is cut shorter still where it is kept."""


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
