"""What the bot does when nobody is writing: queued commands, news of messages, forgetting, making ready. Decides nothing; stops when told to."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.events import Incoming
from bot.gateways.lease import FollowerLease
from bot.gateways.store import SqlConversationStore
from bot.ports import ApiDownError, Happening, MessageApi
from bot.turn import Shell
from common.clock import Clock
from common.errors import DatabaseUnavailable
from common.memory import give_back_memory
from common.outbox import Worker, rest
from common.wake import ALL

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Runs until the event is set."""
FOLLOW_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.1
"""How long after a nudge news is read, so that many at once are read together."""
MUCH: Final = 50
"""What a round must have found for the next to follow at once: a few events a second would else keep everyone's database busy."""
FORGET_EVERY: Final = timedelta(minutes=10)
PREPARE_SECONDS: Final = 0.5
"""Between what is made ready before anyone asks."""
IDLE_HOURS: Final = 24
TRIES: Final = 5
"""How often an event that cannot be told holds up those after it."""


class Follower:
    """Reads what happened to messages and tells it in the conversations it concerns, each event once."""

    def __init__(self, shell: Shell, api: MessageApi, lease: FollowerLease) -> None:
        self._shell = shell
        self._api = api
        self._lease = lease
        self._failed: tuple[str, int] = ("", 0)
        """The event that could not be told, and how often it was tried."""
        self._log = structlog.get_logger("bot")

    async def follow_once(self) -> int:
        """Reads one page of events, if this process may; gives 0 when there was nothing new."""
        cursor = await self._lease.take()
        if cursor is None:
            return 0
        news = await self._api.happenings(cursor)
        for happening in news.happenings:
            await self._tell_or_pass(happening)
        if news.next == cursor:
            return 0
        await self._lease.move(news.next)
        return max(len(news.happenings), 1)

    async def release(self) -> None:
        await self._lease.release()

    async def _tell_or_pass(self, happening: Happening) -> None:
        """One event that cannot be told, try after try, must not keep everyone else's from them."""
        try:
            await self._tell(happening)
        except (ApiDownError, DatabaseUnavailable):
            raise
        except Exception as error:
            cursor, before = self._failed
            tries = before + 1 if cursor == happening.cursor else 1
            self._failed = (happening.cursor, tries)
            if tries < TRIES:
                raise
            self._log.error("event passed by", event_cursor=happening.cursor, exc_info=error)

    async def _tell(self, happening: Happening) -> None:
        """The event's place in the log is its id: told again after a crash, it acts once."""
        store = self._shell.store
        if not happening.staff_id:
            return
        for conversation_id in await store.conversations_of(happening.event.message_id, happening.staff_id):
            owner = await store.owner(conversation_id)
            if owner is not None:
                event_id = f"event:{happening.cursor}"
                await self._shell.tell(Incoming(conversation_id, event_id, happening.event), owner)


class Forgetter:
    """Forgets conversations that nobody has touched for a day, now and then."""

    def __init__(self, store: SqlConversationStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._next: datetime | None = None

    async def forget_when_due(self) -> int:
        now = self._clock.now()
        if self._next is not None and now < self._next:
            return 0
        forgotten = await self._store.erase_idle(IDLE_HOURS)
        if forgotten == 0:
            await self._store.forget_old_ids()
            self._next = now + FORGET_EVERY
        return forgotten


class BotWorker:
    """Everything of the above until `stop` is set. One per process; any number of processes."""

    def __init__(
        self,
        outbox: Worker,
        follower: Follower,
        forgetter: Forgetter,
        preparations: Iterable[Callable[[], object]] = (),
        also: Iterable[Callable[[], Awaitable[int]]] = (),
    ) -> None:
        self._also = tuple(also)
        self._preparations = tuple(preparations)
        self._outbox = outbox
        self._follower = follower
        self._forgetter = forgetter
        self._log = structlog.get_logger("bot")

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.run(stop))
            tasks.create_task(self._loop(stop, self._follower.follow_once, ALL))
            tasks.create_task(self._loop(stop, self._forgetter.forget_when_due))
            tasks.create_task(self._prepare(stop))
            for work in self._also:
                tasks.create_task(self._loop(stop, work))
        try:
            await self._follower.release()
        except DatabaseUnavailable as error:
            self._log.warning("lease kept until it runs out", reason=error.reason)

    async def _prepare(self, stop: asyncio.Event) -> None:
        """What the first question about a routine would else wait for, a piece at a time and after those who wait already."""
        for prepare in self._preparations:
            await rest(stop, PREPARE_SECONDS)
            if stop.is_set():
                return
            prepare()
        give_back_memory()

    async def _loop(self, stop: asyncio.Event, work: Callable[[], Awaitable[int]], topic: str = "") -> None:
        """Woken by news of the topic, and else now and then."""
        with self._outbox.bell.listen(topic) as nudged:
            while not stop.is_set():
                try:
                    done = await work()
                except (ApiDownError, DatabaseUnavailable) as error:
                    self._log.warning("bot waits", error=type(error).__name__)
                    done = 0
                except Exception as error:  # noqa: BLE001 - the outer edge: one bad event must not stop the server
                    self._log.error("bot work failed", error=type(error).__name__, exc_info=error)
                    done = 0
                if done < MUCH and await nudged.wait(FOLLOW_SECONDS, stop):
                    await rest(stop, GATHER_SECONDS)
