"""Matrix put together: listening, and what is sent when nobody is writing. One process at a time, by a lease; the others stand ready.

The lease's cursor is how far the homeserver has been listened to: it moves when all that was heard has been acted on.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.clients.matrix.client import MatrixClient, Shells
from bot.clients.matrix.device import DeviceFolder
from bot.clients.matrix.homeserver import Away, Happened, Homeserver, Refused, Shut
from bot.clients.matrix.post import Post
from bot.clients.matrix.rooms import CLIENT, Place, Rooms
from bot.clients.telling import SWEPT, Around, sweep_until, tell
from bot.gateways.lease import FollowerLease
from bot.ports import ApiDownError
from common.crypto import Cipher
from common.errors import DatabaseUnavailable, Fault, UnsafeSettings
from common.log import where_it_broke
from common.outbox import rest
from common.settings import Settings

LISTEN_SECONDS: Final = 15.0
IDLE_SECONDS: Final = 2.0
SHUT_SECONDS: Final = 60.0
LEASE: Final = timedelta(seconds=60)
TRIES: Final = 5
"""How often something that cannot be acted on holds up what comes after it."""


@dataclass(frozen=True, slots=True)
class MatrixSettings:
    homeserver: str
    user: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    allowed: frozenset[str]
    """The servers whose people may invite Lots."""
    address: str
    """Where people reach Lots' pages."""
    data_dir: Path


def settings_of(settings: Settings) -> MatrixSettings | None:
    """None when the instance is not in Matrix."""
    if not settings.matrix_homeserver:
        return None
    own = settings.matrix_user.partition(":")[2]
    return MatrixSettings(
        homeserver=settings.matrix_homeserver.rstrip("/"),
        user=settings.matrix_user,
        password=settings.matrix_password.get_secret_value(),
        token=settings.matrix_token.get_secret_value(),
        allowed=frozenset(server.lower() for server in settings.matrix_allowed_servers or (own,)),
        address=settings.address,
        data_dir=settings.data_dir,
    )


Connect = Callable[[], AbstractAsyncContextManager[Homeserver]]


def connect_with_nio(settings: MatrixSettings, cipher: Cipher) -> Connect:
    """Raises UnsafeSettings where the library is not installed: it is asked for, so Lots does not start without it."""
    try:
        from bot.clients.matrix.nio_server import Account, open_homeserver
    except ImportError as error:
        missing = Fault("LOTS_MATRIX_HOMESERVER", "not_installed", {"library": error.name or "matrix-nio"})
        raise UnsafeSettings((missing,)) from None
    account = Account(settings.homeserver, settings.user, settings.password, settings.token)
    folder = DeviceFolder(settings.data_dir, cipher)
    return lambda: open_homeserver(account, folder)


