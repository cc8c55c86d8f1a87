"""A session as its trainer leads it, and what there is to show of it. All is in the database: any process can answer any request.

Going on is one short transaction, and doing it twice is as once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller, Right
from api.context import Api
from api.errors import ExerciseUnknown
from api.exercise.material import Shelf, as_text, pack_of
from api.exercise.state import ROUNDS, Act, Left, Phase, Position, after, passed_by
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from common.database import insert_new
from common.ids import new_id
from common.wake import QUIET, after_commit
from knowledge.scenario import Scenario

CODE_LENGTHS: Final = (4, 4, 4, 5, 6, 8)
"""Digits of a code, try by try: short ones first, longer when those are taken."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the trainer chose for a session."""

    title: str
    scenarios: tuple[Scenario, ...]
    points: bool = False
    teams: int = 0
    seconds: int | None = None
    named: bool = False
    keep_days: int = 30


def topic(exercise_id: str) -> str:
    """What rings when the session goes on."""
    return f"exercise:{exercise_id}"


def votes_topic(exercise_id: str) -> str:
    """What rings when someone joins or votes: for those who look at how many, and for nobody else's work."""
    return f"{QUIET}exercise-votes:{exercise_id}"


def nickname_context(participant_id: str) -> str:
    return f"exercise_participant:{participant_id}"


# ── the trainer's ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def begin(api: Api, caller: Caller, wanted: Wanted) -> ExerciseRow:
    caller.require(Right.EXERCISE)
    now = api.now()
    for length in CODE_LENGTHS:
        row = ExerciseRow(
            id=new_id(),
            code="".join(secrets.choice("0123456789") for _ in range(length)),
            organisation=caller.here.organisation,
            pack=pack_of(wanted.scenarios),
            title=wanted.title,
            material=as_text(wanted.scenarios),
            points=wanted.points,
            teams=wanted.teams,
            seconds=wanted.seconds,
            named=wanted.named,
            created_by=caller.actor,
            created_at=now,
            delete_at=now + timedelta(days=wanted.keep_days),
        )
        async with api.db.write() as session:
            if await insert_new(session, row):
                return row
    raise RuntimeError("no free code for an exercise in six tries")


async def mine(api: Api, caller: Caller) -> Sequence[ExerciseRow]:
    """The trainer's sessions, newest first."""
    caller.require(Right.EXERCISE)
    async with api.db.read() as session:
        found = await session.exec(
            select(ExerciseRow)
            .where(ExerciseRow.created_by == caller.actor)
            .order_by(col(ExerciseRow.created_at).desc())
            .limit(50)
        )
        return found.all()


async def owned(api: Api, caller: Caller, exercise_id: str) -> ExerciseRow:
    """The trainer's own session, or ExerciseUnknown."""
    caller.require(Right.EXERCISE)
    async with api.db.read() as session:
        row = await session.get(ExerciseRow, exercise_id)
    if row is None or row.created_by != caller.actor:
        raise ExerciseUnknown
    return row


async def act(api: Api, caller: Caller, shelf: Shelf, exercise_id: str, done: Act, seen: int) -> bool:
    """Does it if the session still stands where the trainer saw it; false where it has gone on, so that a double tap is one."""
    row = await owned(api, caller, exercise_id)
    votable = [asked.votable for asked in shelf.of(row)]
    async with api.db.write() as session:
        second = await _held(session, row, 2)
        at, left = position(row), left_of(row)
        to = after(at, done, votable, second=second, left=left)
        if to is None or row.version != seen:
            return False
        now = api.now()
        opens = to.phase in ROUNDS and (done is Act.RESUME or (to.phase, to.place) != (at.phase, at.place))
        values = {
            "place": to.place,
            "phase": str(to.phase),
            "paused": to.paused,
            "passed_by": " ".join(f"{place}:{phase}" for place, phase in passed_by(left, at, to).items()),
            "version": seen + 1,
            "opened_at": now if opens else row.opened_at,
            "ended_at": now if to.phase is Phase.ENDED else None,
        }
        changed = await session.exec(
            update(ExerciseRow).where(col(ExerciseRow.id) == row.id, col(ExerciseRow.version) == seen).values(**values)
        )
        if changed.rowcount != 1:
            return False
        after_commit(session, topic(row.id))
        after_commit(session, votes_topic(row.id))
    return True


