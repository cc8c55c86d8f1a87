"""What the pages leave out and add in production: nobody is played, and cookies travel by https only."""

import httpx2
import pytest

from api.demo import load_when_empty
from common.settings import Settings
from tests.api.pages.conftest import Person
from tests.support.api import NURSE, Desk


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"env": "production", "base_url": "https://lots.test"})


@pytest.fixture
def person(desk: Desk) -> Person:
    transport = httpx2.ASGITransport(app=desk.app, raise_app_exceptions=False)
    return Person(httpx2.AsyncClient(transport=transport, base_url="https://lots.test", follow_redirects=True))


async def test_nobody_can_be_played(desk: Desk, person: Person) -> None:
    assert await load_when_empty(desk.api) is None
    page = await person.get("/")
    assert "Prova Lots" not in page.text
    assert "Så loggar du in" in page.text
    assert 'class="demo-mark"' not in page.text

    await person.post("/demo", {"staff": NURSE}, at="/", expect=403)


async def test_cookies_and_pages_are_for_https_only(person: Person) -> None:
    response = await person.get("/")

    assert "Secure" in response.headers["set-cookie"]
    assert response.headers["strict-transport-security"].startswith("max-age=")


async def test_a_one_time_link_opens_nothing(person: Person) -> None:
    response = await person.get("/sign-in?code=anything")

    assert response.status_code == 403
    assert "Länken går inte att använda" in response.text
