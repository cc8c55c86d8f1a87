"""Out of Lots, and out of the identity provider too."""

from urllib.parse import parse_qs, urlsplit

from tests.api.oidc.conftest import HERE, House
from tests.support.api import NURSE
from tests.support.oidc.strict import CLIENT, StrictProvider

START = "/sign-in/start"


async def test_signing_out_leads_on_to_the_provider_and_tells_it_nothing_of_the_person(
    house: House, provider: StrictProvider
) -> None:
    async with house.browser() as maja:
        await maja.get(START)
        page = await maja.post("/sign-out", at="/profile")
        assert (await maja.get("/inbox")).status_code == 401
    way = urlsplit(page.headers["refresh"].removeprefix("1; url="))
    assert f"{way.scheme}://{way.netloc}{way.path}" == f"{provider.issuer}/leave"
    assert parse_qs(way.query) == {"client_id": [CLIENT], "post_logout_redirect_uri": [f"{HERE}/signed-out"]}
    assert "Logga ut från Provlegitimation" in page.text


async def test_a_provider_without_a_way_out_is_left_alone(house: House, provider: StrictProvider) -> None:
    provider.lying(description={"end_session_endpoint": None})
    async with house.browser() as maja:
        await maja.get(START)
        page = await maja.post("/sign-out", at="/profile")
    assert page.url.path == "/signed-out"
    assert "refresh" not in page.headers


async def test_who_came_by_the_demo_is_not_sent_to_the_provider(house: House) -> None:
    async with house.browser() as maja:
        await maja.become(NURSE)
        page = await maja.post("/sign-out", at="/profile")
    assert page.url.path == "/signed-out"


async def test_signing_in_again_ends_the_session_before(house: House) -> None:
    async with house.browser() as maja, house.browser() as thief:
        await maja.get(START)
        thief.client.cookies.set("lots_session", str(maja.client.cookies["lots_session"]), domain="lots.test")
        assert (await thief.get("/inbox")).status_code == 200
        await maja.get(START)
        assert (await maja.get("/inbox")).status_code == 200
        assert (await thief.get("/inbox")).status_code == 401


async def test_what_the_browser_keeps_meanwhile_cannot_be_read_and_is_for_the_way_back_only(house: House) -> None:
    async with house.browser() as maja:
        maja.client.follow_redirects = False
        kept = (await maja.get(f"{START}?next=/inbox")).headers["set-cookie"]
    for said in ("HttpOnly", "SameSite=lax", "Path=/sign-in", "Max-Age=600"):
        assert said in kept
    assert "inbox" not in kept
    assert "verifier" not in kept
