"""When a unit's inbox was last opened, and the reminders that people set for themselves. Holds no content and no rules."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel

from common.database import UtcDateTime


class OpeningRow(SQLModel, table=True):
    """The last time a person, or a program of the unit's, opened its inbox."""

    __tablename__ = "inbox_opening"

    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    at: datetime = Field(sa_type=UtcDateTime)


class OwnReminderRow(SQLModel, table=True):
    """One that a sender has set for herself. `ended_at`: told, taken back, or no longer needed."""

    __tablename__ = "own_reminder"
    __table_args__ = (Index("own_reminder_message", "message_id", "staff_id"),)

    id: str = Field(primary_key=True)
    message_id: str = Field(foreign_key="message.id")
    staff_id: str = Field(foreign_key="staff.id")
    due_at: datetime = Field(sa_type=UtcDateTime)
    made_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
