"""Fetches updates for a small site: one process at a time, and an update is confirmed to Telegram only when it has been taken."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from telegram import Bot, Update
from telegram.error import Conflict, TelegramError

from bot.clients.telegram.request import Wait
from bot.gateways.lease import FollowerLease
from common.log import where_it_broke
from common.outbox import rest

KINDS: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""What Lots is told of; the rest never comes."""
LONG_POLL_SECONDS: Final = 25
IDLE_SECONDS: Final = 2.0
TRIES: Final = 5
"""How often an update that cannot be taken holds up those after it."""

Take = Callable[[Update], Awaitable[bool]]
"""Gives False when the update must be handed in again."""


class Poller:
    """The chats of a batch go side by side, the updates of one chat one after the other."""

    def __init__(self, bot: Bot, lease: FollowerLease, take: Take, *, seconds: int = LONG_POLL_SECONDS) -> None:
        self._bot = bot
        self._lease = lease
        self._take = take
        self._seconds = seconds
        self._offset: int | None = None
        self._failed: tuple[int, int] = (0, 0)
        """The first update that was not taken, and how often that was so."""
        self._log = structlog.get_logger("telegram")

    async def poll_once(self) -> int | None:
        """One call; the number of updates taken, or None while another process polls."""
        if await self._lease.take() is None:
            return None
        updates = await self._bot.get_updates(
            offset=self._offset, timeout=self._seconds, allowed_updates=KINDS, read_timeout=self._seconds + 10
        )
        left = await self._take_all(updates)
        if left:
            self._offset = self._pass_or_wait(left[0])
        elif updates:
            self._offset = updates[-1].update_id + 1
        return len(updates) - len(left)

    async def _take_all(self, updates: Sequence[Update]) -> list[int]:
        """The numbers of those that were not taken, the first one first."""
        chats: dict[int, list[Update]] = {}
        for update in updates:
            chats.setdefault(update.effective_chat.id if update.effective_chat else 0, []).append(update)
        left = await asyncio.gather(*(self._take_chat(batch) for batch in chats.values()))
        return sorted(number for numbers in left for number in numbers)

    async def _take_chat(self, batch: Sequence[Update]) -> list[int]:
        for place, update in enumerate(batch):
            if not await self._take(update):
                return [later.update_id for later in batch[place:]]
        return []

    def _pass_or_wait(self, update_id: int) -> int:
        """Where to go on: at the one that failed, or past it when it has held up the others long enough."""
        first, before = self._failed
        tries = before + 1 if first == update_id else 1
        self._failed = (update_id, tries)
        if tries < TRIES:
            return update_id
        self._log.error("update passed by", update=update_id)
        return update_id + 1

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                taken = await self._unless_stopped(stop)
            except Wait as wait:
                await rest(stop, wait.seconds)
            except Conflict:
                self._log.warning("another program fetches this bot's updates")
                await rest(stop, IDLE_SECONDS)
            except TelegramError as error:
                self._log.warning("telegram cannot be reached", error=type(error).__name__)
                await rest(stop, IDLE_SECONDS)
            except Exception as error:  # noqa: BLE001 - the outer edge: a server that stopped listening looks healthy
                self._log.error("polling failed", error=type(error).__name__, at=where_it_broke(error))
                await rest(stop, IDLE_SECONDS)
            else:
                if taken is None:
                    await rest(stop, IDLE_SECONDS)
        await self._lease.release()

    async def _unless_stopped(self, stop: asyncio.Event) -> int | None:
        """A poll waits long; being told to stop ends it, and what it brought comes again the next time."""
        polling = asyncio.create_task(self.poll_once())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not polling.done():
            polling.cancel()
            await asyncio.wait({polling})
            return 0
        return polling.result()
