"""Who did what with whose message: one row a deed, in the deed's own transaction. Holds no rules and no content."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class AuditRow(SQLModel, table=True):
    __tablename__ = "audit"

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    action: str
    actor: str
    """`staff:…` or `key:…`."""
    via: str | None = None
    """The program's key, when it acted for a person."""
    unit_id: str | None = None
    object_id: str | None = Field(default=None, index=True)
