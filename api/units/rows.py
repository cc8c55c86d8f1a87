"""Between a unit and its row in the database: the one way in and out. Decides nothing.

The document keeps the shape it had before `hsa_id` and `closed` came, so that the version before can read it: those two are columns.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.units.tables import DirectoryVersionRow, UnitRow
from common.database import insert_new
from knowledge.directory import Unit

IN_COLUMNS: Final = frozenset({"hsa_id", "closed"})
DIRECTORY: Final = "directory"


def unit_of(row: UnitRow) -> Unit:
    unit = Unit.model_validate_json(row.document)
    if row.hsa_id is None and row.closed_at is None:
        return unit
    return unit.model_copy(update={"hsa_id": row.hsa_id, "closed": row.closed_at is not None})


def new_row(unit: Unit, now: datetime) -> UnitRow:
    row = UnitRow(id=unit.id, name="", type="", region="", organisation="", demo=unit.demo, document="", updated_at=now)
    fill(row, unit, now)
    return row


def fill(row: UnitRow, unit: Unit, now: datetime) -> None:
    """The row says what the unit says. A unit that was closed already keeps the time of its closing."""
    row.name, row.type, row.region, row.organisation = unit.name, unit.type, unit.region, unit.organisation
    row.demo, row.hsa_id, row.updated_at = unit.demo, unit.hsa_id, now
    row.document = unit.model_dump_json(exclude=set(IN_COLUMNS))
    row.closed_at = (row.closed_at or now) if unit.closed else None


async def write(session: AsyncSession, units: Iterable[Unit], known: dict[str, UnitRow], now: datetime) -> None:
    """Adds the units, or brings those that are `known` up to date, and tells every process that the directory has changed."""
    for unit in units:
        row = known.get(unit.id)
        if row is None:
            session.add(new_row(unit, now))
        else:
            fill(row, unit, now)
            session.add(row)
    await session.flush()
    await changed(session)


async def changed(session: AsyncSession) -> None:
    """One more change, in the change's own transaction: whoever searches next reads the directory anew."""
    await insert_new(session, DirectoryVersionRow(name=DIRECTORY, version=0))
    row = (
        await session.exec(select(DirectoryVersionRow).where(DirectoryVersionRow.name == DIRECTORY).with_for_update())
    ).one()
    row.version += 1
    session.add(row)
    await session.flush()


async def version(session: AsyncSession) -> int:
    found = await session.exec(select(DirectoryVersionRow.version).where(DirectoryVersionRow.name == DIRECTORY))
    return found.first() or 0
