"""Tells people in their conversations what they are told of outages, each once. Reads it from the message API; decides nothing."""

from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from bot.events import Incoming, OutageChanged, OutageNotice
from bot.gateways.lease import FollowerLease
from bot.turn import Shell

TURNS: Final = frozenset({"began", "ended"})
"""Kinds that turn what is decided: it is down, or it works again."""
NO_MESSAGE: Final = ""


@dataclass(frozen=True, slots=True)
class OutageNews:
    """One thing told to one person."""

    cursor: str
    staff_id: str
    notice: OutageNotice

    def event(self) -> OutageChanged | OutageNotice:
        """A drill never turns a real matter: it is only said."""
        told = self.notice
        if told.kind in TURNS and not told.exercise:
            return OutageChanged(told.system, down=told.kind == "began")
        return told


@dataclass(frozen=True, slots=True)
class OutagePage:
    news: tuple[OutageNews, ...]
    next: str


class OutageApi(Protocol):
    async def outage_news(self, after: str) -> OutagePage:
        """What people were told after the cursor, oldest first. Raises ApiDownError when no answer came."""


class OutageFollower:
    """One process at a time reads; each thing told has its own id in the conversation, so that it acts once."""

    def __init__(self, shell: Shell, api: OutageApi, lease: FollowerLease) -> None:
        self._shell = shell
        self._api = api
        self._lease = lease
        self._log = structlog.get_logger("bot")

    async def follow_once(self) -> int:
        cursor = await self._lease.take()
        if cursor is None:
            return 0
        page = await self._api.outage_news(cursor)
        for one in page.news:
            await self._tell(one)
        if page.next == cursor:
            return 0
        await self._lease.move(page.next)
        return max(len(page.news), 1)

    async def release(self) -> None:
        await self._lease.release()

    async def _tell(self, one: OutageNews) -> None:
        """In the person's latest conversation; whoever has none is told by the pages and at her next turn."""
        store = self._shell.store
        for conversation_id in await store.conversations_of(NO_MESSAGE, one.staff_id):
            owner = await store.owner(conversation_id)
            if owner is not None:
                await self._shell.tell(Incoming(conversation_id, f"outage:{one.cursor}", one.event()), owner)
