"""Sessions, people and votes in the database, which is all that is remembered: any process can answer any request. Shows nothing.

Joining, voting and going on are one short transaction each, and doing any of them twice is as once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.authorisation import Caller, Right
from api.context import Api
from api.errors import ExerciseUnknown
from api.exercise import seats
from api.exercise.material import Shelf, as_text, pack_of
from api.exercise.state import ROUNDS, Act, Phase, Position, after
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from common.database import insert_new
from common.ids import new_id
from common.wake import QUIET, after_commit
from knowledge.scenario import Scenario
from triage.identity import identify

LONGEST_NICKNAME: Final = 24
MOST_PARTICIPANTS: Final = 1000
CODE_LENGTHS: Final = (4, 4, 4, 5, 6, 8)
"""Digits of a code, try by try: short ones first, longer when those are taken."""
TRIES: Final = 8


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


@dataclass(frozen=True, slots=True)
class Newcomer:
    nickname: str
    unit_type: str | None = None
    door: str | None = None
    """A chat's own name for its conversation, kept as a keyed hash only."""


@dataclass(frozen=True, slots=True)
class InRoom:
    """A session, the participants that one device holds in it, and what each of them has answered."""

    row: ExerciseRow
    people: tuple[ParticipantRow, ...]
    given: dict[str, dict[tuple[int, int], str]]


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
        to = after(position(row), done, votable, second=second)
        if to is None or row.version != seen:
            return False
        now = api.now()
        opens = to.phase in ROUNDS and (to.phase, to.place) != (Phase(row.phase), row.place)
        values = {
            "place": to.place,
            "phase": str(to.phase),
            "paused": to.paused,
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


# ── everyone's ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def position(row: ExerciseRow) -> Position:
    return Position(row.place, Phase(row.phase), row.paused)


async def by_code(api: Api, code: str) -> ExerciseRow:
    """The session that people join by this code, or ExerciseUnknown."""
    async with api.db.read() as session:
        return await _by_code(api, session, code)


async def _by_code(api: Api, session: AsyncSession, code: str) -> ExerciseRow:
    row = (await session.exec(select(ExerciseRow).where(ExerciseRow.code == seats.tidy(code)))).first()
    if row is None or row.delete_at <= api.now():
        raise ExerciseUnknown
    return row


async def in_room(api: Api, code: str, ids: Sequence[str]) -> InRoom:
    """What a participant's page needs, in one short session: hundreds ask for it in the same second."""
    async with api.db.read() as session:
        row = await _by_code(api, session, code)
        people = await _seated(session, row, ids)
        found = (
            await session.exec(select(VoteRow).where(col(VoteRow.participant_id).in_([one.id for one in people])))
            if people
            else ()
        )
        given: dict[str, dict[tuple[int, int], str]] = {one.id: {} for one in people}
        for vote in found:
            given[vote.participant_id][vote.place, vote.round] = vote.option
    return InRoom(row, tuple(people), given)


async def join(api: Api, row: ExerciseRow, newcomer: Newcomer) -> ParticipantRow | str:
    """The participant, or why not: `empty`, `identity`, `taken`, `full` or `over`."""
    nickname = " ".join(newcomer.nickname.split())[:LONGEST_NICKNAME]
    if not nickname:
        return "empty"
    if identify(nickname, api.knowledge.names):
        return "identity"
    if row.phase == Phase.ENDED:
        return "over"
    participant_id = new_id()
    key = api.cipher.lookup(f"exercise-nickname:{row.id}:{nickname.casefold()}")
    async with api.db.write() as session:
        count = await _count(session, row.id)
        if count >= MOST_PARTICIPANTS:
            return "full"
        for _ in range(TRIES):
            made = ParticipantRow(
                id=participant_id,
                exercise_id=row.id,
                nickname=api.cipher.seal(nickname, nickname_context(participant_id)),
                nickname_key=key,
                rejoin=seats.rejoin_code(secrets.choice),
                door=api.cipher.lookup(f"exercise-door:{newcomer.door}") if newcomer.door else None,
                team=count % row.teams if row.teams else None,
                unit_type=newcomer.unit_type,
                joined_at=api.now(),
            )
            if await insert_new(session, made):
                after_commit(session, votes_topic(row.id))
                return made
            taken = select(ParticipantRow.id).where(
                ParticipantRow.exercise_id == row.id, ParticipantRow.nickname_key == key
            )
            if (await session.exec(taken)).first() is not None:
                return "taken"
    return "taken"


async def _count(session: AsyncSession, exercise_id: str) -> int:
    return (
        await session.exec(
            select(func.count()).select_from(ParticipantRow).where(ParticipantRow.exercise_id == exercise_id)
        )
    ).one()


async def come_back(api: Api, row: ExerciseRow, code: str) -> ParticipantRow | None:
    """Whoever has this code, with everything she answered."""
    async with api.db.read() as session:
        found = await session.exec(
            select(ParticipantRow).where(
                ParticipantRow.exercise_id == row.id, ParticipantRow.rejoin == seats.tidy(code)
            )
        )
        return found.first()


async def at_door(api: Api, row: ExerciseRow, door: str) -> ParticipantRow | None:
    """The participant who joined from this chat."""
    async with api.db.read() as session:
        found = await session.exec(
            select(ParticipantRow).where(
                ParticipantRow.exercise_id == row.id,
                ParticipantRow.door == api.cipher.lookup(f"exercise-door:{door}"),
            )
        )
        return found.first()


async def seated(api: Api, row: ExerciseRow, ids: Sequence[str]) -> list[ParticipantRow]:
    """Those of the participants who are in this session, in the order given."""
    async with api.db.read() as session:
        return await _seated(session, row, ids)


async def _seated(session: AsyncSession, row: ExerciseRow, ids: Sequence[str]) -> list[ParticipantRow]:
    if not ids:
        return []
    found = await session.exec(
        select(ParticipantRow).where(col(ParticipantRow.id).in_(ids), ParticipantRow.exercise_id == row.id)
    )
    rows = {one.id: one for one in found}
    return [rows[one] for one in ids if one in rows]


async def vote(api: Api, shelf: Shelf, code: str, participant_id: str, seen: tuple[int, int], option: str) -> str:
    """`counted`, or why not: `closed` (that question and round is not open), `late` (its time is up) or `unknown`.

    `seen`: the question and the round that the participant answers, so that a late answer never counts for another question.
    """
    async with api.db.write() as session:
        query = select(ExerciseRow).where(ExerciseRow.code == seats.tidy(code))
        if not api.db.is_sqlite:
            query = query.with_for_update(read=True)
        row = (await session.exec(query)).first()
        if row is None:
            return "unknown"
        at = position(row)
        if (at.place, at.round) != seen:
            return "closed"
        now = api.now()
        if _time_is_up(row, now.timestamp()):
            return "late"
        if shelf.of(row)[at.place].question.option(option) is None or not await _sits(session, row, participant_id):
            return "unknown"
        make = sqlite.insert if api.db.is_sqlite else postgresql.insert
        table = VoteRow.__table__  # type: ignore[attr-defined]
        values = {
            "participant_id": participant_id,
            "place": seen[0],
            "round": seen[1],
            "exercise_id": row.id,
            "option": option,
            "at": now,
        }
        statement = make(table).values(values)
        await session.exec(
            statement.on_conflict_do_update(
                index_elements=["participant_id", "place", "round"], set_={"option": option, "at": now}
            )
        )
        after_commit(session, votes_topic(row.id))
    return "counted"


def _time_is_up(row: ExerciseRow, now: float) -> bool:
    return row.seconds is not None and row.opened_at is not None and now > row.opened_at.timestamp() + row.seconds


async def _sits(session: AsyncSession, row: ExerciseRow, participant_id: str) -> bool:
    found = await session.exec(
        select(ParticipantRow.id).where(ParticipantRow.id == participant_id, ParticipantRow.exercise_id == row.id)
    )
    return found.first() is not None


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
