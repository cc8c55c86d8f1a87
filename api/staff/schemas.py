"""The shapes of who one is. Holds no rules."""

from pydantic import BaseModel, ConfigDict

from api.fields import UnitId
from knowledge.vocabulary import UnitType


class MyUnit(BaseModel):
    id: str
    name: str
    type: UnitType
    region: str
    organisation: str
    role: str


class Me(BaseModel):
    """`pack` is the routine in force today in the unit's region, null in a gap. `deliveries`: channel → how it leaves."""

    staff_id: str | None
    name: str | None
    role: str
    unit: MyUnit
    units: list[MyUnit]
    pack: str | None
    deliveries: dict[str, str]
    language: str | None = None
    outage: str | None = None
    """The message system of the unit that is down now, by its name."""
    waiting: int | None = None
    """How many messages nobody has acknowledged in the unit's inbox, where it was asked for and the caller may read there."""


class UnitChoice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unit: UnitId
