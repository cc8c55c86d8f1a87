"""Who takes part in a session: joining and coming back. No accounts; shows nothing.

Joining is one statement, and doing it twice with the same nickname or from the same chat is as once.
"""

import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, String, bindparam, func
from sqlalchemy import select as columns
from sqlmodel import select

from api.context import Api
from api.errors import ExerciseUnknown
from api.exercise import seats, service
from api.exercise.standing import door_key
from api.exercise.state import Phase
from api.exercise.tables import ExerciseRow, ParticipantRow
from common.database import table_of
from common.ids import new_id
from common.together import New, put_together
from triage.identity import identify

LONGEST_NICKNAME: Final = 24
MOST_PARTICIPANTS: Final = 1000
TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Newcomer:
    nickname: str
    unit_type: str | None = None
    door: str | None = None
    """Whoever joins from a chat, kept as a keyed hash only."""


async def join(api: Api, code: str, newcomer: Newcomer) -> ParticipantRow | str:
    """The participant, or why not: `empty`, `identity`, `taken`, `full` or `over`. ExerciseUnknown where the code leads nowhere."""
    nickname = " ".join(newcomer.nickname.split())[:LONGEST_NICKNAME]
    if not nickname:
        return "empty"
    if identify(nickname, api.knowledge.names):
        return "identity"
    found: Any = next(iter(await api.db.ask(_to_join(), {"code": seats.tidy(code)})), None)
    if found is None or found.delete_at <= api.now():
        raise ExerciseUnknown
    if found.phase == Phase.ENDED:
        return "over"
    if found.people >= MOST_PARTICIPANTS:
        return "full"
    key = api.cipher.lookup(f"exercise-nickname:{found.id}:{nickname.casefold()}")
    for _ in range(TRIES):
        made = _new(api, found.id, nickname, key, newcomer, found.people % found.teams if found.teams else None)
        if await put_together(
            api.db, New(table_of(ParticipantRow), made.model_dump()), (), (service.votes_topic(found.id),)
        ):
            return made
        if await api.db.ask(_taken(), {"exercise": found.id, "key": key}):
            return "taken"
    return "taken"


def _new(api: Api, exercise_id: str, nickname: str, key: str, newcomer: Newcomer, team: int | None) -> ParticipantRow:
    participant_id = new_id()
    return ParticipantRow(
        id=participant_id,
        exercise_id=exercise_id,
        nickname=api.cipher.seal(nickname, service.nickname_context(participant_id)),
        nickname_key=key,
        rejoin=seats.rejoin_code(secrets.choice),
        door=door_key(api, newcomer.door) if newcomer.door else None,
        team=team,
        unit_type=newcomer.unit_type,
        joined_at=api.now(),
    )


@lru_cache(maxsize=1)
def _to_join() -> Select[*tuple[Any, ...]]:
    """The session of `code`, and how many are in it."""
    exercise, people = table_of(ExerciseRow).c, table_of(ParticipantRow).c
    here = columns(func.count()).where(people.exercise_id == exercise.id).scalar_subquery().label("people")
    asked = (exercise.id, exercise.phase, exercise.teams, exercise.delete_at, here)
    return columns(*asked).where(exercise.code == bindparam("code", type_=String))


@lru_cache(maxsize=1)
def _taken() -> Select[*tuple[Any, ...]]:
    """Who has the nickname with this `key`."""
    people = table_of(ParticipantRow).c
    mine = (
        people.exercise_id == bindparam("exercise", type_=String),
        people.nickname_key == bindparam("key", type_=String),
    )
    return columns(people.id).where(*mine)


async def come_back(api: Api, exercise_id: str, code: str) -> ParticipantRow | None:
    """Whoever has this code, with everything she answered."""
    async with api.db.read() as session:
        found = await session.exec(
            select(ParticipantRow).where(
                ParticipantRow.exercise_id == exercise_id, ParticipantRow.rejoin == seats.tidy(code)
            )
        )
        return found.first()
