"""What every page must stand up to in a browser: axe without violations, no sideways scrolling, targets big enough for a thumb."""

import os
from dataclasses import dataclass
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

SHOTS = "LOTS_SHOTS"
"""Names a folder for screenshots; without it none are taken."""

SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && !e.closest('.unseen') && !e.matches('.skip, p a, li > a, .row__link, .choice input'))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, r]) => r.height < 43.5 || r.width < 43.5)
  .map(([e, r]) => `${e.outerHTML.slice(0, 80)} is ${Math.round(r.width)} × ${Math.round(r.height)}`)"""
VIOLATIONS = "() => axe.run({resultTypes: ['violations']}).then(found => found.violations)"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class View:
    """How a page is looked at."""

    width: int = 390
    scheme: Scheme = "light"
    scripts: bool = True
    height: int = 844

    @property
    def id(self) -> str:
        return f"{self.width}-{self.scheme}"


VIEWS = (View(390, "light"), View(320, "dark"))
"""Each width and each scheme once. Colours do not depend on the width, nor sizes on the colours: no style rule asks for both."""


async def assert_looks_right(page: Page, name: str) -> None:
    """Looks at the open page on two phones, in light and in dark, without motion; takes screenshots when a folder is named."""
    complaints = [complaint for view in VIEWS for complaint in await _complaints(page, name, view)]
    assert not complaints, "\n".join(complaints)


async def _complaints(page: Page, name: str, view: View) -> list[str]:
    await page.set_viewport_size({"width": view.width, "height": view.height})
    await page.emulate_media(color_scheme=view.scheme, reduced_motion="reduce")
    await take_shot(page, f"{name}-{view.id}")
    found = await axe_violations(page) + await page.evaluate(SMALL_TARGETS)
    if await page.evaluate(OVERFLOW) > 0:
        found.append("scrolls sideways")
    return [f"{name} at {view.id}: {complaint}" for complaint in found]


async def axe_violations(page: Page) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    violations = await page.evaluate(VIOLATIONS)
    return [
        f"{violation['id']}: {node['html'][:200]} – {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


async def take_shot(page: Page, name: str) -> None:
    folder = os.environ.get(SHOTS)
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)
