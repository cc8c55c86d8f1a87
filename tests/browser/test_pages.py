"""The staff's pages in a real browser: accessible in light and dark on two phones, by keyboard alone, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.house import Furniture, Site, house_on_a_port
from tests.support.browser import IN_A_BROWSER
from tests.support.looks import View, assert_looks_right

pytestmark = IN_A_BROWSER

HANNA = "Hanna Viklund, sjuksköterska"
MAJA, SARA, JOHAN = (
    "Maja Lindqvist, distriktssköterska",
    "Sara Ekdahl, distriktssköterska",
    "Johan Nyman, sjuksköterska",
)
ANSWER = "Vi ringer personen i dag."


@pytest.fixture(scope="module")
def museum(furniture: Furniture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One house for all the tests that only look, or that each change something of their own."""
    with house_on_a_port(furniture, tmp_path_factory.mktemp("museum")) as site:
        yield site


async def become(page: Page, site: Site, name: str) -> None:
    await page.goto(site.address)
    region = page.locator("details.region").filter(has_text=name)
    if await region.get_attribute("open") is None:
        await region.locator("summary").click()
    async with page.expect_navigation():
        await page.get_by_role("button", name=name).click()


async def look(page: Page, site: Site, paths: dict[str, str]) -> None:
    for name, path in paths.items():
        await page.goto(site.address + path)
        await assert_looks_right(page, name)


async def fill_in_draft(page: Page, address: str) -> None:
    """Everything that the secure page asks for."""
    await page.goto(address)
    await page.get_by_label("Personnummer").fill("19121212-1212")
    await page.get_by_label("Namn").fill("Kim Exempel")
    for text in await page.locator("textarea:visible").all():
        await text.fill("Blodtrycket är högt.")
    await page.get_by_label("Ja, personen har sagt ja").check()
    await page.get_by_label("Muntligt").check()
    await page.get_by_label("Vem frågade?").fill("distriktssköterska")


