"""A person's practice in the database, sealed: goes, memories of scenarios, who wants to be told. Knows no screen and no message API."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from bot.findings import PracticeCard, PracticeFound, PracticeTally
from bot.practice.queue import mark
from bot.practice.schedule import Mark, Memory, review
from bot.practice.tables import PracticeCardRow, PracticeGoRow, PracticeStaffRow
from bot.requests import PracticeAnswer, RecordPractice
from common.clock import Clock
from common.crypto import Cipher
from common.database import Database, insert_new
from common.errors import CryptoError
from common.outbox import cancel, enqueue

ANNOUNCE: Final = "bot.practice"
TOLD_AT: Final = time(9, 0)
"""When a day's repetition is announced, in Swedish time."""
STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
CHANNEL: Final = "channel"
"""The kind of question whose answer is a channel."""


@dataclass(frozen=True, slots=True)
class Go:
    """One go at a scenario, as it is kept: no words that anyone wrote."""

    pack: str
    scenario: str
    answers: tuple[PracticeAnswer, ...]
    at: datetime

    @property
    def right(self) -> bool:
        return all(answer.right for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What lies in the outbox: who is to be told where."""

    staff_id: str
    conversation_id: str


class PracticeStore:
    def __init__(self, db: Database, cipher: Cipher, clock: Clock) -> None:
        self._db = db
        self._cipher = cipher
        self._clock = clock

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def standing(self, staff_id: str, pack: str) -> PracticeFound:
        """What the menu shows: every card, and how often she was right by channel in this routine."""
        async with self._db.read() as session:
            rows = (await session.exec(_cards(staff_id))).all()
            told = await session.get(PracticeStaffRow, staff_id)
        cards = tuple(PracticeCard(row.scenario, row.due_at, self._was_wrong(row)) for row in rows)
        goes = await self.goes(staff_id)
        return PracticeFound(cards, tallies(tuple(go for go in goes if go.pack == pack)), told is not None)

    async def goes(self, staff_id: str) -> tuple[Go, ...]:
        """Every go, the oldest first; one whose key is gone is left out."""
        wanted = select(PracticeGoRow).where(col(PracticeGoRow.staff_id) == staff_id)
        async with self._db.read() as session:
            rows = (await session.exec(wanted.order_by(col(PracticeGoRow.at), col(PracticeGoRow.id)))).all()
        return tuple(go for row in rows if (go := self._go(row)) is not None)

    async def due(self, staff_id: str, now: datetime) -> int:
        """How many scenarios come again by now."""
        async with self._db.read() as session:
            rows = (await session.exec(_cards(staff_id))).all()
        return sum(row.due_at <= now for row in rows)

    async def announced_in(self, staff_id: str) -> str | None:
        """The conversation in which she wants to be told, or None."""
        async with self._db.read() as session:
            row = await session.get(PracticeStaffRow, staff_id)
        return None if row is None else row.conversation_id

    def _memory(self, row: PracticeCardRow) -> Memory | None:
        """None where the key is gone: the scenario is met as if for the first time."""
        try:
            return _memories().validate_json(self._cipher.open(row.sealed, _card_place(row.staff_id, row.scenario)))
        except CryptoError:
            return None

    def _was_wrong(self, row: PracticeCardRow) -> bool:
        memory = self._memory(row)
        return memory is not None and memory.last_mark is Mark.WRONG

    def _go(self, row: PracticeGoRow) -> Go | None:
        try:
            return _goes().validate_json(self._cipher.open(row.sealed, _go_place(row.id)))
        except CryptoError:
            return None

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def record(self, staff_id: str, command: RecordPractice) -> None:
        """A go and what it does to the memory of the scenario, in one transaction. The same go again changes nothing."""
        now = self._clock.now()
        go = Go(command.pack, command.scenario, command.answers, now)
        go_id = f"{staff_id}/{command.go}"
        sealed = self._cipher.seal(_goes().dump_json(go).decode(), _go_place(go_id))
        async with self._db.write() as session:
            if not await insert_new(session, PracticeGoRow(id=go_id, staff_id=staff_id, at=now, sealed=sealed)):
                return
            row = await session.get(PracticeCardRow, (staff_id, command.scenario))
            memory = review(None if row is None else self._memory(row), mark(command.answers), now)
            kept = self._cipher.seal(_memories().dump_json(memory).decode(), _card_place(staff_id, command.scenario))
            if row is None:
                row = PracticeCardRow(staff_id=staff_id, scenario=command.scenario, due_at=memory.due, sealed=kept)
            row.due_at, row.sealed = memory.due, kept
            session.add(row)
            told = await session.get(PracticeStaffRow, staff_id)
            if told is not None:
                await self._plan(session, staff_id, told.conversation_id, memory.due)

    async def announce(self, staff_id: str, conversation_id: str, *, on: bool) -> None:
        """Begins or stops telling her, in that conversation."""
        async with self._db.write() as session:
            await session.exec(delete(PracticeStaffRow).where(col(PracticeStaffRow.staff_id) == staff_id))
            if not on:
                return
            session.add(PracticeStaffRow(staff_id=staff_id, conversation_id=conversation_id))
            rows = (await session.exec(_cards(staff_id))).all()
            if rows:
                await self._plan(session, staff_id, conversation_id, min(row.due_at for row in rows))

    async def _plan(self, session: AsyncSession, staff_id: str, conversation_id: str, due_at: datetime) -> None:
        """One telling a day at most: the key is the person and the day."""
        at = telling_time(max(due_at, self._clock.now()))
        key = f"{staff_id}/{at:%Y-%m-%d}"
        payload = _announcements().dump_json(Announcement(staff_id, conversation_id)).decode()
        await enqueue(session, ANNOUNCE, key, self._cipher.seal(payload, f"outbox:{key}"), at)

    def announcement(self, payload: str, key: str) -> Announcement:
        return _announcements().validate_json(self._cipher.open(payload, f"outbox:{key}"))

    async def forget(self, staff_id: str) -> None:
        """Everything of her practice."""
        days = [telling_time(self._clock.now() + timedelta(days=ahead)) for ahead in range(2)]
        async with self._db.write() as session:
            for table in (PracticeCardRow, PracticeGoRow, PracticeStaffRow):
                await session.exec(delete(table).where(col(table.staff_id) == staff_id))
            for day in days:
                await cancel(session, ANNOUNCE, f"{staff_id}/{day:%Y-%m-%d}")


def telling_time(at: datetime) -> datetime:
    """The first time of telling that is not before the moment."""
    local = at.astimezone(STOCKHOLM)
    same_day = datetime.combine(local.date(), TOLD_AT, STOCKHOLM)
    told = same_day if same_day >= local else datetime.combine(local.date() + timedelta(days=1), TOLD_AT, STOCKHOLM)
    return told.astimezone(ZoneInfo("UTC"))


def tallies(goes: Sequence[Go]) -> tuple[PracticeTally, ...]:
    """By the channel that was the answer: how often it was asked for and how often chosen."""
    asked: dict[str, list[bool]] = defaultdict(list)
    for go in goes:
        for answer in go.answers:
            if answer.kind == CHANNEL and answer.channel:
                asked[answer.channel].append(answer.right)
    return tuple(PracticeTally(channel, sum(right), len(right)) for channel, right in sorted(asked.items()))


def _cards(staff_id: str) -> SelectOfScalar[PracticeCardRow]:
    return (
        select(PracticeCardRow).where(col(PracticeCardRow.staff_id) == staff_id).order_by(col(PracticeCardRow.due_at))
    )


def _card_place(staff_id: str, scenario: str) -> str:
    return f"practice_card:{staff_id}:{scenario}"


def _go_place(go_id: str) -> str:
    return f"practice_go:{go_id}"


@lru_cache(maxsize=1)
def _memories() -> TypeAdapter[Memory]:
    return TypeAdapter(Memory)


@lru_cache(maxsize=1)
def _goes() -> TypeAdapter[Go]:
    return TypeAdapter(Go)


@lru_cache(maxsize=1)
def _announcements() -> TypeAdapter[Announcement]:
    return TypeAdapter(Announcement)
