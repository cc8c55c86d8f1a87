"""What a unit says of itself and what a file says of it, at the same time: neither writes back what the other changed."""

import asyncio

from sqlmodel import select

from api.authorisation import Caller, Place, Role
from api.units import administration, rows
from api.units.tables import UnitRow
from knowledge.vocabulary import UnitType
from tests.api.test_drafts import until_someone_waits
from tests.support.api import NURSE_UNIT, Desk

NEW = "035-111 11 11"


async def test_a_number_from_a_file_is_not_undone_by_an_administrator_who_saves_meanwhile(desk: Desk) -> None:
    organisation = next(u.organisation for u in desk.api.knowledge.directory.units if u.id == NURSE_UNIT)
    place = Place(NURSE_UNIT, "", UnitType.MUNICIPAL_HEALTH, "halland", organisation, Role.UNIT_ADMINISTRATOR)
    chef = Caller("staff:chef", (place,), "chef")
    async with desk.api.db.write() as session:
        await desk.api.db.lock(session, rows.DIRECTORY)
        row = (await session.exec(select(UnitRow).where(UnitRow.id == NURSE_UNIT))).one()
        saving = asyncio.create_task(
            administration.save_channels(desk.api, chef, NURSE_UNIT, ("message_outside_care_episode",), {})
        )
        await until_someone_waits(desk.api.db)
        unit = rows.unit_of(row).model_copy(update={"phone": NEW})
        await rows.write(session, [unit], {row.id: row}, desk.clock.now())
    await saving
    async with desk.api.db.read() as session:
        row = (await session.exec(select(UnitRow).where(UnitRow.id == NURSE_UNIT))).one()
    assert (rows.unit_of(row).phone, rows.unit_of(row).receives) == (NEW, ("message_outside_care_episode",))