async def _held(session: AsyncSession, row: ExerciseRow, number: int) -> bool:
    found = await session.exec(
        select(VoteRow.participant_id)
        .where(VoteRow.exercise_id == row.id, VoteRow.place == row.place, VoteRow.round == number)
        .limit(1)
    )
    return found.first() is not None


async def forget(api: Api, caller: Caller, exercise_id: str) -> None:
    """Gone at the coming night: the trainer wants it away before its day."""
    row = await owned(api, caller, exercise_id)
    async with api.db.write() as session:
        await session.exec(
            update(ExerciseRow)
            .where(col(ExerciseRow.id) == row.id)
            .values(delete_at=api.now(), phase=str(Phase.ENDED), version=row.version + 1)
        )
        after_commit(session, topic(row.id))


def position(row: ExerciseRow) -> Position:
    return Position(row.place, Phase(row.phase), row.paused)


def left_of(row: ExerciseRow) -> Left:
    pairs = (one.partition(":") for one in row.passed_by.split())
    return {int(place): Phase(phase) for place, _, phase in pairs}


async def _count(session: AsyncSession, exercise_id: str) -> int:
    return (
        await session.exec(
            select(func.count()).select_from(ParticipantRow).where(ParticipantRow.exercise_id == exercise_id)
        )
    ).one()


# ── what there is to show ───────────────────────────────────────────────────────────────────────────────────────────────

Tally = dict[tuple[int, int], dict[str, int]]
"""(question, round) → option → how many."""


async def tally(api: Api, exercise_id: str, place: int) -> Tally:
    """The votes of one question, by round and option."""
    async with api.db.read() as session:
        found = await session.exec(
            select(VoteRow.place, VoteRow.round, VoteRow.option, func.count())
            .where(VoteRow.exercise_id == exercise_id, VoteRow.place == place)
            .group_by(col(VoteRow.place), col(VoteRow.round), col(VoteRow.option))
        )
        counted: Tally = {}
        for at, number, option, count in found:
            counted.setdefault((at, number), {})[option] = count
    return counted


async def kept(api: Api, exercise_id: str, place: int) -> dict[str, int]:
    """Option → how many chose it in the first vote of a question and let it stand in the second."""
    again = aliased(VoteRow)
    changed = select(again.place).where(
        again.participant_id == VoteRow.participant_id, again.place == VoteRow.place, again.round == 2
    )
    async with api.db.read() as session:
        found = await session.exec(
            select(VoteRow.option, func.count())
            .where(VoteRow.exercise_id == exercise_id, VoteRow.place == place, VoteRow.round == 1, ~changed.exists())
            .group_by(col(VoteRow.option))
        )
        return dict(found.all())


async def voters(api: Api, exercise_id: str, place: int, number: int) -> frozenset[str]:
    """Who has answered a question in a round; not what."""
    async with api.db.read() as session:
        found = await session.exec(
            select(VoteRow.participant_id).where(
                VoteRow.exercise_id == exercise_id, VoteRow.place == place, VoteRow.round == number
            )
        )
        return frozenset(found)


async def votes(api: Api, exercise_id: str) -> Sequence[VoteRow]:
    async with api.db.read() as session:
        return (await session.exec(select(VoteRow).where(VoteRow.exercise_id == exercise_id))).all()


async def participants(api: Api, exercise_id: str) -> Sequence[ParticipantRow]:
    """Everyone, in the order they joined."""
    async with api.db.read() as session:
        found = await session.exec(
            select(ParticipantRow)
            .where(ParticipantRow.exercise_id == exercise_id)
            .order_by(col(ParticipantRow.joined_at), col(ParticipantRow.id))
        )
        return found.all()


async def mark(api: Api, exercise_id: str, *, wide: bool) -> str:
    """A text that is another one when there is something new to see; `wide` for who sees joins and votes too. Empty where it is gone."""
    async with api.db.read() as session:
        found = (
            await session.exec(
                select(ExerciseRow.version, ExerciseRow.place, ExerciseRow.phase).where(ExerciseRow.id == exercise_id)
            )
        ).first()
        if found is None:
            return ""
        version, place, phase = found
        if not wide:
            return str(version)
        number = ROUNDS.get(Phase(phase), 0)
        voted = await session.exec(
            select(func.count(), func.max(VoteRow.at)).where(
                VoteRow.exercise_id == exercise_id, VoteRow.place == place, VoteRow.round == number
            )
        )
        return f"{version}.{await _count(session, exercise_id)}.{voted.one()[0]}"
