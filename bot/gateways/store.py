"""Conversations in the database, everything said encrypted. One short write per turn; decides nothing and calls nobody.

StoreError
└── LostRace   another process wrote this conversation first: load and step again
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, update
from sqlmodel import SQLModel, col, select

from bot.conversation import StaleConversationError, from_json, to_json
from bot.gateways.records import Author, Kept, Line, Opened, Order, Owner, Queued, Written
from bot.gateways.seats import write_seat
from bot.gateways.statements import empty_commands, erase_copies, erase_lines, first_of_cause, note_erased, opening
from bot.gateways.tables import ConversationRow, IncomingRow, LineRow, LiveSeatRow, WatchedRow
from bot.ports import Stored
from bot.render import Rendered
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, table_of
from common.errors import CryptoError
from common.ids import new_id
from common.outbox import Job, job
from common.together import First, New, Next, at_once, write_together

REMINDER: Final = "bot.reminder"
LEASE: Final = timedelta(seconds=60)
IDLE_BATCH: Final = 100
LAST_LINE: Final = 2**31 - 1
"""The highest number a line can have; a client may ask for what comes after any."""
INCOMING_KEPT: Final = timedelta(days=30)
"""How long ids of what came in are kept to know a repeat by."""


FOLLOWED: Final = timedelta(days=400)
"""How long a message is followed, and an empty conversation's id kept for its person to come back to."""


class StoreError(Exception):
    """The root of the tree."""


class LostRace(StoreError):  # noqa: N818 - an outcome that the shell acts on
    """Another turn of the same conversation was written first. Nothing of this one was."""


