"""An outage in Västernorrland, for the tests of this folder."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest

from api.authorisation import Role
from api.outage.watch import Target, Watch
from api.pages.routes import add_pages
from api.staff.tables import MembershipRow, StaffRow
from tests.api.pages.conftest import Person
from tests.support.api import (
    PERSON_ID,
    Desk,
    Json,
    cipher,
    desk,
    local_desk,
    settings,
)

__all__ = ["cipher", "desk", "local_desk", "settings"]

REGION = "vasternorrland"
WARD_NURSE, WARD = "amanda-tjernberg", "vasternorrland-avd-medicin-sundsvall"
HOME_NURSE, HOME_CARE = "lars-sjodin", "vasternorrland-hemsjukvard-sundsvall"
CENTRE_NURSE, CENTRE = "ingrid-norberg", "vasternorrland-hc-bergsbranten"
MINUTE = timedelta(minutes=1)
UNITS = {
    "vasternorrland-avd-medicin-sundsvall": "ward",
    "vasternorrland-avd-psykiatri-sundsvall": "ward",
    "vasternorrland-bistand-timra": "municipality",
    "vasternorrland-hemsjukvard-sundsvall": "municipality",
    "vasternorrland-hc-bergsbranten": "outpatient",
    "vasternorrland-psyk-oppen-sundsvall": "outpatient",
}
PERSON = f"Kim Exempel {PERSON_ID}"


class System:
    """A message system that answers or not."""

    def __init__(self) -> None:
        self.up = True
        self.asked = 0

    async def answers(self) -> bool:
        self.asked += 1
        return self.up


class Scene:
    """The API with its watch, a minute at a time."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.system = System()
        self.watch = Watch(desk.api, {Target(REGION): self.system.answers})

    async def minutes(self, count: int, up: Callable[[int], bool] | None = None) -> None:
        for minute in range(count):
            if up is not None:
                self.system.up = up(minute)
            await self.watch.look()
            self.desk.clock.advance(MINUTE)

    async def outages(self, by: str = WARD_NURSE) -> list[Json]:
        response = await self.desk.call("GET", "/outages", by=by)
        assert response.status_code == 200, response.text
        items: list[Json] = response.json()["items"]
        return items

    async def notices(self, by: str | None = None, kind: str = "") -> list[Json]:
        found: list[Json] = []
        after = ""
        while True:
            page = (
                await self.desk.call("GET", "/outages/notices", by=by, params={"after": after, "limit": 500})
            ).json()
            if not page["items"]:
                return [one for one in found if kind in (one["kind"], "")]
            found += page["items"]
            after = page["next"]

    async def administrator(self, unit: str = WARD) -> str:
        return await self.desk.token(unit, Role.UNIT_ADMINISTRATOR)

    async def report(self, by: str, *, wide: bool = True) -> Json | None:
        response = await self.desk.call("POST", "/outages/reports", by=by, body={"wide": wide})
        assert response.status_code in (200, 201), response.text
        made: Json | None = response.json()
        return made

    async def begun(self) -> str:
        """A confirmed outage's id."""
        response = await self.desk.call("POST", "/outages", token=await self.administrator(), body={})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])


@pytest.fixture
def scene(local_desk: Desk) -> Scene:
    return Scene(local_desk)


@pytest.fixture
def both(desk: Desk) -> Scene:
    """On SQLite and on PostgreSQL."""
    return Scene(desk)


@pytest.fixture
async def paged(local_desk: Desk) -> Scene:
    add_pages(local_desk.app)
    async with local_desk.api.db.write() as session:
        for number, unit in enumerate(UNITS):
            person = f"outage-{number}"
            session.add(StaffRow(id=person, name=f"Person {number}, sjuksköterska", demo=True))
            await session.flush()
            role = Role.UNIT_ADMINISTRATOR if number == 0 else Role.STAFF
            session.add(MembershipRow(staff_id=person, unit_id=unit, role=role, chosen_at=local_desk.clock.now()))
    return Scene(local_desk)


def who(unit: str) -> str:
    return f"outage-{list(UNITS).index(unit)}"


@asynccontextmanager
async def browser(scene: Scene, unit: str) -> AsyncIterator[Person]:
    transport = httpx2.ASGITransport(app=scene.desk.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://lots.test", follow_redirects=True) as client:
        person = Person(client)
        await person.become(who(unit))
        yield person
