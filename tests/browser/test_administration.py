"""The administration's pages in a real browser: accessible in light and dark on two phones, and a file with nothing but the page itself."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import expect

from api.authorisation import Role
from tests.api.pages.administering import HERE, employ
from tests.browser.conftest import OpenPage
from tests.browser.house import Furniture, HouseApp, Site
from tests.browser.test_pages import become, look
from tests.support.api import NURSE, NURSE_UNIT
from tests.support.browser import IN_A_BROWSER
from tests.support.databases import START
from tests.support.house import House
from tests.support.looks import View, assert_looks_right
from tests.support.server import serve

pytestmark = IN_A_BROWSER

MAJA = "Maja Lindqvist, distriktssköterska"
ADAM, EVA = "Adam Exempel, förvaltare", "Eva Exempel, granskare"
HEAD = "hsa_id;name;type;region;organisation;phone;opening_hours\n"
UNIT = (
    "SE2120001207-B001;Hemsjukvården Provlunden;municipal_health;halland;Halmstads kommun;031-390 06 90;dygnet runt\n"
)


class Administered(HouseApp):
    """The house with somebody in each role that administers."""

    @asynccontextmanager
    async def _house(self) -> AsyncIterator[House]:
        async with super()._house() as house:
            await employ(house.desk, NURSE, NURSE_UNIT, Role.UNIT_ADMINISTRATOR)
            await employ(house.desk, "bo-exempel", NURSE_UNIT, Role.STAFF, name="Bo Exempel, undersköterska")
            await employ(house.desk, "adam", NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR, name=ADAM)
            await employ(house.desk, "eva", NURSE_UNIT, Role.AUDITOR, name=EVA)
            yield house


@pytest.fixture(scope="module")
def office(furniture: Furniture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app = Administered(furniture, tmp_path_factory.mktemp("office"))
    with serve(app) as address:
        yield Site(address, app.seeded)


async def test_the_pages_of_a_units_administrator_are_accessible(office: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, office, MAJA)
    await look(page, office, {"admin-unit": HERE, "admin-channels": f"{HERE}/channels"})
    await look(page, office, {"admin-add": f"{HERE}/new-member"})
    day = START.date() + timedelta(days=30)
    await page.goto(f"{office.address}{HERE}/leave")
    await page.get_by_label("Vem är borta?").select_option(label=MAJA)
    await page.get_by_label("Första dagen").fill(day.isoformat())
    await page.get_by_label("Sista dagen").fill(day.isoformat())
    await page.get_by_label("Vem bevakar?").select_option(label="Bo Exempel, undersköterska")
    await page.get_by_role("button", name="Spara").click()
    await expect(page.get_by_role("listitem").filter(has_text="Bo Exempel, undersköterska bevakar")).to_be_visible()
    await assert_looks_right(page, "admin-leave")


async def test_a_file_is_brought_in_without_scripts(office: Site, open_page: OpenPage) -> None:
    page = await open_page(View(320, scripts=False))
    await become(page, office, ADAM)
    await page.goto(f"{office.address}/admin/import")
    for text, seen in ((UNIT.replace("dygnet runt", "ibland"), "1 fel."), (UNIT, "Nya enheter: 1")):
        await page.goto(f"{office.address}/admin/import")
        chosen = {"name": "enheter.csv", "mimeType": "text/csv", "buffer": (HEAD + text).encode()}
        await page.get_by_label("CSV-fil").first.set_input_files(chosen)  # type: ignore[arg-type]
        await page.get_by_role("button", name="Visa vad som ändras").first.click()
        await expect(page.get_by_text(seen)).to_be_visible()
    await page.get_by_role("button", name="För in ändringarna").click()
    await expect(page.get_by_text("Ändringarna är införda.")).to_be_visible()


async def test_the_pages_for_files_and_log_checks_are_accessible(office: Site, open_page: OpenPage) -> None:
    page = await open_page()
    await become(page, office, ADAM)
    await page.goto(f"{office.address}/admin/import")
    bad = {"name": "x.csv", "mimeType": "text/csv", "buffer": (HEAD + UNIT + UNIT).encode()}
    await page.get_by_label("CSV-fil").first.set_input_files(bad)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Visa vad som ändras").first.click()
    await assert_looks_right(page, "admin-preview")
    other = await open_page()
    await become(other, office, EVA)
    await look(other, office, {"audit": "/audit?all=1"})


async def test_a_programs_key_is_made_and_revoked_by_keyboard_on_accessible_pages(
    office: Site, open_page: OpenPage
) -> None:
    page = await open_page(View(320))
    await become(page, office, ADAM)
    await page.goto(f"{office.address}{HERE}/new-key")
    await assert_looks_right(page, "admin-key-new")
    await page.get_by_label("Vad heter programmet?").fill("Statistik för kvalitetsuppföljning")
    await page.get_by_role("radio").first.check()
    await page.get_by_role("button", name="Skapa nyckeln").press("Enter")
    await expect(page.get_by_text("Nyckeln visas bara nu.")).to_be_visible()
    await assert_looks_right(page, "admin-key-made")
    await look(page, office, {"admin-keys": "/admin/keys"})
    await page.goto(f"{office.address}/admin/keys")
    await page.get_by_role("link", name="Dra in").first.press("Enter")
    await assert_looks_right(page, "admin-key-revoke")
    await page.get_by_role("button", name="Dra in").press("Enter")
    await expect(page.get_by_text("Nyckeln är indragen.")).to_be_visible()
