"""What happened to messages, in order, for those it concerns. Never holds content. Holds no rules."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field, Index, SQLModel

from common.database import UtcDateTime

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


class EventRow(SQLModel, table=True):
    """`unit_id` and `staff_id` say whom it concerns; `about_unit` whose doing it was.

    `tx` is PostgreSQL's transaction number: readers stop before transactions that are still open, so that none is overtaken and missed.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("event_order", "tx", "seq"),
        Index("event_unit", "unit_id", "tx", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SEQUENCE)
    tx: int = Field(sa_type=BigInteger)
    key: str = Field(unique=True)
    type: str
    message_id: str = Field(foreign_key="message.id")
    number: str
    unit_id: str = Field(foreign_key="unit.id")
    staff_id: str | None = Field(default=None, foreign_key="staff.id")
    about_unit: str = Field(foreign_key="unit.id")
    at: datetime = Field(sa_type=UtcDateTime)


class EpochRow(SQLModel, table=True):
    """After a restore new events begin at `base`, above every cursor that anyone may hold from before; so nobody misses one."""

    __tablename__ = "event_epoch"

    base: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
