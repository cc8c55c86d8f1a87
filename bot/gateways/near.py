"""What hundreds ask of the message API in a few seconds, answered nearer than through its door where there is a way. Decides nothing."""

from collections.abc import Awaitable, Callable

from bot.events import Outcome
from bot.findings import QueryFailed, QueryResult
from bot.gateways.message_api import UNREACHABLE
from bot.ports import ApiDownError, MessageApi, News, Units
from bot.requests import Command, JoinRoom, Query, SeeRoom, VoteInRoom, WhoAmI

NearQuery = SeeRoom | JoinRoom | VoteInRoom | WhoAmI
Near = Callable[[str, NearQuery, Units], Awaitable[QueryResult]]
"""A member of staff, what she asks, and the units she may act in now. Raises ApiDownError when no answer came."""


class WithNear:
    """A `MessageApi` in front of another: who somebody is and live exercises end here, all else goes on."""

    def __init__(self, api: MessageApi, near: Near) -> None:
        self._api = api
        self._near = near

    async def ask(self, staff_id: str, query: Query, units: Units = None) -> QueryResult:
        if not isinstance(query, NearQuery):
            return await self._api.ask(staff_id, query, units)
        try:
            return await self._near(staff_id, query, units)
        except ApiDownError:
            return QueryFailed(query.type, UNREACHABLE)

    async def carry_out(self, staff_id: str, command: Command, units: Units = None) -> Outcome:
        return await self._api.carry_out(staff_id, command, units)

    async def happenings(self, after: str) -> News:
        return await self._api.happenings(after)
