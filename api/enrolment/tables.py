"""Which chat account belongs to whom, and the codes that bind them. An account's name is sealed, and hashed for finding it."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime

_IN_USE = text("revoked_at IS NULL")


class ChatAccountRow(SQLModel, table=True):
    """An account in a chat client that speaks for a person until it is revoked. `quiet_from` and `quiet_to` are `22:00`."""

    __tablename__ = "chat_account"
    __table_args__ = (
        Index(
            "chat_account_in_use",
            "client",
            "account_hash",
            unique=True,
            sqlite_where=_IN_USE,
            postgresql_where=_IN_USE,
        ),
    )

    id: str = Field(primary_key=True)
    client: str
    account_hash: str
    account: str
    staff_id: str = Field(foreign_key="staff.id", index=True)
    language: str
    quiet_from: str | None = None
    quiet_to: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    renewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the person vouched for it last, since she bound it."""
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Brought back by a restore, and silent until it is released."""


class EnrolmentCodeRow(SQLModel, table=True):
    """A code that binds one account to the person who made it, once and soon."""

    __tablename__ = "enrolment_code"

    hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_by: str | None = Field(default=None, foreign_key="chat_account.id")
