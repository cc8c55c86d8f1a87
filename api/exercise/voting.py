"""A participant's answer to a question in a round: put in or changed, once, while that vote is open. Shows nothing.

No vote counts after the step that closed it: the session's row is held while the vote is written.
"""

from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import Connection, Integer, String, bindparam
from sqlalchemy import select as columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.context import Api
from api.exercise import seats, service
from api.exercise.material import Shelf
from api.exercise.state import ROUNDS
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from common.database import UtcDateTime, few, table_of
from common.wake import after_commit

PHASES: Final = {number: str(phase) for phase, number in ROUNDS.items()}
KEY: Final = ("participant_id", "place", "round")


async def vote(api: Api, shelf: Shelf, code: str, participant_id: str, seen: tuple[int, int], option: str) -> str:
    """`counted`, or why not: `closed` (that question and round is not open), `late` (its time is up) or `unknown`.

    `seen`: the question and the round that the participant answers, so that a late answer never counts for another question.
    """
    code = seats.tidy(code)
    given = {"who": participant_id, "place": seen[0], "round": seen[1], "option": option, "now": api.now()}
    exercise_id = shelf.offering(code, seen[0], option)
    if exercise_id is not None and seen[1] in PHASES:
        here = {"exercise": exercise_id, "code": code, "phase": PHASES[seen[1]], **given}
        if await api.db.do(partial(_counted, statement=_counting(on_sqlite=api.db.is_sqlite), given=here), alone=True):
            api.db.bell.ring((service.votes_topic(exercise_id),))
            return "counted"
    async with api.db.write() as session:
        return await _with_care(api, shelf, session, code, given)


def _counted(connection: Connection, statement: ReturningInsert[Any], given: dict[str, Any]) -> bool:
    return connection.execute(statement, given).first() is not None


async def _with_care(api: Api, shelf: Shelf, session: AsyncSession, code: str, given: dict[str, Any]) -> str:
    """Step by step: for a vote with a clock, one of a session that this process has not shown, and one that does not count."""
    query = select(ExerciseRow).where(ExerciseRow.code == code)
    if not api.db.is_sqlite:
        query = query.with_for_update(read=True)
    row = (await session.exec(query)).first()
    if row is None:
        return "unknown"
    at = service.position(row)
    if (at.place, at.round) != (given["place"], given["round"]):
        return "closed"
    if _time_is_up(row, given["now"]):
        return "late"
    offered = shelf.of(row)[at.place].question.option(given["option"]) is not None
    if not offered or not await _sits(session, row, given["who"]):
        return "unknown"
    await session.exec(_written(on_sqlite=api.db.is_sqlite), params={"exercise": row.id, **given})
    after_commit(session, service.votes_topic(row.id))
    return "counted"


def _time_is_up(row: ExerciseRow, now: datetime) -> bool:
    return (
        row.seconds is not None
        and row.opened_at is not None
        and now.timestamp() > row.opened_at.timestamp() + row.seconds
    )


async def _sits(session: AsyncSession, row: ExerciseRow, participant_id: str) -> bool:
    found = await session.exec(
        select(ParticipantRow.id).where(ParticipantRow.id == participant_id, ParticipantRow.exercise_id == row.id)
    )
    return found.first() is not None


# ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _values() -> dict[str, Any]:
    return {
        "place": bindparam("place", type_=Integer),
        "round": bindparam("round", type_=Integer),
        "option": bindparam("option", type_=String),
        "at": bindparam("now", type_=UtcDateTime),
    }


@lru_cache(maxsize=2)
def _counting(*, on_sqlite: bool) -> ReturningInsert[Any]:
    """Where the session stands at `place` in `phase`, with no pause and no clock, and `who` sits in it: her answer."""
    exercise, people, votes = (table_of(row) for row in (ExerciseRow, ParticipantRow, VoteRow))
    values = _values()
    stands = (
        exercise.c.id == bindparam("exercise", type_=String),
        exercise.c.code == bindparam("code", type_=String),
        exercise.c.place == bindparam("place", type_=Integer),
        exercise.c.phase == bindparam("phase", type_=String),
        exercise.c.paused.is_(False),
        exercise.c.seconds.is_(None),
        people.c.id == bindparam("who", type_=String),
    )
    source = (
        columns(people.c.id, exercise.c.id, *values.values())
        .select_from(exercise.join(people, people.c.exercise_id == exercise.c.id))
        .where(*stands)
    )
    if not on_sqlite:
        source = source.with_for_update(read=True, of=exercise)
    make = sqlite.insert if on_sqlite else postgresql.insert
    statement = make(votes).from_select(["participant_id", "exercise_id", *values], source)
    changed = {name: statement.excluded[name] for name in ("option", "at")}
    return few(statement.on_conflict_do_update(index_elements=KEY, set_=changed)).returning(votes.c.place)


@lru_cache(maxsize=2)
def _written(*, on_sqlite: bool) -> ReturningInsert[Any]:
    votes = table_of(VoteRow)
    make = sqlite.insert if on_sqlite else postgresql.insert
    statement = make(votes).values(
        participant_id=bindparam("who", type_=String), exercise_id=bindparam("exercise", type_=String), **_values()
    )
    changed = {name: statement.excluded[name] for name in ("option", "at")}
    return few(statement.on_conflict_do_update(index_elements=KEY, set_=changed)).returning(votes.c.place)
