"""Writes down that a unit's inbox was opened. Judges nothing."""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from api.duties.tables import OpeningRow
from common.database import insert_new

OFTEN: Final = timedelta(minutes=1)
"""An inbox that is opened again so soon is not written down again."""


async def opened(session: AsyncSession, unit_id: str, now: datetime) -> None:
    """Someone has opened the unit's inbox, in the transaction of that."""
    row = await session.get(OpeningRow, unit_id)
    if row is None:
        await insert_new(session, OpeningRow(unit_id=unit_id, at=now))
    elif row.at < now - OFTEN:
        row.at = now
