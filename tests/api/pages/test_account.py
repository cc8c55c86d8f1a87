"""One's own sign-ins and chat accounts: seen, ended, bound by a code; and what a stolen cookie is worth afterwards."""

import re
from datetime import timedelta

import pytest

from api.staff.sessions import device_of
from common.settings import Settings
from tests.api.enrolment.conftest import Chat
from tests.api.pages.conftest import OpenBrowser, Person
from tests.support.api import NURSE, RECEIVER, Desk

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"


def cookie(person: Person) -> str:
    return str(person.client.cookies["lots_session"])


async def enter(person: Person, user_agent: str) -> None:
    person.client.headers["user-agent"] = user_agent
    await person.become(NURSE)


async def test_a_person_sees_where_she_is_signed_in_and_ends_another(browse: OpenBrowser) -> None:
    async with browse() as here, browse() as there:
        await enter(here, FIREFOX)
        await enter(there, EDGE)
        page = await here.get("/profile/sessions")
        assert "Firefox, Linux" in page.text
        assert "Edge, Windows" in page.text
        assert page.text.count("Den här webbläsaren") == 1

        which = re.search(r'name="session" value="([^"]+)"', page.text)
        assert which is not None
        ended = await here.send(page, "/profile/sessions", {"session": which[1]})
        assert "Inloggningen är avslutad." in ended.text
        assert "Edge" not in ended.text
        assert (await there.get("/inbox")).status_code == 401
        assert (await here.get("/inbox")).status_code == 200


async def test_all_others_are_ended_and_this_one_goes_on(browse: OpenBrowser) -> None:
    async with browse(NURSE) as here, browse(NURSE) as there, browse(NURSE) as elsewhere, browse(RECEIVER) as johan:
        await here.post("/profile/sessions", {"all": "yes", "session": ""}, at="/profile/sessions")
        statuses = [(await one.get("/inbox")).status_code for one in (here, there, elsewhere, johan)]
    assert statuses == [200, 401, 401, 200]


async def test_nobody_ends_the_sign_in_of_someone_else(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja, browse(NURSE) as also_maja, browse(RECEIVER) as johan:
        page = await maja.get("/profile/sessions")
        hers = re.findall(r'name="session" value="([^"]+)"', page.text)
        assert len(hers) == 1
        await johan.post("/profile/sessions", {"session": hers[0]}, at="/profile/sessions")
        assert (await also_maja.get("/inbox")).status_code == 200


async def test_a_stolen_cookie_is_worth_nothing_after_signing_out_or_in_again(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja, browse() as thief:
        for leave in ("/sign-out", "sign in again"):
            thief.client.cookies.set("lots_session", cookie(maja), domain="lots.test")
            assert (await thief.get("/inbox")).status_code == 200
            if leave == "/sign-out":
                await maja.post("/sign-out", at="/profile")
                assert (await thief.get("/inbox")).status_code == 401
                await maja.become(NURSE)
            else:
                before = cookie(maja)
                await maja.become(NURSE)
                assert cookie(maja) != before
                assert (await thief.get("/inbox")).status_code == 401
        assert (await thief.get("/api/v1/me")).status_code == 401


async def test_a_form_token_is_worth_nothing_in_another_session(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja, browse(RECEIVER) as johan:
        page = await maja.get("/profile")
        refused = await johan.send(page, "/sign-out", expect=403)
        assert "Formuläret gick inte att ta emot" in refused.text


async def test_a_sign_in_that_is_not_used_ends(desk: Desk, browse: OpenBrowser, settings: Settings) -> None:
    idle = timedelta(minutes=settings.session_idle_minutes)
    async with browse(NURSE) as maja, browse(NURSE) as away:
        for _ in range(3):
            desk.clock.advance(idle - timedelta(minutes=1))
            assert (await maja.get("/inbox")).status_code == 200
        assert (await away.get("/inbox")).status_code == 401
        desk.clock.advance(idle)
        assert (await maja.get("/inbox")).status_code == 401


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/inbox/mark", {}),
        ("/inbox", {"lots-refresh": "yes"}),
        ("/api/v1/me?brief=true", {"accept": "text/event-stream"}),
    ],
    ids=["mark", "refresh", "stream"],
)
async def test_a_page_left_open_keeps_nobody_signed_in(
    desk: Desk, browse: OpenBrowser, settings: Settings, path: str, headers: dict[str, str]
) -> None:
    half = timedelta(minutes=settings.session_idle_minutes / 2)
    async with browse(NURSE) as maja:
        desk.clock.advance(half)
        assert (await maja.client.get(path, headers=headers)).status_code == 200
        desk.clock.advance(half)
        assert (await maja.client.get(path, headers=headers)).status_code == 401


async def test_however_much_it_is_used_a_sign_in_ends(desk: Desk, browse: OpenBrowser, settings: Settings) -> None:
    async with browse(NURSE) as maja:
        for _ in range(settings.session_hours * 2 - 1):
            desk.clock.advance(timedelta(minutes=30))
            assert (await maja.get("/sent")).status_code == 200
        desk.clock.advance(timedelta(minutes=30))
        assert (await maja.get("/sent")).status_code == 401


async def test_a_chat_account_is_bound_by_the_code_on_the_page_and_ended_there(desk: Desk, browse: OpenBrowser) -> None:
    chat = Chat(desk)
    async with browse(NURSE) as maja:
        assert "Inget chattkonto är kopplat" in (await maja.get("/profile/chats")).text
        page = await maja.post("/profile/chats")
        shown = re.search(r"<code>([0-9a-z-]{19})</code>", page.text)
        assert shown is not None
        assert "<svg" in page.text
        assert "no-store" in page.headers["cache-control"]
        assert shown[1] not in (await maja.get("/profile/chats")).text

        assert (await chat.redeem(shown[1], "kanarie")).status_code == 200
        bound = await maja.get("/profile/chats")
        assert "Telegram" in bound.text
        assert "kanarie" in bound.text
        assert "Gäller till" in bound.text
        assert "Chattkontot är förnyat." in (await maja.post("/profile/chats/renew", at="/profile/chats")).text
        ended = await maja.post("/profile/chats/end", at="/profile/chats")
        assert "Chattkontot är bortkopplat." in ended.text
        assert (await chat.whose("kanarie")).status_code == 404


async def test_what_is_not_hers_is_not_ended(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja, browse(RECEIVER) as johan:
        page = await maja.post("/profile/chats")
        code = re.search(r"<code>([0-9a-z-]{19})</code>", page.text)
        assert code is not None
        account = (await Chat(desk).redeem(code[1])).json()["id"]
        for wrong in (account, "", "../x", "å"):
            await johan.post("/profile/chats/end", {"account": wrong}, at="/profile/chats", expect=404)
        assert (await Chat(desk).whose()).status_code == 200


class TestWithLinks:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"chat_links": {"telegram": "https://t.me/lots_demo?start={code}"}})

    async def test_a_link_opens_the_chat_with_the_code(self, browse: OpenBrowser) -> None:
        async with browse(NURSE) as maja:
            page = await maja.post("/profile/chats")
        shown = re.search(r"<code>([0-9a-z-]{19})</code>", page.text)
        assert shown is not None
        assert f'href="https://t.me/lots_demo?start={shown[1].replace("-", "")}"' in page.text
        assert "Öppna Telegram" in page.text


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox, Linux"),
        (EDGE, "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("<script>alert(1)</script>", None),
        ("", None),
    ],
)
def test_a_browser_is_known_by_its_kind_only(user_agent: str, device: str | None) -> None:
    assert device_of(user_agent) == device
