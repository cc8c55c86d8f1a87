"""Who takes part in a session: joining and coming back. No accounts; shows nothing.

Joining is one statement, and doing it twice with the same nickname or from the same chat is as once.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, String, bindparam, func, update
from sqlalchemy import select as columns
from sqlmodel import col, select

from api.authorisation import Caller
from api.context import Api
from api.errors import ExerciseUnknown
from api.exercise import seats, service
from api.exercise.standing import door_key
from api.exercise.state import Phase
from api.exercise.tables import ExerciseRow, ParticipantRow
from common.database import table_of
from common.ids import new_id
from common.together import New, put_together
from common.wake import after_commit
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
    key = _nickname_key(api, found.id, nickname)
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


async def unname(api: Api, caller: Caller, exercise_id: str, participant_id: str, words: Callable[..., str]) -> None:
    """The trainer takes a participant's nickname away: she is called by her `number` from now on, and keeps all else."""
    row = await service.owned(api, caller, exercise_id)
    people = await service.participants(api, row.id)
    number = next((place for place, one in enumerate(people, start=1) if one.id == participant_id), 0)
    if not number:
        raise ExerciseUnknown
    taken = {one.nickname_key for one in people if one.id != participant_id}
    while (key := _nickname_key(api, row.id, words(number=number))) in taken:
        number += 1
    nickname = api.cipher.seal(words(number=number), service.nickname_context(participant_id))
    async with api.db.write() as session:
        here = update(ParticipantRow).where(
            col(ParticipantRow.id) == participant_id, col(ParticipantRow.exercise_id) == row.id
        )
        await session.exec(here.values(nickname=nickname, nickname_key=key))
        after_commit(session, service.votes_topic(row.id))


def _nickname_key(api: Api, exercise_id: str, nickname: str) -> str:
    return api.cipher.lookup(f"exercise-nickname:{exercise_id}:{nickname.casefold()}")


async def come_back(api: Api, exercise_id: str, code: str) -> ParticipantRow | None:
    """Whoever has this code, with everything she answered."""
    async with api.db.read() as session:
        found = await session.exec(
            select(ParticipantRow).where(
                ParticipantRow.exercise_id == exercise_id, ParticipantRow.rejoin == seats.tidy(code)
            )
        )
        return found.first()
