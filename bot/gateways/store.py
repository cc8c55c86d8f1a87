"""Conversations in the database, everything said encrypted. One short write per turn; decides nothing and calls nobody.

StoreError
└── LostRace   another process wrote this conversation first: load and step again
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, update
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.conversation import StaleConversationError, from_json, to_json
from bot.gateways.records import Author, Kept, Line, Opened, Order, Owner, Written
from bot.gateways.seats import write_seat
from bot.gateways.statements import (
    empty_commands,
    erase_lines,
    first_of_cause,
    new_incoming,
    new_line,
    next_state,
    note_erased,
    opening,
)
from bot.gateways.tables import ConversationRow, IncomingRow, LineRow, LiveSeatRow, WatchedRow
from bot.ports import Stored
from bot.render import Rendered
from bot.replies import Tone
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, insert_new
from common.errors import CryptoError
from common.ids import new_id
from common.outbox import Job, OutboxRow

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
        row, seen = await self._row(conversation_id, message_id)
        if row is None:
            return Opened(None, None, 0, None, seen=False)
        owner = Owner(row.client, row.staff_id)
        try:
            stored = None if seen else self._stored(row)
        except (StaleConversationError, CryptoError):
            return Opened(owner, None, row.version, "schema", seen=seen)
        return Opened(owner, stored, row.version, "idle" if row.lost else None, seen=seen)

    async def _row(self, conversation_id: str, message_id: str) -> tuple[ConversationRow | None, bool]:
        async with self._db.read() as session:
            found = (
                await session.exec(opening(), params={"conversation": conversation_id, "message": message_id})
            ).first()
        return (None, False) if found is None else (found[0], found[1] is not None)

    def _stored(self, row: ConversationRow) -> Stored | None:
        if row.sealed is None:
            return None
        return Stored(from_json(self._cipher.open(row.sealed, _state_place(row.id))), row.version)

    async def load(self, conversation_id: str) -> Stored | None:
        row, _ = await self._row(conversation_id, "")
        return None if row is None else self._stored(row)

    async def owner(self, conversation_id: str) -> Owner | None:
        row, _ = await self._row(conversation_id, "")
        return None if row is None else Owner(row.client, row.staff_id)

    async def seen(self, conversation_id: str, message_id: str) -> bool:
        return (await self._row(conversation_id, message_id))[1]

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
        row, _ = await self._row(conversation_id, "")
        return (0, 0) if row is None else (row.next_line - 1, row.erased_before)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def write(self, turn: Written) -> Kept:
        """The turn's one transaction. Raises LostRace when the version is another by now."""
        now = self._clock.now()
        async with self._db.write() as session:
            first = await self._write_state(session, turn, now)
            here = {"conversation_id": turn.conversation.id, "message_id": turn.message_id, "at": now}
            await session.exec(new_incoming(), params=here)
            lines = await self._write_lines(session, turn, first, now)
            if turn.erase:
                await self._erase(session, turn, first)
            if turn.copied:
                await self._erase_copies(session, turn.conversation.id, first)
            if turn.watch is not None:
                await insert_new(
                    session, WatchedRow(message_id=turn.watch, conversation_id=turn.conversation.id, at=now)
                )
            if turn.seated:
                await write_seat(session, self._cipher, turn.conversation, now)
            jobs = await self._write_jobs(session, turn, now)
            if turn.beside is not None:
                await turn.beside(session)
        return Kept(lines, jobs)

    async def _write_state(self, session: AsyncSession, turn: Written, now: datetime) -> int:
        """Writes the state if the version still holds; gives the number of the turn's first line."""
        conversation = turn.conversation
        sealed = self._cipher.seal(to_json(conversation), _state_place(conversation.id))
        count = len(turn.said)
        if turn.version == 0:
            row = ConversationRow(
                id=conversation.id,
                client=turn.client,
                staff_id=conversation.staff_id,
                version=1,
                sealed=sealed,
                next_line=1 + count,
                touched_at=now,
            )
            if not await insert_new(session, row):
                raise LostRace
            return 1
        written = await session.exec(
            next_state(by_person=turn.by_person),
            params={
                "conversation": conversation.id,
                "before": turn.version,
                "said": count,
                "new_state": sealed,
                **({"now": now} if turn.by_person else {}),
            },
        )
        found = written.first()
        if found is None:
            raise LostRace
        return int(found[0]) - count

    async def _write_lines(self, session: AsyncSession, turn: Written, first: int, now: datetime) -> tuple[Line, ...]:
        lines = tuple(
            Line(number, author, turn.cause, said, now) for number, (author, said) in enumerate(turn.said, first)
        )
        if lines:
            await session.exec(new_line(), params=[self._line_values(turn.conversation.id, line) for line in lines])
        return lines

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

    async def _erase(self, session: AsyncSession, turn: Written, first: int) -> None:
        """Every line before those of this cause, the words that were its cause, and what the outbox still holds.

        What was begun meanwhile, while a handover waited, is left alone.
        """
        cause = {"conversation": turn.conversation.id, "cause": turn.cause, "first": first}
        found = (await session.exec(first_of_cause(), params=cause)).one()
        before = first if found is None else found
        await session.exec(erase_lines(), params={**cause, "before": before})
        await session.exec(note_erased(), params={"conversation": turn.conversation.id, "before": before})
        empty = empty_commands(on_sqlite=self._db.is_sqlite)
        await session.exec(empty, params={"prefix": f"{turn.conversation.id}/"})

    async def _erase_copies(self, session: AsyncSession, conversation_id: str, first: int) -> None:
        """What was shown to be copied, once the person says that it is sent."""
        copies = and_(
            col(LineRow.conversation_id) == conversation_id,
            col(LineRow.number) < first,
            col(LineRow.tone) == str(Tone.COPY),
        )
        await session.exec(delete(LineRow).where(copies))

    async def _write_jobs(self, session: AsyncSession, turn: Written, now: datetime) -> tuple[Job, ...]:
        jobs: list[Job] = []
        for place, queued in enumerate(turn.queued):
            key = f"{turn.conversation.id}/{turn.message_id}/{place}"
            whose = turn.conversation.id, turn.client, turn.conversation.staff_id
            order = Order(*whose, turn.cause, queued.command, turn.units)
            payload = self._cipher.seal(_order().dump_json(order).decode(), _order_place(key))
            row = OutboxRow(id=new_id(), kind=queued.kind, key=key, payload=payload, due_at=queued.due_at or now)
            if queued.due_at is None:
                row.attempts, row.claimed_until, row.claimed_by = 1, now + LEASE, self.name
                jobs.append(Job(row.id, row.kind, key, payload, 1, now + LEASE, self.name))
            await insert_new(session, row)
        return tuple(jobs)

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
