"""The fuzzy search over the open units, rebuilt when the directory changes in any process. Keeps no rules."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.units.rows import unit_of, version
from api.units.tables import UnitRow
from knowledge.directory import Unit
from triage.units import UnitFinder


@dataclass(frozen=True)
class Loaded:
    version: int
    units: dict[str, Unit]
    finder: UnitFinder


class UnitIndex:
    """Reads the directory's version at each search, and the directory itself only when that has changed."""

    def __init__(self) -> None:
        self._loaded: Loaded | None = None
        self._loading = asyncio.Lock()

    async def current(self, session: AsyncSession) -> Loaded:
        return await self.at(session, await version(session))

    def known(self, newest: int) -> Loaded | None:
        """The directory, if it is here in the version that has just been read, or a newer one."""
        loaded = self._loaded
        return loaded if loaded is not None and loaded.version >= newest else None

    async def at(self, session: AsyncSession, newest: int) -> Loaded:
        """The directory in the version that has just been read, or a newer one."""
        loaded = self.known(newest)
        if loaded is not None:
            return loaded
        async with self._loading:
            loaded = self.known(newest)
            if loaded is None:
                rows = (
                    await session.exec(
                        select(UnitRow).where(col(UnitRow.closed_at).is_(None)).order_by(col(UnitRow.id))
                    )
                ).all()
                loaded = self._loaded = await asyncio.to_thread(_load, newest, rows)
        return loaded


def _load(version: int, rows: Sequence[UnitRow]) -> Loaded:
    """Beside the event loop: ten thousand units take a second or two, and other requests go on meanwhile."""
    units = {row.id: unit_of(row) for row in rows}
    return Loaded(version, units, UnitFinder(tuple(units.values())))