class SqlConversationStore:
    def __init__(self, db: Database, cipher: Cipher, clock: Clock) -> None:
        self.name = new_id()
        self._db = db
        self._cipher = cipher
        self._clock = clock

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, conversation_id: str, message_id: str) -> Opened:
        """What a turn needs in one read. A state of another schema counts as lost."""
        row = await self._row(conversation_id, message_id)
        if row is None:
            return Opened(None, None, 0, None, seen=False)
        owner, seen = Owner(row.client, row.staff_id), row.message_id is not None
        try:
            stored = None if seen else self._stored(row)
        except (StaleConversationError, CryptoError):
            return Opened(owner, None, row.version, "schema", seen, row.next_line)
        return Opened(owner, stored, row.version, "idle" if row.lost else None, seen, row.next_line)

    async def _row(self, conversation_id: str, message_id: str = "") -> Any:
        """The columns of the conversation, and `message_id` where that message has been acted on."""
        found = await self._db.ask(opening(), {"conversation": conversation_id, "message": message_id})
        return found[0] if found else None

    def _stored(self, row: Any) -> Stored | None:
        """What a conversation's row, or the columns of it, keep of its state."""
        if row.sealed is None:
            return None
        return Stored(from_json(self._cipher.open(row.sealed, _state_place(row.id))), row.version)

    async def load(self, conversation_id: str) -> Stored | None:
        row = await self._row(conversation_id)
        return None if row is None else self._stored(row)

    async def owner(self, conversation_id: str) -> Owner | None:
        row = await self._row(conversation_id)
        return None if row is None else Owner(row.client, row.staff_id)

    async def seen(self, conversation_id: str, message_id: str) -> bool:
        return (await self.open(conversation_id, message_id)).seen

    async def lines(
        self, conversation_id: str, *, after: int = 0, cause: str | None = None, limit: int | None = None
    ) -> tuple[Line, ...]:
        """In the order they were said; with a limit, the last ones."""
        after = min(after, LAST_LINE)
        wanted = select(LineRow).where(col(LineRow.conversation_id) == conversation_id, col(LineRow.number) > after)
        if cause is not None:
            wanted = wanted.where(col(LineRow.cause) == cause)
        wanted = wanted.order_by(col(LineRow.number).desc())
        if limit is not None:
            wanted = wanted.limit(limit)
        async with self._db.read() as session:
            rows = (await session.exec(wanted)).all()
        lines = (self._line(row) for row in reversed(rows))
        return tuple(line for line in lines if line is not None)

    def _line(self, row: LineRow) -> Line | None:
        """None for a line whose key is gone: the conversation goes on without it."""
        try:
            opened = self._cipher.open(row.sealed, _line_place(row.conversation_id, row.number))
        except CryptoError:
            return None
        author: Author = "person" if row.author == "person" else "lots"
        return Line(row.number, author, row.cause, _rendered().validate_json(opened), row.at)

    async def newest(self, conversation_id: str) -> tuple[int, int]:
        """The number of the last line, and below which number lines are erased."""
        row = await self._row(conversation_id)
        return (0, 0) if row is None else (row.next_line - 1, row.erased_before)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def write(self, turn: Written) -> Kept:
        """The turn's one transaction. Raises LostRace when the version is another by now."""
        now = self._clock.now()
        lines = tuple(
            Line(number, author, turn.cause, said, now)
            for number, (author, said) in enumerate(turn.said, turn.next_line)
        )
        orders = tuple(self._order(turn, queued, place, now) for place, queued in enumerate(turn.queued))
        first, rows = self._state(turn, now), self._rows(turn, lines, orders, now)
        more = turn.erase or turn.copied or turn.seated or turn.beside is not None
        work = partial(self._write, turn=turn, first=first, rows=rows, now=now)
        if not await self._db.do(work, alone=not more and at_once(rows)):
            raise LostRace
        return Kept(lines, tuple(_job(row.values) for row in orders if row.values["attempts"]))

    def _write(self, connection: Connection, turn: Written, first: First, rows: Sequence[New], now: datetime) -> bool:
        if not write_together(connection, first, rows):
            return False
        if turn.erase:
            self._erase(connection, turn)
        if turn.copied:
            connection.execute(erase_copies(), {"conversation": turn.conversation.id, "before": turn.next_line})
        if turn.seated:
            write_seat(connection, self._cipher, turn.conversation, now)
        if turn.beside is not None:
            turn.beside(connection)
        return True

    def _state(self, turn: Written, now: datetime) -> First:
        """The conversation's row, new or as long as the version still holds."""
        conversation, table = turn.conversation, table_of(ConversationRow)
        values: dict[str, Any] = {
            "version": turn.version + 1,
            "sealed": self._cipher.seal(to_json(conversation), _state_place(conversation.id)),
            "lost": None,
            "next_line": turn.next_line + len(turn.said),
        }
        if turn.by_person or turn.version == 0:
            values["touched_at"] = now
        if turn.version:
            return Next(table, {"id": conversation.id, "version": turn.version}, values)
        whose = {"id": conversation.id, "client": turn.client, "staff_id": conversation.staff_id}
        return New(table, {**whose, **values, "erased_before": 0})

    def _rows(self, turn: Written, lines: Sequence[Line], orders: Sequence[New], now: datetime) -> tuple[New, ...]:
        here = turn.conversation.id
        incoming = {"conversation_id": here, "message_id": turn.message_id, "at": now}
        watched = {"message_id": turn.watch, "conversation_id": here, "at": now}
        return (
            New(table_of(IncomingRow), incoming),
            *(New(table_of(LineRow), self._line_values(here, line)) for line in lines),
            *((New(table_of(WatchedRow), watched, once=True),) if turn.watch is not None else ()),
            *orders,
        )

    def _line_values(self, conversation_id: str, line: Line) -> dict[str, object]:
        body = _rendered().dump_json(line.said).decode()
        return {
            "conversation_id": conversation_id,
            "number": line.number,
            "author": line.author,
            "cause": line.cause,
            "tone": str(line.said.tone),
            "sealed": self._cipher.seal(body, _line_place(conversation_id, line.number)),
            "at": line.at,
        }

    def _erase(self, connection: Connection, turn: Written) -> None:
        """Every line before those of this cause, the words that were its cause, and what the outbox still holds.

        What was begun meanwhile, while a handover waited, is left alone.
        """
        here, first = turn.conversation.id, turn.next_line
        cause = {"conversation": here, "cause": turn.cause, "first": first}
        found = connection.execute(first_of_cause(), cause).scalar_one()
        before = first if found is None else found
        connection.execute(erase_lines(), {**cause, "before": before})
        connection.execute(note_erased(), {"conversation": here, "before": before})
        connection.execute(empty_commands(on_sqlite=self._db.is_sqlite), {"prefix": f"{here}/"})

    def _order(self, turn: Written, queued: Queued, place: int, now: datetime) -> New:
        """A command's row in the outbox. What is to be done at once is leased to this process already."""
        key = f"{turn.conversation.id}/{turn.message_id}/{place}"
        whose = turn.conversation.id, turn.client, turn.conversation.staff_id
        order = Order(*whose, turn.cause, queued.command, turn.units)
        payload = self._cipher.seal(_order().dump_json(order).decode(), _order_place(key))
        row = job(queued.kind, key, payload, queued.due_at or now)
        lease = {"attempts": 1, "claimed_until": now + LEASE, "claimed_by": self.name} if queued.due_at is None else {}
        return New(row.table, {**row.values, **lease}, once=True)

    def order(self, job: Job) -> Order:
        """What lies in a job of ours."""
        return _order().validate_json(self._cipher.open(job.payload, _order_place(job.key)))

    # ── forgetting ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def erase_idle(self, hours: int = 24) -> int:
        """Forgets up to a batch of conversations that nobody has touched for so long. Ids and queued work stay."""
        limit = self._clock.now() - timedelta(hours=hours)
        remembered = or_(
            col(ConversationRow.sealed).is_not(None),
            col(ConversationRow.erased_before) < col(ConversationRow.next_line),
        )
        idle = and_(col(ConversationRow.touched_at) < limit, remembered)
        async with self._db.read() as session:
            rows = (await session.exec(select(ConversationRow).where(idle).limit(IDLE_BATCH))).all()
        return sum([await self._forget(row) for row in rows])

    async def _forget(self, row: ConversationRow) -> int:
        ours = and_(col(ConversationRow.id) == row.id, col(ConversationRow.version) == row.version)
        values = {
            "sealed": None,
            "lost": "idle" if row.lost == "idle" or self._had_a_matter(row) else None,
            "version": row.version + 1,
            "erased_before": row.next_line,
        }
        async with self._db.write() as session:
            forgotten = await session.exec(update(ConversationRow).where(ours).values(**values))
            if not forgotten.rowcount:
                return 0
            await session.exec(delete(LineRow).where(col(LineRow.conversation_id) == row.id))
            await session.exec(delete(LiveSeatRow).where(col(LiveSeatRow.conversation_id) == row.id))
        return 1

    def _had_a_matter(self, row: ConversationRow) -> bool:
        try:
            stored = self._stored(row)
        except (StaleConversationError, CryptoError):
            return True
        return stored is not None and stored.conversation.matter is not None

    async def forget_old_ids(self) -> None:
        """Ids of what came in long ago: nobody repeats those. Messages followed for a year and more, and then the conversations
        that nothing refers to any more. Whoever else does the same at the same time finds nothing left."""
        now = self._clock.now()
        long_ago = now - FOLLOWED
        async with self._db.write() as session:
            await session.exec(delete(IncomingRow).where(col(IncomingRow.at) < now - INCOMING_KEPT))
            await session.exec(update(WatchedRow).where(col(WatchedRow.at).is_(None)).values(at=now))
            await session.exec(delete(WatchedRow).where(col(WatchedRow.at) < long_ago))
            silent = and_(col(ConversationRow.sealed).is_(None), col(ConversationRow.touched_at) < long_ago)
            gone = select(ConversationRow.id).where(silent, *_unreferenced()).limit(IDLE_BATCH)
            await session.exec(delete(ConversationRow).where(col(ConversationRow.id).in_(gone)))

    # ── following ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def conversations_of(self, message_id: str, staff_id: str) -> tuple[str, ...]:
        """Where what happened to a message is told: the conversation that handed it over, else the person's latest."""
        mine = col(ConversationRow.staff_id) == staff_id
        watched = (
            select(WatchedRow.conversation_id)
            .join(ConversationRow, col(ConversationRow.id) == col(WatchedRow.conversation_id))
            .where(col(WatchedRow.message_id) == message_id, mine)
        )
        latest = select(ConversationRow.id).where(mine).order_by(col(ConversationRow.touched_at).desc()).limit(1)
        async with self._db.read() as session:
            found: Sequence[str] = (await session.exec(watched)).all() or (await session.exec(latest)).all()
        return tuple(found)

    async def count(self) -> int:
        """Conversations that are remembered now."""
        async with self._db.read() as session:
            found = await session.exec(
                select(func.count()).select_from(ConversationRow).where(col(ConversationRow.sealed).is_not(None))
            )
        return found.one()


def _unreferenced() -> list[ColumnElement[bool]]:
    """That no row of any table refers to the conversation."""
    here = col(ConversationRow.id)
    keys = [key for table in SQLModel.metadata.sorted_tables for key in table.foreign_keys]
    mine = [key.parent for key in keys if key.target_fullname == f"{ConversationRow.__tablename__}.id"]
    return [~exists().where(column == here) for column in mine]


def _job(values: Mapping[str, Any]) -> Job:
    return Job(**{field.name: values[field.name] for field in fields(Job)})


def _state_place(conversation_id: str) -> str:
    return f"bot_conversation:{conversation_id}"


def _line_place(conversation_id: str, number: int) -> str:
    return f"bot_line:{conversation_id}:{number}"


def _order_place(key: str) -> str:
    return f"outbox:{key}"


@lru_cache(maxsize=1)
def _rendered() -> TypeAdapter[Rendered]:
    return TypeAdapter(Rendered)


@lru_cache(maxsize=1)
def _order() -> TypeAdapter[Order]:
    return TypeAdapter(Order)
