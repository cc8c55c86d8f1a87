"""A session that a chat account vouched for: enough for one's own work, and not for administering, checking logs or binding more chats."""

import pytest
from sqlmodel import col, update

from api.authorisation import Role
from api.staff import sessions
from api.staff.sessions import OIDC, TELEGRAM, Entry
from api.staff.tables import MembershipRow
from tests.api.oidc.conftest import House
from tests.support.api import NURSE

ADDRESSES = ("/admin", "/admin/import", "/audit", "/api/v1/audit")


async def cookie(house: House, role: Role, method: str) -> str:
    api = house.desk.api
    async with api.db.write() as session:
        await session.exec(update(MembershipRow).where(col(MembershipRow.staff_id) == NURSE).values(role=role))
    return await sessions.enter(api, Entry(NURSE, method))


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR])
async def test_what_asks_for_a_sign_in_of_ones_own_is_not_reached_from_a_chat(house: House, role: Role) -> None:
    chat, own = await cookie(house, role, TELEGRAM), await cookie(house, role, OIDC)
    for token, expected in ((chat, {403}), (own, {200, 403})):
        found = {}
        async with house.browser(cookie=f"lots_session={token}") as person:
            assert (await person.get("/profile")).status_code == 200
            for address in ADDRESSES:
                answer = await person.get(address)
                found[address] = (answer.status_code, "du loggar in själv" in answer.text)
        assert {status for status, _ in found.values()} == expected
        assert any(asked for _, asked in found.values()) is (token == chat)


async def test_the_page_tells_where_to_sign_in(house: House) -> None:
    token = await cookie(house, Role.SYSTEM_ADMINISTRATOR, TELEGRAM)
    async with house.browser(cookie=f"lots_session={token}") as person:
        page = await person.get("/admin")
    assert "Logga in med Provlegitimation" in page.text
    assert "next=/admin" in page.text


async def test_a_chat_account_binds_and_renews_no_other(house: House) -> None:
    for method, expected in ((TELEGRAM, 403), (OIDC, 201)):
        token = await cookie(house, Role.STAFF, method)
        async with house.browser(cookie=f"lots_session={token}") as person:
            assert (await person.client.post("/api/v1/enrolments")).status_code == expected
