"""The rows of chats: leased by one sender at a time, saved as it goes. Calls nobody and decides nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, update
from sqlmodel import col, select

from bot.clients.telegram.tables import TelegramChatRow
from bot.gateways.tables import ConversationRow
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, insert_new
from common.ids import new_id

CLIENT: Final = "telegram"
LEASE: Final = timedelta(seconds=60)
HASHED: Final = 24
"""Hexadecimal signs of a chat's hash in a conversation's name."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation is shown. The chat's number is the person's account: it is stored sealed and logged nowhere."""

    conversation_id: str
    chat_id: int = field(repr=False)


@dataclass(slots=True)
class Chat:
    """A chat that is ours to send in for now. The fields are those of `TelegramChatRow`."""

    conversation_id: str
    chat_id: int
    delivered: int
    part: int
    batch_to: int
    unclear: bool
    place_id: int | None
    card_id: int | None
    last_cause: str
    attempts: int
    due_at: datetime | None
    quiet: bool
    parked: bool


FIELDS: Final = tuple(name for name in Chat.__slots__ if name not in ("conversation_id", "chat_id"))


class Chats:
    def __init__(self, db: Database, cipher: Cipher, clock: Clock) -> None:
        self.name = new_id()
        self._db = db
        self._cipher = cipher
        self._clock = clock

    async def claim(self, address: Address, *, wake: bool = False) -> Chat | None:
        """The chat for the time of the lease; None while another sends, or it must wait. `wake`: the person is there again.

        A lease that ran out was held by a process that died: what it was sending may have got through.
        """
        now = self._clock.now()
        here = col(TelegramChatRow.conversation_id) == address.conversation_id
        free = or_(col(TelegramChatRow.claimed_until).is_(None), col(TelegramChatRow.claimed_until) <= now)
        due = or_(col(TelegramChatRow.due_at).is_(None), col(TelegramChatRow.due_at) <= now)
        awake = (
            and_(here, free, or_(due, col(TelegramChatRow.quiet)))
            if wake
            else and_(here, free, due, col(TelegramChatRow.parked).is_(False))
        )
        async with self._db.write() as session:
            row = await session.get(TelegramChatRow, address.conversation_id)
            if row is None:
                await insert_new(session, self._row(address))
            left = row is not None and row.claimed_until is not None
            done = await session.exec(
                update(TelegramChatRow)
                .where(awake)
                .values(claimed_until=now + LEASE, claimed_by=self.name)
                .returning(TelegramChatRow)
                .execution_options(synchronize_session=False, populate_existing=True)
            )
            taken = done.scalars().first()
            if taken is None:
                return None
            chat = Chat(address.conversation_id, address.chat_id, *(getattr(taken, name) for name in FIELDS))
        chat.unclear = chat.unclear or left
        chat.parked, chat.quiet = chat.parked and not wake, False
        return chat

    async def save(self, chat: Chat, *, release: bool) -> None:
        values: dict[str, object] = {name: getattr(chat, name) for name in FIELDS}
        if release:
            values |= {"claimed_until": None, "claimed_by": None}
        ours = and_(
            col(TelegramChatRow.conversation_id) == chat.conversation_id, col(TelegramChatRow.claimed_by) == self.name
        )
        async with self._db.write() as session:
            await session.exec(update(TelegramChatRow).where(ours).values(**values))

    async def waiting(self, limit: int) -> tuple[Address, ...]:
        """Chats that have something to be told, and may be told it now."""
        now = self._clock.now()
        wanted = (
            select(TelegramChatRow.conversation_id, TelegramChatRow.chat)
            .join(ConversationRow, col(ConversationRow.id) == col(TelegramChatRow.conversation_id))
            .where(
                col(ConversationRow.next_line) - 1 > col(TelegramChatRow.delivered),
                col(TelegramChatRow.parked).is_(False),
                or_(col(TelegramChatRow.due_at).is_(None), col(TelegramChatRow.due_at) <= now),
                or_(col(TelegramChatRow.claimed_until).is_(None), col(TelegramChatRow.claimed_until) <= now),
            )
            .order_by(col(TelegramChatRow.due_at))
            .limit(limit)
        )
        async with self._db.read() as session:
            rows = (await session.exec(wanted)).all()
        return tuple(Address(name, int(self._cipher.open(chat, _place(name)))) for name, chat in rows)

    async def park(self, chat_id: int, *, parked: bool) -> None:
        """The person blocked the bot, or let it in again: for every conversation shown in that chat."""
        here = col(TelegramChatRow.chat_hash) == self._cipher.lookup(f"telegram:{chat_id}")
        async with self._db.write() as session:
            await session.exec(update(TelegramChatRow).where(here).values(parked=parked))

    def name_of(self, chat_id: int, staff_id: str) -> str:
        """The conversation of a person in a chat. Another person in the same chat begins anew."""
        return f"{CLIENT}:{self._cipher.lookup(f'telegram:{chat_id}')[:HASHED]}:{staff_id}"

    def _row(self, address: Address) -> TelegramChatRow:
        name, chat = address.conversation_id, address.chat_id
        sealed = self._cipher.seal(str(chat), _place(name))
        return TelegramChatRow(conversation_id=name, chat_hash=self._cipher.lookup(f"telegram:{chat}"), chat=sealed)


def _place(conversation_id: str) -> str:
    return f"telegram_chat:{conversation_id}"
