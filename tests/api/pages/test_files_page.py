"""A file through the browser: uploaded, looked at, confirmed; once, by its sender only, and sealed in between."""

from datetime import timedelta

import httpx2
import pytest
from sqlmodel import select

from api.authorisation import Role
from api.imports.tables import ImportFileRow
from tests.api.pages.administering import ORGANISATION, employ, system_administrator
from tests.api.pages.conftest import Fields, OpenBrowser, Person
from tests.support.api import NURSE_UNIT, Desk

HEAD = "hsa_id;name;type;region;organisation;phone;opening_hours"
UNIT = f"SE2120001207-F001;Hemsjukvården Provlunden;municipal_health;halland;{ORGANISATION};031-390 06 90;dygnet runt"
FOREIGN = UNIT.replace(ORGANISATION, "Region Halland").replace("F001", "F002")


async def upload(person: Person, text: str, *, kind: str = "units", expect: int = 200) -> httpx2.Response:
    page = await person.get("/admin/import")
    found = Fields()
    found.feed(page.text)
    files = {f"{kind}-file": ("enheter.csv", text.encode("cp1252"), "text/csv")}
    response = await person.client.post(f"/admin/import/{kind}", data={"csrf": found.hidden["csrf"]}, files=files)
    assert response.status_code == expect, response.text
    return response


async def confirm(person: Person, page: httpx2.Response, expect: int = 200) -> httpx2.Response:
    return await person.send(page, str(page.url.path), {}, expect=expect)


async def names(desk: Desk, query: str) -> list[str]:
    found = await desk.call("GET", "/units", params={"query": query, "limit": 1})
    return [unit["name"] for unit in found.json()["items"]]


async def test_what_a_file_changes_is_seen_before_it_is_done_and_done_once(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(await system_administrator(desk)) as person:
        page = await upload(person, f"{HEAD}\n{UNIT}\n")
        assert "Nya enheter: 1" in page.text
        assert "Hemsjukvården Provlunden (rad 2)" in page.text
        assert await names(desk, "Provlunden") != ["Hemsjukvården Provlunden"]
        assert "Ändringarna är införda." in (await confirm(person, page)).text
        assert await names(desk, "Provlunden") == ["Hemsjukvården Provlunden"]
        assert "Filen finns inte kvar" in (await confirm(person, page, expect=404)).text


async def test_faults_are_shown_with_line_and_column_and_there_is_no_button(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(await system_administrator(desk)) as person:
        page = await upload(person, f"{HEAD}\n{UNIT.replace('dygnet runt', 'ibland')}\n{FOREIGN}\n")
        assert "Rad 2, Öppettider" in page.text
        assert "Rad 3, Organisation" in page.text
        assert "Enheten hör till en annan organisation än din." in page.text
        assert 'name="seen"' not in page.text
        await person.client.post(str(page.url.path), data={"csrf": await csrf(person), "seen": "1-1-0"})
    assert await names(desk, "Provlunden") != ["Hemsjukvården Provlunden"]


async def csrf(person: Person) -> str:
    found = Fields()
    found.feed((await person.get("/admin/import")).text)
    return found.hidden["csrf"]


async def test_a_file_of_staff_gives_a_colleague_her_place(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(await system_administrator(desk)) as person:
        text = f"hsa_id;name;unit;role\nSE2120001207-P1;Kim Exempel;{NURSE_UNIT};staff\n"
        page = await upload(person, text, kind="staff")
        assert "Nya personer: 1" in page.text
        async with desk.api.db.read() as session:
            row = (await session.exec(select(ImportFileRow))).one()
        assert "Kim" not in row.content
        assert "Ändringarna är införda." in (await confirm(person, page)).text
        assert "Kim Exempel" in (await person.get(f"/admin/units/{NURSE_UNIT}")).text
    async with desk.api.db.read() as session:
        assert (await session.exec(select(ImportFileRow))).all() == []


async def test_a_file_is_its_senders_own_and_for_an_hour(desk: Desk, browse: OpenBrowser) -> None:
    other = await employ(desk, "syster-eva", NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR)
    async with browse(await system_administrator(desk)) as person, browse(other) as eva:
        page = await upload(person, f"{HEAD}\n{UNIT}\n")
        assert (await eva.get(str(page.url.path))).status_code == 404
        desk.clock.advance(timedelta(hours=1, minutes=1))
        assert (await person.get(str(page.url.path))).status_code == 404


async def test_what_changed_after_the_look_is_looked_at_again(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(await system_administrator(desk)) as person:
        page = await upload(person, f"{HEAD}\n{UNIT}\n")
        details = {"phone": "031-390 06 01", "hours": "dygnet runt", "opening_text": "alltid"}
        await person.post(f"/admin/units/{NURSE_UNIT}/details", details)
        assert "Något har ändrats under tiden" in (await confirm(person, page, expect=409)).text
        fresh = await person.get(str(page.url.path))
        assert "Ändringarna är införda." in (await confirm(person, fresh)).text


@pytest.mark.parametrize("body", ["nothing", "binary", "large"])
async def test_what_is_no_file_of_units_is_told_in_words(desk: Desk, browse: OpenBrowser, body: str) -> None:
    content = {"nothing": b"", "binary": b"PK\x03\x04\0\0\0", "large": b"a" * (8 * 1024 * 1024 + 10)}[body]
    async with browse(await system_administrator(desk)) as person:
        token = await csrf(person)
        files = {"units-file": ("x.csv", content, "text/csv")}
        response = await person.client.post("/admin/import/units", data={"csrf": token}, files=files)
        assert response.status_code == (413 if body == "large" else 422)
        forged = await person.client.post("/admin/import/units", data={"csrf": "x"}, files=files)
        assert forged.status_code in {403, 413}
