"""The chat in a real browser at a phone's width: from free words to an answered message in both deliveries, live, by keyboard, without scripts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from commands.house import open_house
from common.clock import FixedClock
from common.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.house import Site
from tests.support.browser import IN_A_BROWSER
from tests.support.databases import START
from tests.support.looks import View, assert_looks_right
from tests.support.server import serve

pytestmark = IN_A_BROWSER

MAJA, SARA, JOHAN = (
    "Maja Lindqvist, distriktssköterska",
    "Sara Ekdahl, distriktssköterska",
    "Johan Nyman, sjuksköterska",
)
MATTER = "Blodtrycket behöver följas upp hos vårdcentralen. Hon bor hemma och det kan vänta."
RECIPIENT = "Oskarström"
ANSWER = "Vi sätter in en ny kontroll på torsdag."


class LotsApp:
    """Lots as it is served, with its workers, in the test server's own loop and with a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            if self._app is not None:
                await self._app(scope, receive, send)
            return
        await receive()
        async with open_house(Settings(data_dir=self._folder), FixedClock(START)) as house:
            self._app = house.app
            await send({"type": "lifespan.startup.complete"})
            await receive()
            house.bot.shell.news.close()
        await send({"type": "lifespan.shutdown.complete"})


@contextmanager
def lots_on_a_port(folder: Path) -> Iterator[str]:
    with serve(LotsApp(folder)) as address:
        yield address


@pytest.fixture
def lots(tmp_path: Path) -> Iterator[str]:
    with lots_on_a_port(tmp_path) as given:
        yield given


@pytest.fixture
def address(site: Site) -> str:
    """Where what is timed or on its way to others is not waited for."""
    return site.address


async def become(page: Page, address: str, name: str) -> None:
    await page.goto(address)
    async with page.expect_navigation():
        await page.get_by_role("button", name=name).click()


async def chat_as(page: Page, address: str, name: str) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await become(page, address, name)
    await page.goto(f"{address}/chat")


def newest(page: Page) -> Locator:
    return page.locator(".bubble--lots").last


async def say(page: Page, text: str) -> None:
    """Writes and waits for what comes of it."""
    before = await page.locator(".bubble").last.get_attribute("id")
    await page.get_by_label("Skriv till Lots").fill(text)
    await page.get_by_role("button", name="Skicka", exact=True).click()
    await expect(page.locator(".bubble").last).not_to_have_id(before or "")


async def tap(page: Page, label: str) -> None:
    before = await page.locator(".bubble").last.get_attribute("id")
    await page.get_by_role("button", name=label).last.click()
    await expect(page.locator(".bubble").last).not_to_have_id(before or "")


async def up_to_the_card(page: Page) -> None:
    """The matter in free words, and whom it is for if that has to be asked."""
    await say(page, MATTER)
    recipient = page.get_by_role("button", name="Vårdcentral", exact=True)
    if await recipient.count():
        await tap(page, "Vårdcentral")
    await expect(page.get_by_role("button", name="Skriv utkast")).to_be_visible()


async def up_to_preview(page: Page) -> None:
    """From the matter in free words to the exact preview."""
    await up_to_the_card(page)
    await tap(page, "Skriv utkast")
    await say(page, RECIPIENT)
    await tap(page, "Ser bra ut")
    await tap(page, "Ja, muntligt till mig")
    await say(page, "19121212-1212")
    await expect(page.get_by_role("button", name="Lämna över")).to_be_visible()


async def test_from_free_words_to_an_answer_in_the_chat(lots: str, open_page: OpenPage) -> None:
    nurse = await open_page()
    await chat_as(nurse, lots, MAJA)
    await assert_looks_right(nurse, "chat-welcome")
    await up_to_the_card(nurse)
    await assert_looks_right(nurse, "chat-card")
    await tap(nurse, "Skriv utkast")
    await assert_looks_right(nurse, "chat-recipient")
    await say(nurse, RECIPIENT)
    await assert_looks_right(nurse, "chat-draft")
    await tap(nurse, "Ser bra ut")
    await assert_looks_right(nurse, "chat-consent")
    await tap(nurse, "Ja, muntligt till mig")
    await say(nurse, "19121212-1212")
    await assert_looks_right(nurse, "chat-preview")
    await tap(nurse, "Lämna över")
    await expect(nurse.get_by_text(re.compile(r"L-\d{4}-\d+"))).to_be_visible()
    await expect(nurse.get_by_text("19121212-1212")).to_have_count(0)
    await assert_looks_right(nurse, "chat-receipt")

    receiver = await open_page()
    await become(receiver, lots, JOHAN)
    await receiver.goto(f"{lots}/inbox")
    await receiver.locator(".row__link").first.click()
    await receiver.get_by_role("button", name="Kvittera").click()
    await receiver.get_by_role("link", name="Svara").first.click()
    await receiver.locator("textarea").first.fill(ANSWER)
    await receiver.locator("main form button[type=submit]").first.click()

    await expect(nurse.get_by_text(ANSWER)).to_be_visible(timeout=15_000)
    await receiver.close()
    await nurse.bring_to_front()
    await assert_looks_right(nurse, "chat-answer")


