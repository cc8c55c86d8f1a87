"""Browser fixtures: one Chromium for a worker, one fresh context for a view. Tests here need a Chromium or are skipped, counted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser.house import Furniture, Site, house_on_a_port
from tests.support.browser import FLAGS, SKIP_REASON, find_chromium
from tests.support.looks import View

OpenPage = Callable[..., Awaitable[Page]]


@dataclass
class Opened:
    contexts: list[BrowserContext] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    path = find_chromium()
    if path is None:
        pytest.skip(SKIP_REASON)
    return path


@pytest.fixture(scope="session")
def furniture(tmp_path_factory: pytest.TempPathFactory) -> Furniture:
    return Furniture.made_in(tmp_path_factory.mktemp("furniture"))


@pytest.fixture
def site(furniture: Furniture, tmp_path: Path) -> Iterator[Site]:
    """A seeded house of the test's own."""
    with house_on_a_port(furniture, tmp_path) as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """`await open_page(View(…))`: a page in a context of its own, without cookies, in Swedish."""
    opened = Opened()

    async def new(view: View | None = None) -> Page:
        view = view or View()
        context = await browser.new_context(
            viewport={"width": view.width, "height": view.height},
            color_scheme=view.scheme,
            java_script_enabled=view.scripts,
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
            has_touch=True,
        )
        context.set_default_timeout(10_000)
        opened.contexts.append(context)
        return await context.new_page()

    yield new
    for context in opened.contexts:
        await context.close()
