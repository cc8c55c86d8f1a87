"""The units of the directory, and how each organisation has its messages delivered. Holds no rules."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class UnitRow(SQLModel, table=True):
    """`document` is the whole unit as JSON; the other columns are what queries need."""

    __tablename__ = "unit"

    id: str = Field(primary_key=True)
    name: str
    type: str
    region: str
    organisation: str
    demo: bool
    document: str
    updated_at: datetime = Field(sa_type=UtcDateTime)


class DeliverySettingRow(SQLModel, table=True):
    """How messages of one channel leave one organisation: `built_in`, `copy_out` or `port`. No row: `built_in`."""

    __tablename__ = "delivery_setting"

    organisation: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    delivery: str
