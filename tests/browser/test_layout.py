"""Every part of the layout in a real browser, in light and dark, on two phones."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common.crypto import Cipher, Keys
from common.ids import new_token
from common.web.pages import Pages, PageSettings, Shell, SignedIn
from common.web.security import SecurityHeaders
from tests.browser.conftest import OpenPage
from tests.common.web.words import words
from tests.support.browser import IN_A_BROWSER
from tests.support.looks import View, assert_looks_right
from tests.support.server import serve

pytestmark = IN_A_BROWSER

PERSON = SignedIn(name="Anna Demo", role="Distriktssköterska", unit="Hemsjukvården Exempelviken norra")


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    pages = Pages(
        words(),
        (Path(__file__).parent / "templates",),
        sign=Cipher(Keys.new()).lookup,
        now=lambda: datetime(2026, 11, 20, 13, 5, tzinfo=UTC),
        new_token=new_token,
        settings=PageSettings(demo=True),
    )

    async def show(request: Request) -> Response:
        return pages.show(request, "gallery.html", Shell(PERSON, waiting=3))

    app = Starlette(routes=[pages.static_route(), Route("/gallery", show)], middleware=[Middleware(SecurityHeaders)])
    with serve(app) as address:
        yield f"{address}/gallery"


async def test_every_part_of_the_layout_is_accessible(gallery: str, open_page: OpenPage) -> None:
    page = await open_page()
    await page.goto(gallery)
    await assert_looks_right(page, "gallery")


async def test_the_policy_of_our_own_pages_blocks_nothing_of_ours(gallery: str, open_page: OpenPage) -> None:
    page = await open_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    await page.goto(gallery)

    assert said == []
    assert await page.evaluate("document.documentElement.className") == "has-js"


async def test_the_keyboard_can_skip_to_the_content(gallery: str, open_page: OpenPage) -> None:
    page = await open_page(View(scripts=False))
    await page.goto(gallery)

    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "Hoppa till innehållet"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "Tillbaka"


async def test_an_error_summary_has_the_focus_and_leads_to_its_field(gallery: str, open_page: OpenPage) -> None:
    page = await open_page()
    await page.goto(gallery)

    assert "Det här behöver rättas" in await page.locator(":focus").inner_text()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Kim")
    assert await page.input_value("#name") == "Kim"
