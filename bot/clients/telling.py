"""What chat services have in common while nobody is writing: news for whoever an account speaks for now, outside her quiet hours, until told to stop. Knows no service."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

import structlog

from bot.clients.enrolments import Enrolments
from bot.ports import ApiDownError
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database
from common.errors import DatabaseUnavailable
from common.log import where_it_broke
from common.outbox import rest
from knowledge.bundle import Knowledge

GUEST: Final = "guest"
"""Owns the conversation of an account that speaks for nobody."""
LOOK_SECONDS: Final = 1.0
SWEPT: Final = 50
"""Places that are told something in one sweep."""

P_contra = TypeVar("P_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Around:
    """What a chat service stands on, shared with the rest of the bot."""

    db: Database
    cipher: Cipher
    clock: Clock
    knowledge: Knowledge
    enrolments: Enrolments


class Post(Protocol[P_contra]):
    """Brings what is said in a conversation to its place in the service."""

    async def skip(self, place: P_contra, /) -> None: ...

    async def hold(self, place: P_contra, until: datetime, /) -> bool: ...

    async def deliver(self, place: P_contra, /) -> None: ...


async def tell(post: Post[P_contra], place: P_contra, account: int | str, owner: str, around: Around) -> bool:
    """News are for whoever the account speaks for now, and not in her quiet hours. Says whether anything was brought."""
    enrolled = await around.enrolments.whose(account)
    if owner != (enrolled.staff_id if enrolled else GUEST):
        await post.skip(place)
        return False
    until = enrolled.quiet_until(around.clock.now()) if enrolled else None
    if until is not None and await post.hold(place, until):
        return False
    await post.deliver(place)
    return True


async def sweep_until(stop: asyncio.Event, sweep: Callable[[], Awaitable[int]], service: str) -> None:
    """Sweeps without a pause while there is something to bring; waits while the message API or the database is away."""
    log = structlog.get_logger(service)
    while not stop.is_set():
        try:
            done = await sweep()
        except (ApiDownError, DatabaseUnavailable) as error:
            log.warning("news wait", error=type(error).__name__)
            done = 0
        except Exception as error:  # noqa: BLE001 - the outer edge: one place must not silence all others
            log.error("sweep failed", error=type(error).__name__, at=where_it_broke(error))
            done = 0
        if done == 0:
            await rest(stop, LOOK_SECONDS)
