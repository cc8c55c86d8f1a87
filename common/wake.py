"""Wakes who waits for news in the database: in this process at once, in others by PostgreSQL's LISTEN and NOTIFY. Carries ids, no content.

A nudge and no promise: whoever waits looks again after a while all the same, so a lost one costs seconds and nothing else. It is sent
after the commit, many at once, by a loop of its own: a NOTIFY inside the transaction would make every commit queue for PostgreSQL's lock.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import String, bindparam, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from common.errors import DatabaseUnavailable
from common.ids import new_id

if TYPE_CHECKING:
    from common.database import Database

KEY: Final = "lots.wake"
CHANNEL: Final = "lots_wake"
GATHER_SECONDS: Final = 0.02
"""How long nudges are gathered before they are passed on."""
QUIET_SECONDS: Final = 1.0
"""How long quiet nudges are gathered."""
ALL: Final = "*"
QUIET: Final = "~"
"""How a topic begins that hundreds ring in a few seconds: it wakes those who listen to it by its name alone, and other processes
are told of it now and then."""
JOBS: Final = "jobs"
"""The topic of work that was put in the outbox to be done now."""
MOST: Final = 100
"""Topics in one notification; of more, everyone is woken. PostgreSQL takes 8,000 bytes."""
AGAIN_SECONDS: Final = 5.0
_NOTIFY: Final = select(func.pg_notify(bindparam("channel", type_=String), bindparam("words", type_=String)))


def after_commit(session: AsyncSession, topic: str) -> None:
    """Nudge those who wait for the topic, a unit's id, once this transaction is committed."""
    session.info.setdefault(KEY, set()).add(topic)


class Listening:
    """One who waits. What came since `listen` is not missed, also when it came before `wait`."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def wait(self, seconds: float, stop: asyncio.Event | None = None) -> bool:
        """Until there may be something new (true), the time is up, or it is time to stop."""
        waits = [asyncio.ensure_future(self._event.wait())]
        if stop is not None:
            waits.append(asyncio.ensure_future(stop.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        rung = self._event.is_set()
        self._event.clear()
        return rung


class Bell:
    """This process's. `closed` says that the server is shutting down, so that streams end."""

    def __init__(self) -> None:
        self.closed = False
        self._waiting: dict[str, set[Listening]] = {}
        self._to_pass_on: set[str] = set()
        self._relay: Listening | None = None

    @contextmanager
    def listen(self, topic: str = ALL) -> Iterator[Listening]:
        """To one topic, or to everything."""
        listening = Listening()
        self._waiting.setdefault(topic, set()).add(listening)
        try:
            yield listening
        finally:
            here = self._waiting[topic]
            here.discard(listening)
            if not here:
                del self._waiting[topic]

    def ring(self, topics: Iterable[str]) -> None:
        """Something was committed here; other processes are to know it too."""
        topics = set(topics)
        if not topics:
            return
        self.heard(topics)
        if self._relay is not None:
            self._to_pass_on |= topics
            if _loud(topics):
                self._relay.wake()

    def heard(self, topics: Iterable[str]) -> None:
        """Something was committed, here or elsewhere."""
        topics = set(topics)
        here = {ALL, *topics} if _loud(topics) else topics
        for topic in self._waiting if ALL in topics else here & self._waiting.keys():
            for listening in self._waiting[topic]:
                listening.wake()

    def close(self) -> None:
        self.closed = True
        self.heard({ALL})

    @contextmanager
    def passing_on(self) -> Iterator[Listening]:
        """For the one relay of the process."""
        self._relay = Listening()
        try:
            yield self._relay
        finally:
            self._relay = None

    def take(self) -> set[str]:
        """What is to be told to other processes."""
        taken, self._to_pass_on = self._to_pass_on, set()
        return taken


def _loud(topics: Iterable[str]) -> bool:
    return any(not topic.startswith(QUIET) for topic in topics)


class Relay:
    """Passes nudges on between the processes of one PostgreSQL. With SQLite there is nobody to pass them on to."""

    def __init__(self, db: "Database") -> None:
        self.name = new_id()
        self._db = db
        self._log = structlog.get_logger("wake")

    async def run(self, stop: asyncio.Event) -> None:
        if self._db.is_sqlite:
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell(stop))
            listening = tasks.create_task(self._keep_listening())
            await stop.wait()
            listening.cancel()

    async def _tell(self, stop: asyncio.Event) -> None:
        with self._db.bell.passing_on() as nudged:
            while not stop.is_set():
                if await nudged.wait(QUIET_SECONDS, stop):
                    await asyncio.sleep(GATHER_SECONDS)
                topics = self._db.bell.take()
                if not topics:
                    continue
                words = (ALL,) if len(topics) > MOST else sorted(topics)
                with suppress(DatabaseUnavailable):
                    await self._db.ask(_NOTIFY, {"channel": CHANNEL, "words": " ".join((self.name, *words))})

    async def _keep_listening(self) -> None:
        import psycopg

        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                self._log.warning("not woken by other processes", error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        """On a connection of its own. What may have been missed before it is heard at once."""
        import psycopg

        address = self._db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._db.bell.heard({ALL})
            async for notice in connection.notifies():
                sender, *topics = notice.payload.split(" ")
                if sender != self.name:
                    self._db.bell.heard(topics)
