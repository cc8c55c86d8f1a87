"""Live exercises: the session and where it stands, who joined, every vote; and the trainers' own scenarios. No patients, no messages.

Nicknames are sealed. Everything of a session goes at its `delete_at`, by the daily job.
"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class ExerciseRow(SQLModel, table=True):
    """One session. `material` is the scenarios as they were when it began, as JSON; no key stands in it but the author's claim."""

    __tablename__ = "exercise"
    __table_args__ = (Index("exercise_owner", "created_by", "created_at"),)

    id: str = Field(primary_key=True)
    code: str = Field(unique=True)
    """What people type to join. Free again when the session is deleted."""
    organisation: str
    pack: str
    title: str
    material: str
    place: int = 0
    phase: str = "lobby"
    paused: bool = False
    passed_by: str = ""
    """Questions left before their answer was shown, and where each stood: "0:vote 3:spread"."""
    version: int = 0
    """One more for each thing the trainer does: what pages compare to know that they are old."""
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the vote that is open was opened."""
    seconds: int | None = None
    """How long a vote is open; None: until the trainer goes on."""
    points: bool = False
    teams: int = 0
    named: bool = False
    """Nicknames stand in the report."""
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delete_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ParticipantRow(SQLModel, table=True):
    """Someone who joined by the code: no account. `rejoin` gets her back on another device; `door` is a chat's keyed hash."""

    __tablename__ = "exercise_participant"
    __table_args__ = (
        UniqueConstraint("exercise_id", "nickname_key"),
        UniqueConstraint("exercise_id", "rejoin"),
        UniqueConstraint("exercise_id", "door"),
    )

    id: str = Field(primary_key=True)
    exercise_id: str = Field(foreign_key="exercise.id")
    nickname: str
    nickname_key: str
    rejoin: str
    door: str | None = None
    team: int | None = None
    unit_type: str | None = None
    joined_at: datetime = Field(sa_type=UtcDateTime)


class VoteRow(SQLModel, table=True):
    """One participant's answer to one question in one round. Once: a repeat is the same row, a change of mind another option in it."""

    __tablename__ = "exercise_vote"
    __table_args__ = (Index("exercise_vote_tally", "exercise_id", "place", "round"),)

    participant_id: str = Field(primary_key=True, foreign_key="exercise_participant.id")
    place: int = Field(primary_key=True)
    round: int = Field(primary_key=True)
    exercise_id: str = Field(foreign_key="exercise.id")
    option: str
    at: datetime = Field(sa_type=UtcDateTime)


class OwnScenarioRow(SQLModel, table=True):
    """A trainer's own scenario, each version a row. `body` is its JSON, scanned for identities before it came here."""

    __tablename__ = "exercise_scenario"
    __table_args__ = (Index("exercise_scenario_owner", "organisation", "created_by"),)

    id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    newest: bool = True
    organisation: str
    pack: str
    title: str
    shared: bool = False
    """Whether colleagues in the organisation may use it too."""
    body: str
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
