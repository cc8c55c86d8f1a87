"""People with roles for the administration's tests: made-up, on the demo's units. Decides nothing."""

from api.authorisation import Role
from api.staff.tables import MembershipRow, StaffRow
from tests.support.api import NURSE, NURSE_UNIT, Desk

ORGANISATION = "Halmstads kommun"
HERE = f"/admin/units/{NURSE_UNIT}"


async def employ(desk: Desk, staff_id: str, unit: str, role: Role, *, name: str | None = None) -> str:
    """Somebody with the role at the unit; a person who is there already gets one more unit, or another role."""
    async with desk.api.db.write() as session:
        if await session.get(StaffRow, staff_id) is None:
            session.add(StaffRow(id=staff_id, name=name or staff_id.title(), demo=True))
            await session.flush()
        now = desk.clock.now()
        await session.merge(MembershipRow(staff_id=staff_id, unit_id=unit, role=role, chosen_at=now))
    return staff_id


async def post_of(desk: Desk, staff_id: str, unit: str = NURSE_UNIT) -> MembershipRow | None:
    async with desk.api.db.read() as session:
        return await session.get(MembershipRow, (staff_id, unit))


async def administrator(desk: Desk) -> str:
    """Maja looks after her own unit."""
    return await employ(desk, NURSE, NURSE_UNIT, Role.UNIT_ADMINISTRATOR)


async def system_administrator(desk: Desk) -> str:
    return await employ(desk, "syster-adam", NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR)
