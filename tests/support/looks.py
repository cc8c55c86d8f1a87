"""What every page must stand up to in a browser: axe without violations, no sideways scrolling, targets big enough for a thumb."""

import os

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

SHOTS = "LOTS_SHOTS"
"""Names a folder for screenshots; without it none are taken."""

SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && !e.closest('.unseen') && !e.matches('.skip, p a, li > a, .row__link, .choice input'))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, r]) => r.height < 43.5 || r.width < 43.5)
  .map(([e, r]) => `${e.outerHTML.slice(0, 80)} is ${Math.round(r.width)} × ${Math.round(r.height)}`)"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def assert_looks_right(page: Page, name: str) -> None:
    """Takes a screenshot when a folder is named, then asserts."""
    await take_shot(page, name)
    assert await axe_violations(page) == [], name
    assert await page.evaluate(OVERFLOW) <= 0, f"{name} scrolls sideways"
    small = await page.evaluate(SMALL_TARGETS)
    assert small == [], f"{name} has targets smaller than 44 px: {small}"


async def axe_violations(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {node['html'][:200]} – {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


async def take_shot(page: Page, name: str) -> None:
    folder = os.environ.get(SHOTS)
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)
