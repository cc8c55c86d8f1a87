"""The fuzzy search over the directory, rebuilt when the directory changes in any process. Keeps no rules."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.units.tables import UnitRow
from knowledge.directory import Unit
from triage.units import UnitFinder

Stamp = tuple[int, datetime | None]


@dataclass(frozen=True)
class Loaded:
    stamp: Stamp
    units: dict[str, Unit]
    finder: UnitFinder


class UnitIndex:
    """Reads the directory's stamp at each search, and the directory itself only when that has changed."""

    def __init__(self) -> None:
        self._loaded: Loaded | None = None

    async def current(self, session: AsyncSession) -> Loaded:
        count, latest = (await session.exec(select(func.count(col(UnitRow.id)), func.max(UnitRow.updated_at)))).one()
        stamp = (count, latest)
        if self._loaded is None or self._loaded.stamp != stamp:
            rows = (await session.exec(select(UnitRow).order_by(col(UnitRow.id)))).all()
            units = {row.id: Unit.model_validate_json(row.document) for row in rows}
            self._loaded = Loaded(stamp, units, UnitFinder(tuple(units.values())))
        return self._loaded
