"""Which conversations take part in live exercises, and what they were last shown. Written with the turn; says nothing and knows no content.

An exercise is known by a keyed hash of its code: a row tells that a chat takes part in something, and not in what.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Delete, bindparam, delete
from sqlmodel import col, select

from bot.conversation import Conversation
from bot.gateways.tables import LiveSeatRow
from common.crypto import Cipher
from common.database import Database, few, table_of
from common.together import New, write_together

ENDED: Final = "ended"


def seat_of(conversation: Conversation) -> tuple[str, str] | None:
    """The exercise that she takes part in, and what of it she was last shown; None where there is nothing more to be told of."""
    live = conversation.live
    if live is None or live.room is None or live.room.nickname is None or live.room.phase == ENDED:
        return None
    return live.code, live.room.mark


def write_seat(connection: Connection, cipher: Cipher, conversation: Conversation, now: datetime) -> None:
    """As the conversation has it now, in the turn's transaction."""
    connection.execute(_no_seat(), {"conversation": conversation.id})
    seat = seat_of(conversation)
    if seat is not None:
        code, shown = seat
        room = cipher.lookup(f"bot-exercise:{code}")
        values = {"conversation_id": conversation.id, "room": room, "shown": shown, "at": now}
        write_together(connection, New(table_of(LiveSeatRow), values), ())


@lru_cache(maxsize=1)
def _no_seat() -> Delete:
    table = table_of(LiveSeatRow)
    return few(delete(table).where(table.c.conversation_id == bindparam("conversation")))


class Seats:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> dict[str, list[LiveSeatRow]]:
        """By exercise, in the order that they were last shown something."""
        async with self._db.read() as session:
            rows = (await session.exec(select(LiveSeatRow).order_by(col(LiveSeatRow.at)))).all()
        found: dict[str, list[LiveSeatRow]] = {}
        for row in rows:
            found.setdefault(row.room, []).append(row)
        return found

    async def forget(self, conversation_ids: Iterable[str]) -> None:
        """They take part in nothing any more."""
        async with self._db.write() as session:
            await session.exec(delete(LiveSeatRow).where(col(LiveSeatRow.conversation_id).in_(list(conversation_ids))))
