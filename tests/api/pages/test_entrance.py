"""The way in and out: one-time links, the demo's people, sign-out, the start page."""

from datetime import timedelta

import pytest

from api.pages.entrance import own_path
from api.staff import service as staff
from api.staff.tables import MembershipRow
from common.settings import Settings
from tests.api.pages.conftest import OpenBrowser
from tests.support.api import NURSE, RECEIVER, RECEIVING_UNIT, Desk

LINK = "http://lots.test"


async def link_for(desk: Desk, staff_id: str) -> str:
    return (await staff.make_sign_in_link(desk.api, staff_id)).removeprefix(LINK)


async def test_the_start_page_tells_a_stranger_what_lots_is_and_offers_the_demos_people(browse: OpenBrowser) -> None:
    async with browse() as someone:
        page = (await someone.get("/")).text

    assert "Rätt väg till rätt mottagare" in page
    assert "Maja Lindqvist, distriktssköterska" in page
    assert "Region Örebro län" in page


async def test_a_link_asks_before_it_signs_in_and_works_once(desk: Desk, browse: OpenBrowser) -> None:
    link = await link_for(desk, NURSE)
    async with browse() as maja, browse() as another:
        assert "Fortsätt som Maja Lindqvist, distriktssköterska" in (await maja.get(link)).text
        assert "Fortsätt som Maja" in (await maja.get(link)).text, "looking must not use the link up"
        waiting = await another.get(link)

        page = await maja.post("/sign-in", at=link)
        assert "Hej Maja!" in page.text
        assert "Hemsjukvården" in page.text

        late = await another.send(waiting, "/sign-in", expect=403)
        assert "Länken går inte att använda" in late.text


async def test_the_sign_in_page_without_a_link_asks_who_one_is_and_blames_no_link(browse: OpenBrowser) -> None:
    async with browse() as someone:
        page = await someone.client.get("/sign-in")
        assert page.status_code == 401
        assert "Du behöver logga in" in page.text
        entered = await someone.post("/demo", {"staff": NURSE, "next": ""}, at="/")
    assert "Hej Maja!" in entered.text


async def test_a_link_that_is_too_old_is_refused(desk: Desk, browse: OpenBrowser, settings: Settings) -> None:
    link = await link_for(desk, NURSE)
    desk.clock.advance(timedelta(minutes=settings.sign_in_minutes + 1))
    async with browse() as maja:
        response = await maja.get(link)

    assert response.status_code == 403
    assert "Be om en ny länk" in response.text


async def test_a_session_ends_with_the_working_day(desk: Desk, browse: OpenBrowser, settings: Settings) -> None:
    async with browse(NURSE) as maja:
        desk.clock.advance(timedelta(hours=settings.session_hours, minutes=1))
        response = await maja.get("/inbox")

    assert response.status_code == 401
    assert "Du behöver logga in" in response.text


async def test_signing_out_ends_the_session_for_good(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja:
        kept = maja.client.cookies["lots_session"]
        page = await maja.post("/sign-out", at="/profile")
        assert "Du är utloggad" in page.text
        assert (await maja.get("/inbox")).status_code == 401
        maja.client.cookies.set("lots_session", kept)
        assert (await maja.get("/inbox")).status_code == 401


async def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(desk: Desk, browse: OpenBrowser) -> None:
    async with browse() as maja:
        page = await maja.get(await link_for(desk, NURSE))
        maja.client.follow_redirects = False
        response = await maja.send(page, "/sign-in", expect=303)

    cookie = next(value for value in response.headers.get_list("set-cookie") if value.startswith("lots_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_in_the_demo_one_can_become_another_and_go_on_where_one_was(browse: OpenBrowser) -> None:
    async with browse() as someone:
        page = await someone.post("/demo", {"staff": RECEIVER}, at="/inbox")
        assert page.url.path == "/inbox"
        assert "Vårdcentralen Nissastrand" in page.text

        assert "Hej Maja!" in (await someone.post("/demo", {"staff": NURSE}, at="/")).text


async def test_nobody_becomes_someone_who_is_not_of_the_demo(browse: OpenBrowser) -> None:
    async with browse() as someone:
        await someone.post("/demo", {"staff": "nobody-at-all"}, at="/", expect=403)
        assert (await someone.get("/inbox")).status_code == 401


async def test_a_form_from_elsewhere_changes_nothing(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja:
        response = await maja.client.post("/sign-out", data={"csrf": "guessed"})
        assert response.status_code == 403
        assert "Formuläret gick inte att ta emot" in response.text
        assert (await maja.get("/inbox")).status_code == 200


async def test_the_profile_tells_unit_role_and_routine(browse: OpenBrowser) -> None:
    async with browse(RECEIVER) as johan:
        page = (await johan.get("/profile")).text

    assert "Johan Nyman, sjuksköterska" in page
    assert "Region Halland" in page
    assert "Vårdcentral" in page


async def test_someone_of_several_units_can_change_between_them(desk: Desk, browse: OpenBrowser) -> None:
    async with desk.api.db.write() as session:
        session.add(
            MembershipRow(
                staff_id=NURSE, unit_id=RECEIVING_UNIT, role="staff", chosen_at=desk.clock.now() - timedelta(days=1)
            )
        )
    desk.clock.advance(timedelta(minutes=1))
    async with browse(NURSE) as maja:
        page = await maja.post("/profile/unit", {"unit": RECEIVING_UNIT}, at="/profile")
        assert "Du har bytt enhet." in page.text
        assert "Meddelanden till Vårdcentralen Nissastrand" in (await maja.get("/inbox")).text


async def test_a_programs_key_opens_no_page(desk: Desk, browse: OpenBrowser) -> None:
    async with browse() as program:
        response = await program.client.get("/inbox", headers={"authorization": f"Bearer {desk.bot_key}"})

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("path", "led_to"),
    [
        pytest.param("/drafts/1", "/drafts/1", id="our-own"),
        pytest.param("//evil.test", "/", id="two-slashes"),
        pytest.param("https://evil.test", "/", id="another-site"),
        pytest.param("/\\evil.test", "/", id="backslash"),
        pytest.param("/a\r\nset-cookie: b", "/", id="line-break"),
        pytest.param("", "/", id="nothing"),
    ],
)
def test_sign_in_leads_only_to_our_own_pages(path: str, led_to: str) -> None:
    assert own_path(path) == led_to


@pytest.mark.parametrize("path", ["/nowhere", "/inbox/01aaaaaaaaaaaaaaaaaaaaaaaa", "/inbox/%00", "/static/nowhere.css"])
async def test_what_is_not_there_gets_a_page_in_swedish(browse: OpenBrowser, path: str) -> None:
    async with browse(NURSE) as maja:
        response = await maja.get(path)

    assert response.status_code == 404
    assert '<html lang="sv">' in response.text


async def test_a_program_still_gets_problem_details(browse: OpenBrowser) -> None:
    async with browse() as program:
        response = await program.get("/api/v1/nowhere")

    assert response.headers["content-type"] == "application/problem+json"
