"""Everything the message API does by itself: timed and outgoing work, and sealing the audit. Runs nothing itself."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from api.audit.heads import Heads
from api.audit.sealer import Sealer
from api.context import Api
from api.drafts import service as drafts
from api.duties import own, readings
from api.keeping import daily
from api.messages import reminders
from api.outage.watch import Watch
from common.outbox import Handler, Worker
from common.wake import Relay

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Works until it is told to stop, and finishes what it has begun."""


def handlers(api: Api) -> dict[str, Handler]:
    return {
        **reminders.handlers(api),
        **readings.handlers(api),
        **own.handlers(api),
        **drafts.handlers(api),
        **daily.handlers(api),
    }


async def schedule(api: Api) -> None:
    """What comes round by the clock lies in the outbox: the night's work and the readings of the day. Once, whoever starts first."""
    await daily.schedule(api)
    await readings.schedule(api)


def loops(api: Api) -> tuple[Loop, ...]:
    """One of each for a process; any number of processes."""
    sealer = Sealer(api.db, api.clock, api.cipher, Heads(api.settings.data_dir, api.cipher))
    return (Worker(api.db, api.clock, handlers(api)).run, sealer.run, Watch(api).run, Relay(api.db).run)
