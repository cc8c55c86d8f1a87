"""The units of the directory, and how messages leave each organisation and unit. Holds no rules."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class UnitRow(SQLModel, table=True):
    """`document` is the whole unit as JSON but for `hsa_id` and `closed_at`; the other columns are what queries need.

    A unit is never deleted, since messages point at it. A closed one cannot receive; its inbox can still be read.
    """

    __tablename__ = "unit"
    __table_args__ = (Index("unit_hsa_id", "hsa_id", unique=True), Index("unit_organisation", "organisation"))

    id: str = Field(primary_key=True)
    name: str
    type: str
    region: str
    organisation: str
    demo: bool
    document: str
    updated_at: datetime = Field(sa_type=UtcDateTime)
    hsa_id: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DirectoryVersionRow(SQLModel, table=True):
    """Counts the directory's changes, so that every process knows when to read it anew. One row."""

    __tablename__ = "directory_version"

    name: str = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)


class DeliverySettingRow(SQLModel, table=True):
    """How messages of one channel leave one organisation: `built_in`, `copy_out` or `port`. No row: `built_in`."""

    __tablename__ = "delivery_setting"

    organisation: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    delivery: str


class UnitDeliveryRow(SQLModel, table=True):
    """The same for one unit, where it differs from its organisation."""

    __tablename__ = "unit_delivery"

    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    channel: str = Field(primary_key=True)
    delivery: str
