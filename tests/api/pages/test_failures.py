"""When something is broken behind the pages: a sentence in Swedish, and not a word of what was sent."""

import pytest
from sqlmodel import text

from api.pages.routes import add_pages
from tests.api.pages.conftest import OpenBrowser
from tests.support.api import CANARY_TEXT, RECEIVER, Desk


async def break_table(desk: Desk, name: str) -> None:
    async with desk.api.db.write() as session:
        await session.exec(text(f"ALTER TABLE {name} RENAME TO gone"))  # type: ignore[call-overload]


async def test_what_nobody_foresaw_gets_a_page_with_a_reference(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        form = await johan.get(f"/inbox/{message}/reply?kind=answer")
        await break_table(desk, "message_entry")
        response = await johan.send(form, f"/inbox/{message}/reply", {"text": CANARY_TEXT}, expect=500)

    assert "Något gick fel hos oss" in response.text
    assert "Uppge det här numret" in response.text
    assert CANARY_TEXT not in response.text
    assert response.headers["cache-control"] == "no-store"


async def test_a_log_of_the_failure_holds_no_word_of_what_was_sent(
    desk: Desk, browse: OpenBrowser, capsys: pytest.CaptureFixture[str]
) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        form = await johan.get(f"/inbox/{message}/reply?kind=answer")
        await break_table(desk, "message_entry")
        await johan.send(form, f"/inbox/{message}/reply", {"text": CANARY_TEXT}, expect=500)

    said = capsys.readouterr()
    assert "unexpected error" in said.out + said.err
    assert CANARY_TEXT not in said.out + said.err


async def test_a_start_page_without_its_tables_is_still_a_page(desk: Desk, browse: OpenBrowser) -> None:
    await break_table(desk, "membership")
    async with browse() as someone:
        response = await someone.get("/")

    assert response.status_code in {500, 503}
    assert '<html lang="sv">' in response.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_a_method_that_a_page_has_not_is_refused(browse: OpenBrowser, method: str) -> None:
    async with browse(RECEIVER) as johan:
        assert (await johan.client.request(method, "/inbox")).status_code == 405


async def test_pages_are_put_in_once_however_often_they_are_asked_for(desk: Desk) -> None:
    before = len(desk.app.routes)
    add_pages(desk.app)
    assert len(desk.app.routes) == before


@pytest.mark.parametrize("part", ["%00", "%0Aab", "a" * 81, "å", "a.b"])
async def test_the_database_is_not_asked_about_what_can_be_no_id(desk: Desk, browse: OpenBrowser, part: str) -> None:
    await break_table(desk, "message")
    async with browse(RECEIVER) as johan:
        answer = await johan.client.get(f"/inbox/{part}")
    assert answer.status_code == 404
    assert "Sidan finns inte" in answer.text
