"""The rows of chats: leased by one sender at a time, saved as it goes. Calls nobody and decides nothing."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import Connection, Update, and_, bindparam, or_, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, select

from bot.clients.telegram.tables import TelegramChatRow
from bot.gateways.tables import ConversationRow
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, UtcDateTime, few, table_of
from common.ids import new_id
from common.together import New, write_together

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

    @property
    def calm(self) -> bool:
        """Nothing is half done, and nothing must wait."""
        return not (self.part or self.batch_to or self.unclear or self.attempts or self.parked or self.due_at)


FIELDS: Final = tuple(name for name in Chat.__slots__ if name not in ("conversation_id", "chat_id"))


class Chats:
    def __init__(self, db: Database, cipher: Cipher, clock: Clock) -> None:
        self.name = new_id()
        self._db = db
        self._cipher = cipher
        self._clock = clock
        self._releasing = asyncio.Lock()
        self._done: dict[str, Chat] = {}
        """Ours still, and to be saved."""

    async def claim(self, address: Address, *, wake: bool = False) -> Chat | None:
        """The chat for the time of the lease; None while another sends, or it must wait. `wake`: the person is there again.

        A lease that ran out was held by a process that died: what it was sending may have got through.
        """
        await self.settled(address)
        return await self._db.do(partial(self.claim_within, address=address, wake=wake))

    def claim_within(self, connection: Connection, address: Address, *, wake: bool) -> Chat | None:
        """The same in a transaction that writes other things too."""
        now = self._clock.now()
        given = {"conversation": address.conversation_id, "now": now, "until": now + LEASE, "sender": self.name}
        taken = connection.execute(_claiming(wake=wake), given).first()
        if taken is None and write_together(connection, self._row(address), ()):
            taken = connection.execute(_claiming(wake=wake), given).first()
        if taken is None:
            return None
        chat = Chat(address.conversation_id, address.chat_id, *taken)
        chat.parked, chat.quiet = chat.parked and not wake, False
        return chat

    async def save(self, chat: Chat, *, release: bool) -> None:
        async with self._db.write() as session:
            await session.exec(_saving(release=release), params=self._saved(chat))

    def release_soon(self, chat: Chat) -> None:
        """All is shown and nothing waits: saved with the next ones. Until then nobody else can take the chat."""
        self._done[chat.conversation_id] = chat

    async def release_done(self) -> None:
        """Saves what is done, all in one transaction."""
        async with self._releasing:
            done = dict(self._done)
            if not done:
                return
            async with self._db.write() as session:
                await session.exec(_saving(release=True), params=[self._saved(chat) for chat in done.values()])
            for name in done:
                del self._done[name]

    async def settled(self, address: Address) -> None:
        """What was done in the chat before is saved."""
        if address.conversation_id in self._done:
            await self.release_done()

    def _saved(self, chat: Chat) -> dict[str, object]:
        values = {f"new_{name}": getattr(chat, name) for name in FIELDS}
        return {"conversation": chat.conversation_id, "sender": self.name, **values}

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
        await self.release_done()
        here = col(TelegramChatRow.chat_hash) == self._cipher.lookup(f"telegram:{chat_id}")
        async with self._db.write() as session:
            await session.exec(update(TelegramChatRow).where(here).values(parked=parked))

    def name_of(self, chat_id: int, staff_id: str) -> str:
        """The conversation of a person in a chat. Another person in the same chat begins anew."""
        return f"{CLIENT}:{self._cipher.lookup(f'telegram:{chat_id}')[:HASHED]}:{staff_id}"

    def _row(self, address: Address) -> New:
        name, chat = address.conversation_id, address.chat_id
        sealed = self._cipher.seal(str(chat), _place(name))
        row = TelegramChatRow(conversation_id=name, chat_hash=self._cipher.lookup(f"telegram:{chat}"), chat=sealed)
        return New(table_of(TelegramChatRow), row.model_dump())


class Claim:
    """Takes a chat in the transaction of a turn that will be shown there. `chat` is what came of it."""

    def __init__(self, chats: Chats, address: Address) -> None:
        self.chat: Chat | None = None
        self._chats = chats
        self._address = address

    def __call__(self, connection: Connection) -> None:
        self.chat = self._chats.claim_within(connection, self._address, wake=True)


@lru_cache(maxsize=2)
def _claiming(*, wake: bool) -> ReturningUpdate[tuple[Any, ...]]:
    """Leases `conversation` to `sender` `until` then, if it is free `now`."""
    row, now = table_of(TelegramChatRow).c, bindparam("now", type_=UtcDateTime)
    here = row.conversation_id == bindparam("conversation")
    free = or_(row.claimed_until.is_(None), row.claimed_until <= now)
    due = or_(row.due_at.is_(None), row.due_at <= now)
    awake = or_(due, row.quiet) if wake else and_(due, row.parked.is_(False))
    values: dict[str, object] = {
        "claimed_until": bindparam("until", type_=UtcDateTime),
        "claimed_by": bindparam("sender"),
        "unclear": or_(row.unclear, row.claimed_until.is_not(None)),
    }
    leased = update(table_of(TelegramChatRow)).where(here, free, awake).values(**values)
    return few(leased).returning(*(row[name] for name in FIELDS))


@lru_cache(maxsize=2)
def _saving(*, release: bool) -> Update:
    """How far `conversation` has come, while it is `sender`'s."""
    row = table_of(TelegramChatRow).c
    values: dict[str, object] = {name: bindparam(f"new_{name}", type_=row[name].type) for name in FIELDS}
    if release:
        values |= {"claimed_until": None, "claimed_by": None}
    ours = and_(row.conversation_id == bindparam("conversation"), row.claimed_by == bindparam("sender"))
    return few(update(table_of(TelegramChatRow)).where(ours).values(**values))


def _place(conversation_id: str) -> str:
    return f"telegram_chat:{conversation_id}"
