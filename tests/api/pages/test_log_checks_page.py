"""The auditor's page: found by number, person, unit, days and deed; drawn at random; exported. Never content, never a name in an address."""

import csv
from io import StringIO

import pytest
from sqlmodel import col, select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Role
from api.messages.tables import MessageRow
from tests.api.pages.administering import employ
from tests.api.pages.conftest import OpenBrowser
from tests.support.api import CANARY_NAME, CANARY_TEXT, NURSE, NURSE_UNIT, PERSON_ID, Desk, shared_knowledge


async def auditor(desk: Desk) -> str:
    return await employ(desk, "granskare", NURSE_UNIT, Role.AUDITOR)


async def number_of(desk: Desk, message: str) -> str:
    async with desk.api.db.read() as session:
        return (await session.exec(select(MessageRow.number).where(MessageRow.id == message))).one()


async def test_a_message_is_followed_by_its_number_without_a_word_of_it(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(await auditor(desk)) as person:
        page = await person.post("/audit", {"number": (await number_of(desk, message)).lower()})
        assert "Lämnade över" in page.text
        assert "Maja Lindqvist" in page.text
        for secret in (CANARY_TEXT, CANARY_NAME, PERSON_ID, PERSON_ID.replace("-", "")):
            assert secret not in page.text
        missing = await person.post("/audit", {"number": "L-1900-000001"}, expect=422)
        assert "inget meddelande" in missing.text


async def test_a_person_is_found_by_name_and_the_address_holds_only_her_id(desk: Desk, browse: OpenBrowser) -> None:
    await desk.handed_over()
    await employ(desk, "maja-andersson", NURSE_UNIT, Role.STAFF, name="Maja Andersson")
    async with browse(await auditor(desk)) as person:
        page = await person.post("/audit", {"person": "lindqvist", "action": "hand_over"})
        assert page.text.count("<time") == 1
        assert str(page.url).endswith(f"action=hand_over&actor=staff%3A{NURSE}")
        several = await person.post("/audit", {"person": "MAJA"})
        assert "Vilken menar du?" in several.text
        assert "actor=staff%3Amaja-andersson" in several.text
        assert "Maja" not in str(several.url)
        nobody = await person.post("/audit", {"person": "Johan Nyman"}, expect=422)
        assert "Ingen i din organisation heter så" in nobody.text


async def test_days_and_deeds_narrow_the_search_and_wrong_days_are_told(desk: Desk, browse: OpenBrowser) -> None:
    await desk.handed_over()
    today = desk.api.today().isoformat()
    async with browse(await auditor(desk)) as person:
        assert "Lämnade över" in (await person.post("/audit", {"first_day": today, "last_day": today})).text
        assert "Inga händelser." in (await person.post("/audit", {"last_day": "2020-01-01"})).text
        wrong = await person.post("/audit", {"first_day": "i går"}, expect=422)
        assert "Ange ett datum." in wrong.text
        assert (await person.get("/audit?unit=INTE%20EN")).status_code == 422


async def test_twenty_deeds_are_drawn_at_random(desk: Desk, browse: OpenBrowser) -> None:
    for _ in range(25):
        await desk.call("GET", f"/units/{NURSE_UNIT}/inbox")
    async with browse(await auditor(desk)) as person:
        pages = [await person.post("/audit", {"how": "draw", "action": "list_inbox"}) for _ in range(2)]
    assert all("20 slumpade av 25" in page.text for page in pages)
    assert all(page.text.count("<time") == 20 for page in pages)


async def test_the_export_is_a_file_for_a_spreadsheet_with_ids_only(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(await auditor(desk)) as person:
        response = await person.get("/audit/export?action=hand_over")
    assert response.headers["content-disposition"].startswith("attachment; filename=")
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert [(row[1], row[2], row[4], row[5]) for row in rows[1:]] == [
        ("hand_over", f"staff:{NURSE}", NURSE_UNIT, message)
    ]

    assert "Maja" not in response.text


async def test_every_look_is_itself_in_the_audit(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(await auditor(desk)) as person:
        await person.get("/audit")
        await person.get("/audit?all=1")
        await person.get("/audit?all=1&draw=1")
        await person.get("/audit/export?all=1")
    async with desk.api.db.read() as session:
        looks = await session.exec(select(AuditRow.actor).where(col(AuditRow.action) == Action.READ_AUDIT))
        assert looks.all() == ["staff:granskare"] * 3


@pytest.mark.parametrize("action", [one for one in Action if one.startswith(("grant_", "add_", "end_", "set_"))])
def test_the_deeds_of_administration_have_words(action: Action) -> None:
    assert shared_knowledge().texts.text(f"people.action.{action}")
