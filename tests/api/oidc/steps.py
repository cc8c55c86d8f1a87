"""Where a sign-in begins, and whether anybody came in."""

from sqlmodel import select

from api.staff.tables import SessionRow
from tests.api.oidc.conftest import House
from tests.api.pages.conftest import Person

START = "/sign-in/start"


async def sessions(house: House) -> int:
    async with house.desk.api.db.read() as session:
        return len((await session.exec(select(SessionRow))).all())


async def nobody_came_in(house: House, someone: Person) -> None:
    assert (await someone.get("/inbox")).status_code == 401
    assert await sessions(house) == 0