class Matrix:
    """One per process."""

    def __init__(self, settings: MatrixSettings, shells: Shells, around: Around, connect: Connect) -> None:
        self.settings = settings
        self._shells = shells
        self._around = around
        self._connect = connect
        self.rooms = Rooms(around.db, around.cipher, around.clock)
        self.lease = FollowerLease(around.db, around.clock, CLIENT, LEASE)
        self._log = structlog.get_logger("matrix")

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop. The homeserver need not be there at the start."""
        while not stop.is_set():
            try:
                if await self.lease.take() is not None:
                    async with self._connect() as server:
                        await self._serve(self.session(server), stop)
            except Shut as error:
                self._log.error("matrix is shut", reason=str(error))
                await rest(stop, SHUT_SECONDS)
            except (Away, Refused, DatabaseUnavailable) as error:
                self._log.warning("matrix cannot be reached", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the outer edge: a server that stopped listening looks healthy
                self._log.error("matrix failed", error=type(error).__name__, at=where_it_broke(error))
            await rest(stop, IDLE_SECONDS)
        try:
            await self.lease.release()
        except DatabaseUnavailable as error:
            self._log.warning("lease kept until it runs out", reason=error.reason)

    def session(self, server: Homeserver) -> "Session":
        around, settings = self._around, self.settings
        store, texts = self._shells.staff.store, around.knowledge.texts
        post = Post(server, self.rooms, store, texts, settings.address, around.clock, around.cipher.lookup)
        client = MatrixClient(
            server, self._shells, around.enrolments, self.rooms, post, around.knowledge, settings.allowed
        )
        return Session(server, client, post, self.rooms, self.lease, around)

    async def _serve(self, session: "Session", stop: asyncio.Event) -> None:
        """Listens and tells until told to stop, or until another process holds the lease."""
        ended = asyncio.Event()
        telling = asyncio.create_task(session.tell_until(ended))
        try:
            await session.listen_until(stop)
        finally:
            ended.set()
            await telling
            await session.close()


class Session:
    """One connection: from login until the lease is lost, the homeserver away or Lots stopped."""

    def __init__(
        self, server: Homeserver, client: MatrixClient, post: Post, rooms: Rooms, lease: FollowerLease, around: Around
    ) -> None:
        self.server = server
        self.client = client
        self.post = post
        self._rooms = rooms
        self._lease = lease
        self._around = around
        self._log = structlog.get_logger("matrix")

    async def close(self) -> None:
        await self.post.close()

    # ── listening ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def listen_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            listening = asyncio.create_task(self.listen_once(stop, LISTEN_SECONDS))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not listening.done():
                listening.cancel()
                await asyncio.wait({listening})
                return
            if not listening.result():
                return

    async def listen_once(self, stop: asyncio.Event, seconds: float) -> bool:
        """Hears what has happened and acts on it; False when another process holds the lease."""
        cursor = await self._lease.take()
        if cursor is None:
            return False
        heard = await self.server.listen(cursor, seconds)
        rooms: dict[str, list[Happened]] = {}
        for one in heard.happened:
            rooms.setdefault(one.room_id, []).append(one)
        done = await asyncio.gather(*(self._take_room(batch, stop) for batch in rooms.values()))
        if all(done) and heard.next != cursor:
            await self._lease.move(heard.next)
        return all(done)

    async def _take_room(self, batch: Sequence[Happened], stop: asyncio.Event) -> bool:
        """Side by side with other rooms, one after the other in this one."""
        for happened in batch:
            if not await self._take(happened, stop):
                return False
        return True

    async def _take(self, happened: Happened, stop: asyncio.Event) -> bool:
        """Waits for the database and the message API; anything else that fails again and again is passed by."""
        tries = 0
        while not stop.is_set() and await self._lease.take() is not None:
            try:
                await self.client.take(happened)
            except (ApiDownError, DatabaseUnavailable) as error:
                self._log.warning("matrix waits", error=type(error).__name__)
            except Refused as error:
                self._log.warning("homeserver refuses", happened=type(happened).__name__, reason=error.code)
                return True
            except Away as error:
                tries += 1
                self._log.warning("homeserver away", happened=type(happened).__name__, reason=str(error))
                await rest(stop, error.seconds)
                if tries >= TRIES:
                    return True
            except Exception as error:  # noqa: BLE001 - the outer edge: one bad event must not silence all others
                tries += 1
                name, place = type(error).__name__, where_it_broke(error)
                self._log.error("event failed", happened=type(happened).__name__, error=name, at=place)
                if tries >= TRIES:
                    return True
            else:
                return True
            await rest(stop, IDLE_SECONDS)
        return False

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def tell_until(self, stop: asyncio.Event) -> None:
        await sweep_until(stop, self.sweep, CLIENT)

    async def sweep(self) -> int:
        """Brings what nobody waits for at the moment: news, and what did not get through before."""
        told = await asyncio.gather(*(self._tell(place) for place in await self._rooms.waiting(SWEPT)))
        return sum(told)

    async def _tell(self, place: Place) -> bool:
        return await tell(self.post, place, place.account, place.staff_id, self._around)
