"""The rows of rooms and of messages with choices. Only the process that holds Matrix' lease writes them. Calls nobody."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import BaseModel
from sqlalchemy import ColumnElement, or_, update
from sqlmodel import col, delete, select

from bot.clients.matrix.tables import MatrixCardRow, MatrixRoomRow
from bot.gateways.tables import ConversationRow
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, insert_new

CLIENT: Final = "matrix"
HASHED: Final = 24
"""Hexadecimal signs of a room's hash in a conversation's name."""
CARDS_KEPT: Final = 200
"""Lines back to which a card is remembered."""

FIELDS: Final = ("delivered", "batch_to", "card", "first", "last", "attempts", "due_at", "quiet", "parked")
"""What changes in a room's row."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is shown, and the person's account there. Sealed where it is stored, logged nowhere."""

    conversation_id: str
    room_id: str = field(repr=False)
    account: str = field(repr=False)

    @property
    def staff_id(self) -> str:
        return self.conversation_id.rpartition(":")[2]


class _Sealed(BaseModel):
    room: str
    account: str


class Rooms:
    def __init__(self, db: Database, cipher: Cipher, clock: Clock) -> None:
        self._db = db
        self._cipher = cipher
        self._clock = clock

    def place(self, room_id: str, account: str, staff_id: str) -> Place:
        """The conversation of a person in a room. Another person in the same room begins anew."""
        name = self._cipher.lookup(f"matrix:{room_id}:{account}")[:HASHED]
        return Place(f"{CLIENT}:{name}:{staff_id}", room_id, account)

    async def read(self, place: Place) -> MatrixRoomRow:
        """How far the room has come; a room that is new begins here."""
        async with self._db.read() as session:
            row = await session.get(MatrixRoomRow, place.conversation_id)
        if row is not None:
            return row
        sealed = _Sealed(room=place.room_id, account=place.account).model_dump_json()
        context = _context(place.conversation_id)
        async with self._db.write() as session:
            await insert_new(
                session, MatrixRoomRow(conversation_id=place.conversation_id, room=self._cipher.seal(sealed, context))
            )
        return await self.read(place)

    async def save(self, row: MatrixRoomRow, card: MatrixCardRow | None = None) -> None:
        here = col(MatrixRoomRow.conversation_id) == row.conversation_id
        values = {name: getattr(row, name) for name in FIELDS}
        async with self._db.write() as session:
            await session.exec(update(MatrixRoomRow).where(here).values(**values))
            if card is not None:
                await session.merge(card)
                of_here = col(MatrixCardRow.conversation_id) == row.conversation_id
                await session.exec(
                    delete(MatrixCardRow).where(of_here, col(MatrixCardRow.last) < card.last - CARDS_KEPT)
                )

    async def save_signs(self, card: MatrixCardRow) -> None:
        """The numbers on a card, and nothing else of it: it may read otherwise by now."""
        await self._set(col(MatrixCardRow.event_id) == card.event_id, signs=card.signs)

    async def _set(self, which: ColumnElement[bool], **values: object) -> None:
        async with self._db.write() as session:
            await session.exec(update(MatrixCardRow).where(which).values(**values))

    async def card(self, event_id: str) -> MatrixCardRow | None:
        async with self._db.read() as session:
            return await session.get(MatrixCardRow, event_id)

    async def came_back(self, event_id: str) -> None:
        """An edit of ours stands in the room's order now: what is picked after it is of what it shows."""
        await self._set(col(MatrixCardRow.edit) == event_id, edit=None)

    async def waiting(self, limit: int) -> tuple[Place, ...]:
        """Rooms that have something to be told, and may be told it now."""
        now = self._clock.now()
        wanted = (
            select(MatrixRoomRow.conversation_id, MatrixRoomRow.room)
            .join(ConversationRow, col(ConversationRow.id) == col(MatrixRoomRow.conversation_id))
            .where(
                col(ConversationRow.next_line) - 1 > col(MatrixRoomRow.delivered),
                col(MatrixRoomRow.parked).is_(False),
                or_(col(MatrixRoomRow.due_at).is_(None), col(MatrixRoomRow.due_at) <= now),
            )
            .order_by(col(MatrixRoomRow.due_at))
            .limit(limit)
        )
        async with self._db.read() as session:
            rows = (await session.exec(wanted)).all()
        return tuple(self._opened(name, sealed) for name, sealed in rows)

    def _opened(self, name: str, sealed: str) -> Place:
        found = _Sealed.model_validate_json(self._cipher.open(sealed, _context(name)))
        return Place(name, found.room, found.account)

    def is_due(self, row: MatrixRoomRow) -> bool:
        due: datetime | None = row.due_at
        return not row.parked and (due is None or due <= self._clock.now())


def _context(conversation_id: str) -> str:
    return f"matrix_room:{conversation_id}"
