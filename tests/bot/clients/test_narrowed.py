"""A sign-in that is for one of a person's units: her chat can do no more than the sign-in."""

from datetime import timedelta

import httpx2
import pytest
from sqlmodel import col, update

from api.staff.tables import MembershipRow, SessionRow
from tests.bot.clients.test_chat_page import look, tap
from tests.support.api import NURSE, NURSE_UNIT, OTHER_UNIT
from tests.support.house import House


@pytest.fixture
async def both(house: House) -> House:
    """The nurse works at the health centre too, and was there last."""
    async with house.api.db.write() as session:
        now = house.clock.now() + timedelta(minutes=1)
        session.add(MembershipRow(staff_id=NURSE, unit_id=OTHER_UNIT, role="staff", chosen_at=now))
    house.clock.advance(timedelta(minutes=2))
    return house


async def narrow(house: House, *units: str) -> None:
    """From now on her sign-ins are for these units."""
    async with house.api.db.write() as session:
        await session.exec(update(SessionRow).where(col(SessionRow.staff_id) == NURSE).values(units=" ".join(units)))


async def writes_for(client: httpx2.AsyncClient) -> str:
    page = await tap(client, await look(client), "Min profil")
    return page.said[-1].rendered.text


async def test_the_chat_is_where_the_sign_in_is_and_not_where_she_was_last(both: House) -> None:
    async with both.browser(NURSE) as client:
        assert "Ekliden" in await writes_for(client)
        await narrow(both, NURSE_UNIT)
        told = await writes_for(client)
    assert "Ekliden" not in told
    assert "Lindhagen" in told


@pytest.mark.parametrize(
    ("units", "there"),
    [(NURSE_UNIT, [NURSE_UNIT]), (f"{OTHER_UNIT} halland-vc-oskarstrom", [OTHER_UNIT]), ("", []), ("elsewhere", [])],
    ids=["one", "never-more", "none", "not-hers"],
)
async def test_a_program_that_names_units_reaches_those_and_never_more(
    both: House, units: str, there: list[str]
) -> None:
    headers = {"authorization": f"Bearer {both.desk.bot_key}", "lots-on-behalf-of": NURSE, "lots-units": units}
    async with both.desk.http(headers) as client:
        answer = await client.get("/me")
    assert [unit["id"] for unit in answer.json().get("units", [])] == there
    assert answer.status_code == (200 if there else 403)
