"""Tells chats that take part in a live exercise when a question opens and when its answer is shown. Decides nothing; each is told once.

What a chat was last shown stands beside it and is written with its turn: whoever has seen the question already is told nothing.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from bot.events import ExerciseMoved, Incoming
from bot.findings import QueryFailed, RoomFound
from bot.gateways.lease import FollowerLease
from bot.gateways.seats import Seats, seat_of
from bot.gateways.tables import LiveSeatRow
from bot.phases.live import UNKNOWN
from bot.ports import MessageApi
from bot.requests import SeeRoom
from bot.rooms import LiveRoom
from bot.turn import Shell
from common.log import where_it_broke
from common.pace import moment

TOLD: Final = ("vote", "again", "reveal", "ended")
"""Where something has opened, or the answer is shown. The rest they see on the big screen, or ask for."""
ASKED: Final = 3
"""How many are asked where an exercise stands before it is left to the next round."""


class ExerciseFollower:
    """One process at a time looks; an exercise is looked at only while some chat takes part in it."""

    def __init__(self, shell: Shell, api: MessageApi, seats: Seats, lease: FollowerLease) -> None:
        self._shell = shell
        self._api = api
        self._seats = seats
        self._lease = lease
        self._log = structlog.get_logger("bot")

    async def follow_once(self) -> int:
        if await self._lease.take() is None:
            return 0
        return sum([await self._room(here) for here in (await self._seats.all()).values()])

    async def release(self) -> None:
        await self._lease.release()

    async def _room(self, here: Sequence[LiveSeatRow]) -> int:
        for seat in here[:ASKED]:
            room = await self._stands(seat, here)
            if room is not None:
                return await self._tell(here, room)
        return 0

    async def _stands(self, seat: LiveSeatRow, here: Sequence[LiveSeatRow]) -> LiveRoom | None:
        """Where the exercise stands, asked in the name of one who takes part."""
        opened = await self._shell.store.load(seat.conversation_id)
        place = seat_of(opened.conversation) if opened is not None else None
        if opened is None or place is None:
            await self._seats.forget([seat.conversation_id])
            return None
        code, _ = place
        found = await self._api.ask(opened.conversation.staff_id, SeeRoom(code))
        if isinstance(found, QueryFailed) and found.code == UNKNOWN:
            await self._seats.forget(one.conversation_id for one in here)
        return found.room if isinstance(found, RoomFound) else None

    async def _tell(self, here: Sequence[LiveSeatRow], room: LiveRoom) -> int:
        """One a moment after the other: each of them asks where it stands as she is told."""
        waiting = [seat for seat in here if seat.shown != room.mark]
        if room.phase not in TOLD or room.paused:
            return 0
        event = ExerciseMoved(room.code)
        await asyncio.gather(
            *(self._tell_one(seat, event, room.mark, moment(at, len(waiting))) for at, seat in enumerate(waiting))
        )
        return len(waiting)

    async def _tell_one(self, seat: LiveSeatRow, event: ExerciseMoved, mark: str, after: float) -> None:
        await asyncio.sleep(after)
        try:
            owner = await self._shell.store.owner(seat.conversation_id)
            if owner is not None:
                told = f"exercise:{mark}:{seat.at:%Y%m%dT%H%M%S%f}"
                await self._shell.tell(Incoming(seat.conversation_id, told, event), owner)
        except Exception as error:  # noqa: BLE001 - the outer edge: one chat must not silence the others
            self._log.warning(
                "not told", conversation=seat.conversation_id, error=type(error).__name__, at=where_it_broke(error)
            )