async def test_where_lots_has_no_door_the_text_is_there_to_copy(address: str, open_page: OpenPage) -> None:
    page = await open_page()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await chat_as(page, address, SARA)
    await up_to_preview(page)
    await tap(page, "Lämna över")
    await assert_looks_right(page, "chat-copy")
    copied = page.locator(".said--copy").first
    await copied.get_by_role("button", name="Kopiera").click()
    await expect(copied.get_by_role("button", name="Kopierat")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == MATTER
    await tap(page, "Jag har skickat")
    await expect(page.locator(".said--copy")).to_have_count(0)
    await assert_looks_right(page, "chat-copied")


async def test_the_whole_way_works_without_scripts(address: str, open_page: OpenPage) -> None:
    page = await open_page(View(scripts=False))
    await chat_as(page, address, MAJA)
    await up_to_preview(page)
    await tap(page, "Lämna över")
    await expect(page.get_by_text(re.compile(r"L-\d{4}-\d+"))).to_be_visible()
    assert page.url.endswith("/chat#senaste")


async def test_life_in_danger_is_said_first_and_large(address: str, open_page: OpenPage) -> None:
    page = await open_page()
    await chat_as(page, address, MAJA)
    await say(page, "Patienten är livlös, det är fara för livet nu")
    if await page.get_by_role("button", name="Fara för livet nu").count():
        await tap(page, "Fara för livet nu")
    first = page.locator(".said--emergency p").first
    await expect(first).to_contain_text("112")
    size = await first.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    body = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= 1.5 * body
    await assert_looks_right(page, "chat-112")


async def test_a_page_that_can_be_driven_by_keys_alone(address: str, open_page: OpenPage) -> None:
    page = await open_page(View(width=320))
    await chat_as(page, address, MAJA)
    box = page.get_by_label("Skriv till Lots")
    await box.focus()
    await page.keyboard.type("Hjälp")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble--me").last).to_contain_text("Hjälp")
    await expect(box).to_have_value("")
    chip = newest(page).locator(".chip").first
    await chip.focus()
    label = (await chip.inner_text()).strip()
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble--me").last).to_contain_text(label)
    focused = await page.evaluate("document.activeElement.className")
    assert "bubble--lots" in focused, "reading goes on at what Lots said"


async def test_a_broken_line_keeps_the_text_and_says_so(address: str, open_page: OpenPage) -> None:
    page = await open_page()
    await chat_as(page, address, MAJA)
    await page.context.set_offline(True)
    box = page.get_by_label("Skriv till Lots")
    await box.fill(MATTER)
    await page.get_by_role("button", name="Skicka", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Din text ligger kvar")
    await expect(box).to_have_value(MATTER)
    await expect(page.get_by_role("alert")).to_contain_text("Brådskar det? Ring")
    await assert_looks_right(page, "chat-offline")
    await page.context.set_offline(False)
    await expect(page.get_by_role("alert")).to_be_hidden()
    await expect(box).to_have_value(MATTER)
    await page.get_by_role("button", name="Skicka", exact=True).click()
    await expect(page.locator(".bubble--me").last).to_contain_text("Blodtrycket")


async def test_two_open_pages_show_the_same_conversation(address: str, open_page: OpenPage) -> None:
    page = await open_page()
    await chat_as(page, address, MAJA)
    other = await page.context.new_page()
    await other.goto(f"{address}/chat")
    await say(page, "Hjälp")
    await expect(other.locator(".bubble--me").last).to_contain_text("Hjälp", timeout=15_000)


async def test_a_screen_reader_hears_what_is_added_and_nothing_twice(address: str, open_page: OpenPage) -> None:
    page = await open_page()
    await chat_as(page, address, MAJA)
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    await page.evaluate(
        """() => { window.added = []; new MutationObserver(changes => changes.forEach(change =>
        change.addedNodes.forEach(node => window.added.push(node.id)))).observe(document.getElementById('lines'),
        {childList: true}); }"""
    )
    await say(page, "Hjälp")
    added = await page.evaluate("window.added")
    assert added
    assert len(added) == len(set(added))
