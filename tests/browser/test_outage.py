"""The pages of an outage in a real browser: accessible in light and dark, on a phone as narrow as 320 pixels, worked through by a person."""

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.house import Site
from tests.browser.test_pages import become
from tests.support.browser import IN_A_BROWSER
from tests.support.looks import assert_looks_right

pytestmark = IN_A_BROWSER

AMANDA = "Amanda Tjernberg, sjuksköterska"
INGRID = "Ingrid Norberg, sjuksköterska"


async def report(page: Page, site: Site) -> None:
    await page.goto(site.address + "/outage")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Fler än jag").click()


async def test_an_outage_is_worked_through_on_pages_that_anyone_can_use(site: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, site, INGRID)
    await page.goto(site.address + "/outage")
    await assert_looks_right(page, "outage-none")
    await report(page, site)
    page = await open_page()
    await become(page, site, AMANDA)
    await report(page, site)
    await expect(page.get_by_text("Nere sedan")).to_be_visible()
    await assert_looks_right(page, "outage-status")
    await page.get_by_role("link", name="Till arbetslistan").click()
    await page.get_by_text("Lägg till en patient").click()
    await page.get_by_label("Vem det gäller").fill("Kim Exempel")
    await page.get_by_label("Kommun").select_option("Timrå")
    await page.get_by_role("button", name="Lägg till").click()
    await assert_looks_right(page, "outage-patient")
    await page.get_by_role("button", name="Ring Kommunen, biståndshandläggaren").click()
    await expect(page.get_by_role("link", name="Timrå kommun, 060-16 31 00")).to_have_attribute("href", "tel:060163100")
    await page.get_by_label("Vem talade du med?").fill("Bo Ek, handläggare")
    await page.get_by_role("button", name="Nådd", exact=True).click()
    await expect(page.get_by_text("Bra, noterat.")).to_be_visible()
    await assert_looks_right(page, "outage-call")
    other = await page.context.new_page()
    await other.goto(page.url)
    for tab, words in ((other, "Skrivs ut i morgon"), (page, "Skrivs ut på fredag")):
        await tab.get_by_label("Situation").fill(words)
        async with tab.expect_navigation():
            await tab.get_by_role("button", name="Spara kortet").click()
    await expect(page.get_by_role("alert").get_by_text("Skrivs ut i morgon")).to_be_visible()
    await expect(page.get_by_label("Situation")).to_have_value("Skrivs ut på fredag")
    await assert_looks_right(page, "outage-clash")
    await page.get_by_role("link", name="Tillbaka").first.click()
    await page.get_by_role("link", name="Blankett att skriva ut").click()
    await expect(page.get_by_role("cell", name="Bo Ek, handläggare").first).to_be_visible()
    await assert_looks_right(page, "outage-form")