async def test_the_pages_of_a_stranger_are_accessible(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    link = museum.seeded.link
    await look(page, museum, {"welcome": "/", "sign-in": link, "ask": "/inbox", "expired": "/sign-in?code=x"})
    await look(page, museum, {"signed-out": "/signed-out", "not-found": "/nowhere"})


async def test_the_pages_of_a_sender_are_accessible(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, museum, MAJA)
    await assert_looks_right(page, "start")
    sent = {"sent-late": f"/sent/{museum.seeded.late}", "sent-answered": f"/sent/{museum.seeded.answered}"}
    await look(page, museum, {"sent": "/sent", **sent, "profile": "/profile", "draft": museum.seeded.draft})


async def test_the_pages_of_a_receiver_are_accessible(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, museum, JOHAN)
    new, answered = f"/inbox/{museum.seeded.new}", f"/inbox/{museum.seeded.answered}"
    await look(page, museum, {"inbox": "/inbox", "inbox-all": "/inbox/all", "late": f"/inbox/{museum.seeded.late}"})
    await look(page, museum, {"message": new, "answered": answered, "reply": f"{new}/reply?kind=redirect"})
    await look(page, museum, {"forward-empty": f"{new}/forward", "forward": f"{new}/forward?query=vårdcentral"})


async def test_the_pages_of_a_living_message_are_accessible(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, museum, HANNA)
    living = f"/sent/{museum.seeded.living}"
    await look(page, museum, {"living": living, "supplement": f"{living}/supplement"})
    await look(page, museum, {"participant": f"{living}/participants?query=medicin"})


async def test_the_secure_page_is_accessible_all_the_way(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, museum, SARA)
    await page.goto(museum.address + museum.seeded.copy_draft)
    await page.get_by_role("button", name="Förhandsgranska").click()
    await assert_looks_right(page, "draft-errors")
    await fill_in_draft(page, museum.address + museum.seeded.copy_draft)
    await page.get_by_role("button", name="Förhandsgranska").click()
    await assert_looks_right(page, "draft-preview")
    await page.get_by_role("button", name="Lämna över").click()
    await assert_looks_right(page, "copy-out")
    await page.get_by_role("button", name="Jag har skickat i Lifecare SP").click()
    await expect(page.get_by_role("status").first).to_contain_text("Nu räknas svarstiden.")
    await assert_looks_right(page, "sent-copied")


async def test_the_chat_is_accessible(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, museum, MAJA)
    await look(page, museum, {"practice": "/ova", "chat": "/chat"})
    await page.get_by_role("textbox").fill("Blodtrycket är högt, vill ni följa upp?")
    await page.get_by_role("button", name="Skicka").click()
    await expect(page.locator(".bubble--me")).to_have_count(1)
    await expect(page.locator(".bubble--lots")).not_to_have_count(1)
    await assert_looks_right(page, "chat-answered")


async def test_the_receipt_is_accessible(museum: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, museum, MAJA)
    await fill_in_draft(page, museum.address + museum.seeded.draft)
    await page.get_by_role("button", name="Förhandsgranska").click()
    await page.get_by_role("button", name="Lämna över").click()
    await assert_looks_right(page, "receipt")


async def tab_to(page: Page, name: str) -> None:
    """Presses Tab until what has the focus is called `name`."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if any(name in text for text in await page.locator(":focus").all_inner_texts()):
            return
    raise AssertionError(f"Tab never reached {name!r}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
async def test_the_inbox_is_worked_through_by_keyboard_alone(site: Site, open_page: OpenPage, scripts: bool) -> None:
    page = await open_page(View(scripts=scripts))
    await page.goto(site.address)
    await tab_to(page, JOHAN)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await tab_to(page, "Inkorg")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inbox")
    await tab_to(page, "Meddelande utanför vårdtillfälle")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inbox/*")
    await tab_to(page, "Kvittera")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("Kvitterat.")
    await tab_to(page, "Svara")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/reply?kind=answer")
    await tab_to(page, "Läs meddelandet igen")
    await page.keyboard.press("Tab")
    await page.keyboard.type(ANSWER)
    await tab_to(page, "Skicka svaret")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("Svaret är skickat.")
    await expect(page.locator(".thread")).to_contain_text(ANSWER)


async def test_a_double_tap_sends_one_answer_and_the_way_back_is_a_new_form(site: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, site, JOHAN)
    await page.goto(f"{site.address}/inbox/{site.seeded.new}/reply?kind=answer")
    await page.get_by_label("Ditt svar").fill(ANSWER)
    await page.get_by_role("button", name="Skicka svaret").dblclick()
    await expect(page.locator(".thread")).to_contain_text(ANSWER)
    await page.reload()
    assert await page.get_by_text(ANSWER, exact=True).count() == 1

    await page.go_back()
    await expect(page.get_by_role("button", name="Skicka svaret")).to_be_enabled()


async def test_new_messages_appear_without_reloading(site: Site, open_page: OpenPage) -> None:
    johan, maja = await open_page(), await open_page()
    await johan.clock.install()
    await become(johan, site, JOHAN)
    await johan.goto(f"{site.address}/inbox")
    before = await johan.locator(".row").count()

    await become(maja, site, MAJA)
    await fill_in_draft(maja, site.address + site.seeded.draft)
    await maja.get_by_role("button", name="Förhandsgranska").click()
    await maja.get_by_role("button", name="Lämna över").click()
    await expect(maja.get_by_role("heading", name="Överlämnat")).to_be_visible()

    await johan.clock.run_for(16_000)
    await expect(johan.locator(".row")).to_have_count(before + 1)
    await expect(johan.locator("#announce")).to_have_text("Inkorgen har ändrats.")
    await expect(johan.locator(".tab .count")).to_contain_text("3")


async def test_the_text_to_copy_reaches_the_clipboard(site: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await become(page, site, SARA)
    await fill_in_draft(page, site.address + site.seeded.copy_draft)
    await page.get_by_role("button", name="Förhandsgranska").click()
    await page.get_by_role("button", name="Lämna över").click()
    await page.get_by_role("button", name="Kopiera").first.click()

    await expect(page.get_by_role("button", name="Kopierat")).to_be_visible()
    assert "19121212-1212" in await page.evaluate("navigator.clipboard.readText()")
