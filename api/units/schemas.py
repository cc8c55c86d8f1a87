"""The shape of a unit as the directory tells it. Holds no rules."""

from pydantic import BaseModel

from knowledge.directory import Unit


class UnitOut(Unit):
    """The unit, and how well it fits a search: 0–100, null when nothing was searched for."""

    score: float | None = None


class UnitList(BaseModel):
    items: list[UnitOut]
