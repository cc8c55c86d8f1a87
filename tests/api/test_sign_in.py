"""One-time links and sessions: once, for a while, from our own pages only, and never in production."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.app import make_api
from api.errors import SignInLinkInvalid, SignInLinksOff
from api.staff import service as staff
from api.staff.sessions import end_session
from common.settings import Settings
from tests.support.api import NURSE, NURSE_UNIT, RECEIVING_UNIT, Desk, order, shared_knowledge


async def session(desk: Desk) -> str:
    link = await staff.make_sign_in_link(desk.api, NURSE)
    return await staff.use_sign_in_link(desk.api, link.rpartition("code=")[2])


async def test_a_link_signs_in_once(desk: Desk) -> None:
    link = await staff.make_sign_in_link(desk.api, NURSE)
    assert link.startswith("http://lots.test/sign-in?code=")
    code = link.rpartition("code=")[2]
    token = await staff.use_sign_in_link(desk.api, code)
    async with desk.http({"cookie": f"lots_session={token}"}) as client:
        assert (await client.get("/me")).json()["staff_id"] == NURSE
    with pytest.raises(SignInLinkInvalid):
        await staff.use_sign_in_link(desk.api, code)


async def test_an_old_link_and_a_made_up_one_are_refused(desk: Desk) -> None:
    link = await staff.make_sign_in_link(desk.api, NURSE)
    desk.clock.advance(timedelta(hours=2))
    for code in (link.rpartition("code=")[2], "made-up", ""):
        with pytest.raises(SignInLinkInvalid):
            await staff.use_sign_in_link(desk.api, code)


async def test_no_link_is_made_for_someone_unknown(desk: Desk) -> None:
    with pytest.raises(SignInLinkInvalid):
        await staff.make_sign_in_link(desk.api, "finns-inte")


async def test_a_session_ends_with_its_time_and_with_signing_out(desk: Desk) -> None:
    kept, left = await session(desk), await session(desk)
    await end_session(desk.api, left)
    await end_session(desk.api, "no session at all")
    async with desk.http() as client:
        assert (await client.get("/me", headers={"cookie": f"lots_session={left}"})).status_code == 401
        assert (await client.get("/me", headers={"cookie": f"lots_session={kept}"})).status_code == 200
        desk.clock.advance(timedelta(hours=9))
        assert (await client.get("/me", headers={"cookie": f"lots_session={kept}"})).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 201, id="a program"),
        pytest.param({"origin": "http://lots.test", "sec-fetch-site": "same-origin"}, 201, id="our own page"),
        pytest.param({"origin": "http://evil.test"}, 403, id="another origin"),
        pytest.param({"origin": "null"}, 403, id="no origin"),
        pytest.param({"sec-fetch-site": "cross-site"}, 403, id="cross-site"),
        pytest.param({"sec-fetch-site": "same-site"}, 403, id="a sibling site"),
    ],
)
async def test_another_sites_page_cannot_use_a_persons_session(
    desk: Desk, headers: dict[str, str], status: int
) -> None:
    token = await session(desk)
    async with desk.http({"cookie": f"lots_session={token}", "idempotency-key": "k", **headers}) as client:
        response = await client.post("/messages", json=order())
    assert response.status_code == status


async def test_a_person_changes_between_her_own_units_only(desk: Desk) -> None:
    response = await desk.call("PUT", "/me/unit", body={"unit": RECEIVING_UNIT})
    assert (response.status_code, response.json()["code"]) == (403, "not_your_unit")
    response = await desk.call("PUT", "/me/unit", body={"unit": NURSE_UNIT})
    assert response.json()["unit"]["id"] == NURSE_UNIT


async def test_in_production_there_are_no_links(desk: Desk, tmp_path: Path) -> None:
    settings = Settings(env="production", data_dir=tmp_path, base_url="https://lots.example")
    api = make_api(settings, desk.clock, desk.api.db, shared_knowledge(), desk.api.cipher)
    with pytest.raises(SignInLinksOff):
        await staff.make_sign_in_link(api, NURSE)
    with pytest.raises(SignInLinksOff):
        await staff.use_sign_in_link(api, "anything")


async def test_the_chats_key_is_the_same_in_every_process_with_the_same_key_file(desk: Desk) -> None:
    assert await staff.bot_key(desk.api) == desk.bot_key == await staff.bot_key(desk.api)
