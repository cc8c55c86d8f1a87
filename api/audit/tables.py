"""Who did what with whose message: one row a deed, in the deed's own transaction, chained afterwards. Holds no rules and no content."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime

_SEALED = text("seq IS NOT NULL")
_UNSEALED = text("seq IS NULL")


class AuditRow(SQLModel, table=True):
    """`seq`, `sealed_at` and `mac` are None until the sealer has put the row in the chain; nothing else is ever changed."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_chain", "seq", unique=True, sqlite_where=_SEALED, postgresql_where=_SEALED),
        Index("audit_unsealed", "at", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    action: str
    actor: str
    """`staff:…`, `key:…` or `system`."""
    via: str | None = None
    """The program's key, when it acted for a person."""
    unit_id: str | None = None
    object_id: str | None = Field(default=None, index=True)
    seq: int | None = Field(default=None, sa_type=BigInteger)
    sealed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    mac: str | None = None


class AuditHeadRow(SQLModel, table=True):
    """The end of the chain, and which process holds the lease to seal. One row."""

    __tablename__ = "audit_head"

    name: str = Field(primary_key=True)
    seq: int = Field(default=0, sa_type=BigInteger)
    mac: str = ""
    holder: str = ""
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
