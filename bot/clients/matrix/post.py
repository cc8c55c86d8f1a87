"""Brings what was said into the room: in order, and once. Says nothing of its own.

The lines of the conversation are the queue; a room's row says how far they have been shown. Each send has a key of its own that the
homeserver knows again, so that a send whose answer was lost is simply made once more.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog

from bot.clients.matrix.homeserver import Away, Homeserver, Refused
from bot.clients.matrix.rooms import Place, Rooms
from bot.clients.matrix.tables import MatrixCardRow, MatrixRoomRow
from bot.clients.matrix.words import SIGNS, Batch, batches, choices_of, sign
from bot.gateways.records import Line
from bot.gateways.store import SqlConversationStore
from bot.render import RenderedChoice, Texts
from common.clock import Clock

SAY: Final = "say|"
TAP: Final = "tap|"
"""How the cause of a pick begins; after it the event's id and the card's."""
ASKED: Final = (TAP, SAY)
"""What begins the cause of an answer; all other causes are news."""
FIRST_WAIT: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(seconds=30)
HEARD: Final = 1_000
"""How many of our own edits are remembered."""
SIGNS_PAUSE: Final = timedelta(minutes=5)
TOLD: Final = 24
"""Signs of a key."""


class Post:
    """`key` is a keyed hash. `address` is where Lots' pages are. One per connection to the homeserver."""

    def __init__(
        self,
        server: Homeserver,
        rooms: Rooms,
        store: SqlConversationStore,
        texts: Texts,
        address: str,
        clock: Clock,
        key: Callable[[str], str],
    ) -> None:
        self._server = server
        self._rooms = rooms
        self._store = store
        self._texts = texts
        self._address = address
        self._clock = clock
        self._key = key
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._came_back: deque[str] = deque(maxlen=HEARD)
        self._no_signs_until: datetime | None = None
        self._signing: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger("matrix")

    async def deliver(self, place: Place, *, wake: bool = False) -> None:
        """Everything said in the conversation that is not in its room yet. `wake`: the person is there again."""
        lock = self._locks.setdefault(place.conversation_id, asyncio.Lock())
        async with lock:
            row = await self._rooms.read(place)
            if wake:
                row.parked, row.quiet, row.due_at = False, False, None
            if not self._rooms.is_due(row):
                return
            if not self._is_safe(place):
                row.parked = True
                await self._rooms.save(row)
                return
            row.quiet = False
            lines = await self._store.lines(place.conversation_id, after=row.delivered)
            if lines:
                await self._stop_signing(place.room_id)
                await self._deliver(place, row, lines)

    def _is_safe(self, place: Place) -> bool:
        """Nothing of a conversation goes to a room that is open, or that we are not in."""
        try:
            return self._server.room(place.room_id).encrypted
        except Refused:
            return False

    async def _deliver(self, place: Place, row: MatrixRoomRow, lines: Sequence[Line]) -> None:
        """A message that may have got through already is made of the same lines again, so that it has the same key."""
        whole = [line for line in lines if line.number <= row.batch_to]
        rest = lines[len(whole) :]
        cut = [*batches(whole, self._texts, self._address), *batches(rest, self._texts, self._address)]
        for batch in cut:
            try:
                card = await self._show(place, row, batch)
            except Refused as error:
                if error.forbidden:
                    row.parked = True
                    await self._rooms.save(row)
                    self._log.info("room parked", conversation=place.conversation_id, reason=error.code)
                    return
                self._log.error("homeserver refuses a message", conversation=place.conversation_id, reason=error.code)
                card = None
            except Away as error:
                self._wait(row, error.seconds)
                row.batch_to = batch.last
                await self._rooms.save(row)
                self._log.warning("homeserver away", conversation=place.conversation_id, reason=str(error))
                return
            row.delivered, row.batch_to, row.attempts, row.due_at = batch.last, 0, 0, None
            await self._rooms.save(row, card)
            if card is not None:
                if card.edit is not None and card.edit in self._came_back:
                    await self._rooms.came_back(card.edit)
                self._sign(place, card, len(batch.choices))
        if row.delivered < lines[-1].number:
            row.delivered = lines[-1].number
            await self._rooms.save(row)

    def _wait(self, row: MatrixRoomRow, seconds: float) -> None:
        row.attempts += 1
        factor: int = 2 ** min(row.attempts - 1, 10)
        row.due_at = self._clock.now() + max(min(LONGEST_WAIT, FIRST_WAIT * factor), timedelta(seconds=seconds))

    async def _show(self, place: Place, row: MatrixRoomRow, batch: Batch) -> MatrixCardRow | None:
        """One batch, part by part. Gives the card that it became, if it has choices."""
        card = await self._to_change(place, row, batch)
        event_id = ""
        for number, words in enumerate(batch.parts):
            key = self.key_of(place.conversation_id, f"{batch.cause}:{batch.first}-{batch.last}.{number}")
            replaces = None if card is None else card.event_id
            event_id = await self._server.send(place.room_id, words, key, replaces=replaces)
        if card is not None:
            await self._take_pick_away(place, batch)
        answered = batch.cause.startswith(ASKED)
        row.card = (event_id if card is None else card.event_id) if batch.choices and not batch.lasting else None
        if batch.choices or answered:
            row.first, row.last = batch.first, batch.last
        if not batch.choices:
            return None
        if card is None:
            return MatrixCardRow(
                event_id=event_id, conversation_id=place.conversation_id, first=batch.first, last=batch.last
            )
        card.edit, card.before_first, card.before_last = event_id, card.first, card.last
        card.first, card.last = batch.first, batch.last
        return card

    async def _to_change(self, place: Place, row: MatrixRoomRow, batch: Batch) -> MatrixCardRow | None:
        """The card that now reads otherwise: the one that was picked on, when nothing came after it.

        Only with choices in it and where the pick can be taken away again, so that the same number can be picked anew.
        """
        picked_on = batch.cause.rpartition("|")[2] if batch.cause.startswith(TAP) else None
        fits = len(batch.parts) == 1 and batch.choices and not batch.lasting
        if picked_on is None or picked_on != row.card or not fits:
            return None
        return await self._rooms.card(picked_on) if self._server.room(place.room_id).may_redact else None

    async def came_back(self, event_id: str) -> None:
        """An edit of ours stands in the room's order. That may be heard before the edit's own answer, or before it is written down."""
        self._came_back.append(event_id)
        await self._rooms.came_back(event_id)

    async def _take_pick_away(self, place: Place, batch: Batch) -> None:
        picked = batch.cause.removeprefix(TAP).rpartition("|")[0]
        with suppress(Refused):
            await self._server.redact(place.room_id, picked, self.key_of(place.conversation_id, f"unpick.{picked}"))

    def key_of(self, conversation_id: str, what: str) -> str:
        return self._key(f"matrix:send:{conversation_id}:{what}")[:TOLD]

    # ── news ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def skip(self, place: Place) -> None:
        """Nobody is there to be told: what waits is passed by."""
        row = await self._rooms.read(place)
        row.delivered, _ = await self._store.newest(place.conversation_id)
        await self._rooms.save(row)

    async def hold(self, place: Place, until: datetime) -> bool:
        """News wait for the morning; an answer that did not get through does not. Says whether it waits."""
        row = await self._rooms.read(place)
        lines = await self._store.lines(place.conversation_id, after=row.delivered)
        row.quiet = not any(line.cause.startswith(ASKED) for line in lines)
        row.due_at = until if row.quiet else None
        await self._rooms.save(row)
        return row.quiet

    # ── choices ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def offered(self, place: Place) -> tuple[RenderedChoice, ...]:
        """What a number that is typed picks from."""
        row = await self._rooms.read(place)
        return await self._choices(place, row.first, row.last)

    async def on_card(self, place: Place, event_id: str) -> tuple[RenderedChoice, ...] | None:
        """What a number put on a message picks from, as the person saw it; None: the message is no card of this conversation."""
        card = await self._rooms.card(event_id)
        if card is None or card.conversation_id != place.conversation_id:
            return None
        if card.edit is not None:
            return await self._choices(place, card.before_first, card.before_last)
        return await self._choices(place, card.first, card.last)

    async def _choices(self, place: Place, first: int, last: int) -> tuple[RenderedChoice, ...]:
        lines = await self._store.lines(place.conversation_id, after=first - 1) if last else ()
        return choices_of([line for line in lines if line.number <= last])

    def _sign(self, place: Place, card: MatrixCardRow, choices: int) -> None:
        """Puts the numbers on the card while the person reads. The next message does not wait for them.

        None for a while after the homeserver has asked us to wait: words need the room that it gives us.
        """
        if self._no_signs_until is not None and self._clock.now() < self._no_signs_until:
            return
        self._signing[place.room_id] = asyncio.create_task(self._put_signs(place, card, min(choices, len(SIGNS))))

    async def _put_signs(self, place: Place, card: MatrixCardRow, wanted: int) -> None:
        signs: list[str] = json.loads(card.signs)
        try:
            while len(signs) < wanted:
                signs.append(await self._put(place, card, len(signs) + 1))
            while len(signs) > wanted:
                if surplus := signs.pop():
                    key = self.key_of(place.conversation_id, f"unsign.{surplus}")
                    await self._server.redact(place.room_id, surplus, key)
        except Away as error:
            self._no_signs_until = self._clock.now() + SIGNS_PAUSE
            self._log.warning("numbers left out for a while", reason=str(error))
        except Refused as error:
            self._log.info("numbers left out", conversation=place.conversation_id, reason=str(error))
        finally:
            card.signs = json.dumps(signs)
            await self._rooms.save_signs(card)

    async def _put(self, place: Place, card: MatrixCardRow, number: int) -> str:
        """The sign's event; "" when it is there already and we no longer know which it is."""
        key = self.key_of(place.conversation_id, f"{card.event_id}.{card.last}.{number}")
        try:
            return await self._server.react(place.room_id, card.event_id, sign(number), key)
        except Refused as error:
            if error.code != "M_DUPLICATE_ANNOTATION":
                raise
            return ""

    async def _stop_signing(self, room_id: str) -> None:
        task = self._signing.pop(room_id, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def settled(self) -> None:
        """Until every number is where it should be."""
        await asyncio.gather(*self._signing.values(), return_exceptions=True)

    async def close(self) -> None:
        for room_id in tuple(self._signing):
            await self._stop_signing(room_id)
