"""The secure page as it opens inside Telegram, in a real browser: proved, in Telegram's colours light and dark, on two widths, axe-clean."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect
from pydantic import SecretStr

from api.authorisation import Caller
from api.enrolment import service as enrolment
from api.enrolment.service import Account
from common.ids import new_token
from common.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.house import Furniture, HouseApp
from tests.support.api import NURSE
from tests.support.browser import IN_A_BROWSER
from tests.support.house import House
from tests.support.looks import OVERFLOW, Scheme, View, axe_violations, take_shot
from tests.support.server import serve
from tests.support.telegram.core import TOKEN
from tests.support.telegram.mini_app import DARK, LIGHT, init_data, opened
from tests.support.telegram.wire import User

pytestmark = IN_A_BROWSER

MAJA = User(4711, "Maja")
PALE = {**LIGHT, "text_color": "#bbbbbb", "button_color": "#eeeeee"}
"""A theme of someone's own in which nothing can be read."""
THEMES: tuple[tuple[str, dict[str, str], Scheme], ...] = (
    ("light", LIGHT, "dark"),
    ("dark", DARK, "light"),
    ("pale", PALE, "light"),
)
"""Telegram's theme, and the other scheme around it: Telegram's is what counts."""


@dataclass
class Inside:
    address: str
    app: "TelegramHouse"

    def opens(self, theme: dict[str, str], user: User = MAJA) -> str:
        """The address that Telegram opens for the draft's button."""
        data = init_data(TOKEN, user, int(self.app.clock.now().timestamp()), query_id=new_token())
        return opened(f"{self.address}/telegram/app?to={self.app.seeded.draft}", data, theme)


class TelegramHouse(HouseApp):
    """The house with a bot's token and one account enrolled."""

    @property
    def settings(self) -> Settings:
        return super().settings.model_copy(update={"telegram_token": SecretStr(TOKEN)})

    @asynccontextmanager
    async def _house(self) -> AsyncIterator[House]:
        async with super()._house() as house:
            bot = Caller("program:test", (), None, None)
            code = await enrolment.make_code(house.api, Caller(f"staff:{NURSE}", (), NURSE, "Maja"))
            await enrolment.redeem(house.api, bot, code.text, Account("telegram", str(MAJA.id)), "sv")
            yield house


@pytest.fixture
def inside(furniture: Furniture, tmp_path: Path) -> Iterator[Inside]:
    app = TelegramHouse(furniture, tmp_path)
    with serve(app) as address:
        yield Inside(address, app)


async def test_the_draft_opens_in_telegrams_colours_and_can_be_read(inside: Inside, open_page: OpenPage) -> None:
    complaints: list[str] = []
    for name, theme, scheme in THEMES:
        page = await open_page(View(scheme=scheme))
        await page.goto(inside.opens(theme))
        await page.wait_for_url("**/drafts/**")
        assert "tgWebAppData" not in page.url
        await page.wait_for_load_state("networkidle")
        for width in (390, 320):
            await page.set_viewport_size({"width": width, "height": 844})
            await take_shot(page, f"telegram-{name}-{width}")
            complaints += [f"{name} at {width}: {one}" for one in await axe_violations(page)]
            if await page.evaluate(OVERFLOW) > 0:
                complaints.append(f"{name} at {width}: scrolls sideways")
    assert not complaints, "\n".join(complaints)
    surface = await page.evaluate("() => getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    assert surface.strip() != "#bbbbbb", "colours that cannot be read are not taken on"


async def test_someone_unknown_is_led_to_the_ordinary_sign_in(inside: Inside, open_page: OpenPage) -> None:
    page = await open_page()
    await page.goto(inside.opens(DARK, User(1, "X")))
    await expect(page.get_by_role("alert")).to_contain_text("Jag kan inte se vem du är")
    assert not await axe_violations(page)
    await page.get_by_role("link", name="Logga in").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("logga in")
