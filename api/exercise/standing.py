"""What participants ask of a session: where it stands, who sits here, what they have answered. One statement each; writes nothing.

Hundreds ask in the same second, so the session's material, which is long and never changes, is left where it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, select

from api.context import Api
from api.errors import ExerciseUnknown
from api.exercise import seats
from api.exercise.state import Phase, Position
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from common.database import UtcDateTime, table_of

SESSION: Final = (
    "id",
    "code",
    "title",
    "place",
    "phase",
    "paused",
    "version",
    "opened_at",
    "seconds",
    "points",
    "teams",
    "named",
)
SEAT: Final = ("id", "nickname", "rejoin", "team")
VOTE: Final = ("place", "round", "option")


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as its row has it."""

    id: str
    code: str
    title: str
    place: int
    phase: str
    paused: bool
    version: int
    opened_at: datetime | None
    seconds: int | None
    points: bool
    teams: int
    named: bool

    @property
    def position(self) -> Position:
        return Position(self.place, Phase(self.phase), self.paused)

    def seconds_left(self, now: datetime) -> int | None:
        """Of the vote that is open, where it has a clock; 0 when its time is out."""
        if self.position.round is None or self.seconds is None or self.opened_at is None:
            return None
        return max(0, ceil(self.opened_at.timestamp() + self.seconds - now.timestamp()))

    def open_round(self, now: datetime) -> int | None:
        """The round that people can vote in just now."""
        return None if self.seconds_left(now) == 0 else self.position.round

    @staticmethod
    def of(row: ExerciseRow) -> "Standing":
        return Standing(*(getattr(row, name) for name in SESSION))


@dataclass(frozen=True, slots=True)
class Seated:
    """A participant; the nickname is sealed."""

    id: str
    nickname: str
    rejoin: str
    team: int | None

    @staticmethod
    def of(row: ParticipantRow) -> "Seated":
        return Seated(row.id, row.nickname, row.rejoin, row.team)


@dataclass(frozen=True, slots=True)
class InRoom:
    """A session, the participants that one device or person holds in it, and what each of them has answered."""

    row: Standing
    people: tuple[Seated, ...]
    given: dict[str, dict[tuple[int, int], str]]


async def by_code(api: Api, code: str) -> Standing:
    """The session that people join by this code, or ExerciseUnknown."""
    return (await in_room(api, code, ())).row


async def in_room(api: Api, code: str, ids: Sequence[str]) -> InRoom:
    """The session with those of the participants who are in it, in the order given; ExerciseUnknown where there is none."""
    found = await _found(api, code, _of_seats() if ids else _of_nobody(), {"seats": list(ids)} if ids else {})
    here = {one.id: one for one in found.people}
    return InRoom(found.row, tuple(here[one] for one in ids if one in here), found.given)


async def at_door(api: Api, code: str, door: str) -> InRoom:
    """The session with the participant who joined from this chat."""
    return await _found(api, code, _of_door(), {"door": door_key(api, door)})


def door_key(api: Api, door: str) -> str:
    return api.cipher.lookup(f"exercise-door:{door}")


async def _found(api: Api, code: str, statement: Select[*tuple[Any, ...]], given: dict[str, object]) -> InRoom:
    params = {"code": seats.tidy(code), "now": api.now(), **given}
    rows: Sequence[Any] = await api.db.ask(statement, params)
    if not rows:
        raise ExerciseUnknown
    return _read(rows)


def _read(rows: Sequence[Any]) -> InRoom:
    """A row for each vote, one for whoever has not voted, and one for a session where nobody sits here."""
    people: dict[str, Seated] = {}
    votes: dict[str, dict[tuple[int, int], str]] = {}
    for row in rows:
        who, nickname, rejoin, team, place, number, option = row[len(SESSION) :] if len(row) > len(SESSION) else NOBODY
        if who is None:
            continue
        people.setdefault(who, Seated(who, nickname, rejoin, team))
        given = votes.setdefault(who, {})
        if option is not None:
            given[place, number] = option
    return InRoom(Standing(*rows[0][: len(SESSION)]), tuple(people.values()), votes)


NOBODY: Final[tuple[Any, ...]] = (None,) * (len(SEAT) + len(VOTE))


@lru_cache(maxsize=1)
def _of_nobody() -> Select[*tuple[Any, ...]]:
    exercise = table_of(ExerciseRow)
    return select(*(exercise.c[name] for name in SESSION)).where(*_open())


@lru_cache(maxsize=1)
def _of_seats() -> Select[*tuple[Any, ...]]:
    return _of(table_of(ParticipantRow).c.id.in_(bindparam("seats", expanding=True)))


@lru_cache(maxsize=1)
def _of_door() -> Select[*tuple[Any, ...]]:
    return _of(table_of(ParticipantRow).c.door == bindparam("door", type_=String))


def _of(wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    exercise, people, votes = (table_of(row) for row in (ExerciseRow, ParticipantRow, VoteRow))
    mine = exercise.outerjoin(people, and_(people.c.exercise_id == exercise.c.id, wanted))
    asked = (
        *(exercise.c[name] for name in SESSION),
        *(people.c[name] for name in SEAT),
        *(votes.c[name] for name in VOTE),
    )
    answered = mine.outerjoin(votes, votes.c.participant_id == people.c.id)
    return select(*asked).select_from(answered).where(*_open())


def _open() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    exercise = table_of(ExerciseRow)
    return exercise.c.code == bindparam("code", type_=String), exercise.c.delete_at > bindparam(
        "now", type_=UtcDateTime
    )
