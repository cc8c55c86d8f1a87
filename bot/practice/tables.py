"""The practice's tables: how well each member of staff remembers each scenario, and what she has answered. Nothing about patients.

How someone does is hers: it is sealed, shown to her alone, and erased when she asks.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class PracticeCardRow(SQLModel, table=True):
    """A person's memory of one scenario. `due_at` stands in the clear, so that what is due can be found."""

    __tablename__ = "practice_card"

    staff_id: str = Field(primary_key=True)
    scenario: str = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    sealed: str


class PracticeGoRow(SQLModel, table=True):
    """One go at one scenario: the answers, sealed. The id is the go's own, so that it counts once."""

    __tablename__ = "practice_go"

    id: str = Field(primary_key=True)
    staff_id: str
    at: datetime = Field(sa_type=UtcDateTime)
    sealed: str


class PracticeStaffRow(SQLModel, table=True):
    """Who wants to be told when something is due, and in which conversation."""

    __tablename__ = "practice_staff"

    staff_id: str = Field(primary_key=True)
    conversation_id: str
