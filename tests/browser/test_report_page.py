"""The evaluation's report opened from a file, as a routine owner would: on two phones, in light and dark, by axe's rules."""

from pathlib import Path

from knowledge.bundle import load_knowledge
from tests.browser.conftest import OpenPage
from tests.support.browser import IN_A_BROWSER
from tests.support.looks import View, assert_looks_right
from tests.triage.test_report import alarms, missed, right, wrong
from triage.report.build import build
from triage.report.figures import Figures
from triage.report.words import Words

pytestmark = IN_A_BROWSER


async def test_the_report_is_readable_on_a_phone_and_without_scripts(open_page: OpenPage, tmp_path: Path) -> None:
    knowledge = load_knowledge()
    old = Figures.of([wrong("a-1"), right("a-2"), right("b-1")])
    figures = Figures.of([right(), wrong(), missed()], alarms())
    words = Words.of(knowledge.texts, knowledge.registry.packs)
    for name, content in build(figures, old, {"a-2": "Ett ord " * 40}, words).items():
        (tmp_path / name).write_bytes(content)

    page = await open_page(View())
    await page.goto((tmp_path / "index.html").as_uri())

    assert await page.locator("img").count() == 3
    await page.locator("main ol summary").first.click()
    assert await page.locator("blockquote").first.is_visible()
    await assert_looks_right(page, "report")
