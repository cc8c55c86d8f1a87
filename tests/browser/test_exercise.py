"""A live exercise in a real browser: joined on a phone of 320 pixels, shown at 1080p, led and reported; by keyboard, and accessible."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.house import Site
from tests.browser.test_pages import become
from tests.support.browser import IN_A_BROWSER
from tests.support.looks import OVERFLOW, View, assert_looks_right, axe_violations

pytestmark = IN_A_BROWSER

PETRA = "Petra Lång, superkontaktombud"
PHONE = View(width=320, height=640)
PROJECTOR = View(width=1920, height=1080)


async def begin(page: Page, site: Site, seconds: str = "") -> str:
    """The code to join by."""
    await become(page, site, PETRA)
    await page.goto(site.address + "/exercises/new?pack=halland-2024")
    await page.get_by_label("Sömntabletterna från förr").check(force=True)
    if seconds:
        await page.get_by_text("Poäng, lag, tid och radering").click()
        await page.get_by_label("Tid att svara").select_option(seconds)
    await page.get_by_role("button", name="Öppna för deltagare").click()
    await expect(page.get_by_role("img", name="QR-kod till")).to_be_visible()
    return str(re.findall(r"/ovning/(\d+)/", await page.content())[0])


async def act(page: Page, name: str) -> None:
    await page.bring_to_front()
    async with page.expect_navigation():
        await page.get_by_role("button", name=name, exact=True).click()


async def test_an_exercise_is_joined_led_shown_and_reported_on_pages_that_anyone_can_use(
    site: Site, open_page: OpenPage
) -> None:
    trainer, phone, projector = await open_page(), await open_page(PHONE), await open_page(PROJECTOR)
    code = await begin(trainer, site)
    await phone.goto(f"{site.address}/ovning/{code}")
    await assert_looks_right(phone, "exercise-join")
    await phone.get_by_label("Smeknamn").fill("Måsen")
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("Välkommen, Måsen!")).to_be_visible()
    await projector.goto(f"{site.address}/ovning/{code}/visa")
    await expect(projector.get_by_text("Med i övningen: 1")).to_be_visible()
    await act(trainer, "Börja")
    await phone.bring_to_front()
    choice = phone.get_by_role("button", name="Telefon")
    await expect(choice).to_be_visible()
    await choice.focus()
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("Ditt svar är räknat.")).to_be_visible()
    await assert_looks_right(phone, "exercise-vote")
    await projector.bring_to_front()
    await expect(projector.get_by_text("1 av 1 har svarat")).to_be_visible()
    for name in ("Visa hur de svarade", "Rösta igen", "Visa skillnaden", "Visa facit"):
        await act(trainer, name)
    await assert_looks_right(trainer, "exercise-lead")
    await phone.bring_to_front()
    await expect(phone.get_by_text("Inte riktigt.")).to_be_visible()
    await assert_looks_right(phone, "exercise-reveal")
    await projector.bring_to_front()
    await expect(projector.get_by_text("Rätt svar: Meddelande utanför vårdtillfälle")).to_be_visible()
    assert await projector.evaluate(OVERFLOW) == 0
    assert await projector.evaluate("document.documentElement.scrollHeight") <= PROJECTOR.height
    assert await axe_violations(projector) == []
    await trainer.bring_to_front()
    await trainer.get_by_role("link", name="Rapport").click()
    await expect(trainer.get_by_role("table", name="Värmekarta")).to_be_visible()
    await assert_looks_right(trainer, "exercise-report")


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id"))


async def test_the_focus_stays_where_it_was_and_follows_the_question_when_its_choice_is_gone(
    site: Site, open_page: OpenPage
) -> None:
    trainer, phone = await open_page(), await open_page(PHONE)
    code = await begin(trainer, site)
    await phone.goto(f"{site.address}/ovning/{code}")
    await phone.get_by_label("Smeknamn").fill("Måsen")
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("Välkommen, Måsen!")).to_be_visible()
    await act(trainer, "Börja")
    await trainer.get_by_role("button", name="Hoppa över").focus()
    await phone.bring_to_front()
    choice = phone.get_by_role("button", name="Telefon")
    await choice.focus()
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_text("Ditt svar är räknat.")).to_be_visible()
    await choice.focus()
    await trainer.bring_to_front()
    await expect(trainer.get_by_text("1 av 1 har svarat")).to_be_visible()
    assert await focused(trainer) == "act-skip"
    await act(trainer, "Visa hur de svarade")
    await phone.bring_to_front()
    await expect(phone.get_by_role("heading", name="Så svarade ni")).to_be_visible()
    assert await focused(phone) == "question"
    await expect(phone.locator("#announce")).to_have_text("Så svarade ni.")


async def test_the_time_that_is_left_counts_down_and_says_nothing_until_little_is_left(
    site: Site, open_page: OpenPage
) -> None:
    trainer, projector = await open_page(), await open_page(PROJECTOR)
    code = await begin(trainer, site, seconds="30")
    await act(trainer, "Börja")
    await projector.clock.install()
    await projector.goto(f"{site.address}/ovning/{code}/visa")
    left, said = projector.locator("[data-left]"), projector.locator("#announce")
    await expect(left).to_have_text("0:30")
    await projector.clock.run_for(15_000)
    await expect(left).to_have_text("0:15")
    await expect(said).to_be_empty()
    await projector.clock.run_for(5_000)
    await expect(left).to_have_text("0:10")
    await expect(said).to_have_text("Tio sekunder kvar.")


async def test_a_participant_without_scripts_takes_part_fully(site: Site, open_page: OpenPage) -> None:
    trainer, phone = await open_page(), await open_page(View(width=320, scripts=False))
    code = await begin(trainer, site)
    await phone.goto(f"{site.address}/ovning?code={code}")
    await phone.get_by_label("Smeknamn").fill("Tärnan")
    await phone.get_by_role("button", name="Gå med", exact=True).click()
    await act(trainer, "Börja")
    await phone.get_by_role("link", name="Visa det senaste").click()
    await phone.get_by_role("button", name="Meddelande utanför vårdtillfälle").click()
    await expect(phone.get_by_text("(ditt svar)")).to_be_visible()
    await act(trainer, "Visa hur de svarade")
    await act(trainer, "Visa facit")
    await phone.get_by_role("link", name="Visa det senaste").click()
    await expect(phone.get_by_role("heading", name="Rätt!")).to_be_visible()


async def test_what_the_routine_says_follows_the_case_and_a_question_brings_its_fields(
    site: Site, open_page: OpenPage
) -> None:
    page = await open_page()
    await become(page, site, PETRA)
    await page.goto(site.address + "/exercises/scenarios/new?from=h24-kallar-till-sip")
    await page.locator("#s0_d0_tempting").fill("Det står kvar.")
    await page.locator("#s0_fact_urgency").evaluate("field => { field.closest('details').open = true; }")
    await page.locator("#s0_fact_urgency").select_option("urgent")
    await expect(page.locator("#s0-said")).to_contain_text("Telefon (regel C2)")
    await expect(page.locator("#announce")).to_contain_text("Steg 1. Rutinen säger: Telefon (regel C2)")
    await expect(page.locator("#s0_d0_tempting")).to_have_value("Det står kvar.")
    await page.locator("#s0_question").select_option("call")
    await expect(page.locator("#s0_who")).to_be_visible()
    await expect(page.locator("#s0-said")).to_contain_text("Rätt att ringa: Vårdcentral")
    await expect(page.locator("#s0_d0_tempting")).to_have_value("Det står kvar.")
    assert await axe_violations(page) == []
