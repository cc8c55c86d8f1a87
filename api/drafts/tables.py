"""Drafts on their way from a chat to the secure page, sealed. Holds no rules."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class DraftRow(SQLModel, table=True):
    """`sealed` is None once the draft was handed over or forgotten; `message_id` says what became of it."""

    __tablename__ = "draft"

    id: str = Field(primary_key=True)
    staff_id: str | None = Field(default=None, foreign_key="staff.id", index=True)
    unit_id: str = Field(foreign_key="unit.id")
    sealed: str | None
    message_id: str | None = Field(default=None, foreign_key="message.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime, index=True)
