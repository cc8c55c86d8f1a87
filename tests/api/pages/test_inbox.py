"""The receiving unit's pages: what waits, the message, and what is done with it."""

from datetime import timedelta

import pytest

from tests.api.pages.conftest import OpenBrowser, Person
from tests.support.api import (
    CANARY_NAME,
    CANARY_TEXT,
    NURSE,
    OTHER,
    OTHER_UNIT,
    RECEIVER,
    RECEIVING_UNIT,
    VGR_NURSE,
    Desk,
)


async def status(desk: Desk, message_id: str) -> object:
    return (await desk.call("GET", f"/messages/{message_id}")).json()["status"]


async def entries(desk: Desk, message_id: str) -> list[tuple[str, str | None]]:
    found = (await desk.call("GET", f"/messages/{message_id}")).json()["entries"]
    return [(entry["kind"], entry["text"]) for entry in found]


async def test_the_list_tells_from_whom_and_by_when_but_not_about_whom(desk: Desk, browse: OpenBrowser) -> None:
    await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = (await johan.get("/inbox")).text

    assert "Från Hemsjukvården Lindhagen" in page
    assert "Svara senast" in page
    assert "Nytt" in page
    assert CANARY_NAME not in page
    assert "19121212" not in page
    assert CANARY_TEXT not in page


async def test_an_empty_inbox_says_so(browse: OpenBrowser) -> None:
    async with browse(RECEIVER) as johan:
        assert "Inget väntar" in (await johan.get("/inbox")).text


async def test_the_start_page_counts_what_is_new(desk: Desk, browse: OpenBrowser) -> None:
    await desk.handed_over()
    await desk.handed_over()
    async with browse(RECEIVER) as johan:
        assert "2 nya meddelanden." in (await johan.get("/")).text


async def test_a_late_answer_comes_first_and_is_marked(desk: Desk, browse: OpenBrowser) -> None:
    late = await desk.handed_over()
    desk.clock.advance(timedelta(days=14))
    new = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = (await johan.get("/inbox")).text

    assert "Försenat" in page
    assert "Skulle ha besvarats" in page
    assert page.index(late) < page.index(new)


async def test_the_message_is_shown_as_it_was_sent_with_its_consent(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = (await johan.get(f"/inbox/{message}")).text

    assert CANARY_TEXT in page
    assert CANARY_NAME in page
    assert "19121212-1212" in page
    assert "Personen har sagt ja" in page
    assert "distriktssköterska" in page
    assert "onsdag 4 mars kl. 10.00" in page
    assert "Det här meddelandet finns i Lots, inte i Lifecare SP." in page
    assert "Bakgrund" not in page, "a heading without text is not shown"


async def test_an_acknowledgement_is_one_tap(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = await johan.post(f"/inbox/{message}/acknowledge", at=f"/inbox/{message}")
        assert "Kvitterat. Avsändaren ser att ni har läst." in page.text
        assert f"/inbox/{message}/acknowledge" not in page.text, "the button is gone"

    assert await status(desk, message) == "acknowledged"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        pytest.param("answer", "Svaret är skickat.", id="answer"),
        pytest.param("request_more", "Frågan är skickad.", id="ask-for-more"),
        pytest.param("redirect", "Hänvisningen är skickad.", id="point-elsewhere"),
    ],
)
async def test_an_answer_of_each_kind_reaches_the_message(
    desk: Desk, browse: OpenBrowser, kind: str, said: str
) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = await johan.post(
            f"/inbox/{message}/reply",
            {"text": "Ring oss på torsdag.\nHälsningar"},
            at=f"/inbox/{message}/reply?kind={kind}",
        )

    assert said in page.text
    assert "Ring oss på torsdag." in page.text
    assert await entries(desk, message) == [(kind, "Ring oss på torsdag.\nHälsningar")]


async def test_an_answer_sent_twice_is_one_answer(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        form = await johan.get(f"/inbox/{message}/reply?kind=answer")
        await johan.send(form, f"/inbox/{message}/reply", {"text": "En gång."})
        await johan.send(form, f"/inbox/{message}/reply", {"text": "En gång."})

    assert len(await entries(desk, message)) == 1


async def test_control_signs_that_came_along_when_pasting_are_no_failure(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    address = f"/inbox/{message}/reply"
    async with browse(RECEIVER) as johan:
        await johan.post(address, {"text": "Ja\v\x01tack\x00"}, at=f"{address}?kind=answer")
    assert await entries(desk, message) == [("answer", "Ja\ntack")]


async def test_an_empty_answer_is_asked_for_again_and_a_long_one_is_kept(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    address = f"/inbox/{message}/reply"
    async with browse(RECEIVER) as johan:
        empty = await johan.post(address, {"text": "   "}, at=f"{address}?kind=answer", expect=422)
        assert "Skriv något innan du skickar." in empty.text
        long = await johan.post(address, {"text": "lång " * 3000}, at=f"{address}?kind=answer", expect=422)
        assert "Det blev för långt" in long.text
        assert "lång lång" in long.text

    assert await entries(desk, message) == []


async def test_an_unknown_kind_of_answer_is_no_page(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        assert (await johan.get(f"/inbox/{message}/reply?kind=shout")).status_code == 404


async def forward(johan: Person, message: str, fields: dict[str, str], *, expect: int = 200) -> str:
    address = f"/inbox/{message}/forward"
    return (await johan.post(address, fields, at=f"{address}?query=ekliden", expect=expect)).text


async def test_a_message_is_forwarded_to_a_unit_that_was_searched_for(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan, browse(OTHER) as leila:
        found = (await johan.get(f"/inbox/{message}/forward?query=ekliden")).text
        assert "Vårdcentralen Ekliden" in found
        assert f'value="{RECEIVING_UNIT}"' not in found, "those who have it already are not offered"

        page = await forward(johan, message, {"recipient_unit": OTHER_UNIT, "reason": "Personen är listad hos er."})
        assert "Meddelandet är skickat vidare." in page
        assert "skickade vidare till Vårdcentralen Ekliden" in page

        assert CANARY_TEXT in (await leila.get(f"/inbox/{message}")).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"reason": "Fel enhet."}, "Sök och välj en enhet.", id="no-unit"),
        pytest.param({"recipient_unit": OTHER_UNIT}, "Skriv varför.", id="no-reason"),
        pytest.param({"recipient_unit": "no-such-unit", "reason": "Fel."}, "enhet", id="unknown-unit"),
        pytest.param({"recipient_unit": "../etc", "reason": "Fel."}, "Sök och välj en enhet.", id="no-unit-id"),
        pytest.param({"recipient_unit": OTHER_UNIT, "reason": "a" * 2001}, "Det blev för långt", id="long-reason"),
    ],
)
async def test_a_forwarding_that_is_not_complete_is_asked_for_again(
    desk: Desk, browse: OpenBrowser, fields: dict[str, str], said: str
) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = await forward(johan, message, fields, expect=422)

    assert said in page
    assert "Det här behöver rättas" in page


async def test_a_search_that_finds_nothing_says_so(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        assert "Ingen enhet hittades" in (await johan.get(f"/inbox/{message}/forward?query=qqqqzzzz")).text


@pytest.mark.parametrize("staff_id", [OTHER, VGR_NURSE, NURSE])
async def test_only_the_unit_that_received_it_opens_it_in_an_inbox(
    desk: Desk, browse: OpenBrowser, staff_id: str
) -> None:
    message = await desk.handed_over()
    async with browse(staff_id) as someone:
        for path in ("", "/reply?kind=answer", "/forward"):
            response = await someone.get(f"/inbox/{message}{path}")
            assert response.status_code == 404
            assert CANARY_TEXT not in response.text


async def test_what_people_wrote_is_shown_as_text(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over(sections=[{"heading": "Ärende", "text": "<img src=x onerror=alert(1)>"}])
    async with browse(RECEIVER) as johan:
        assert "&lt;img src=x" in (await johan.get(f"/inbox/{message}")).text


async def test_what_is_done_leaves_the_waiting_list_but_not_the_whole_one(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        await johan.post(f"/inbox/{message}/reply", {"text": "Klart."}, at=f"/inbox/{message}/reply?kind=answer")
        assert message not in (await johan.get("/inbox")).text
        assert message in (await johan.get("/inbox/all")).text


async def test_the_whole_list_is_read_page_by_page(desk: Desk, browse: OpenBrowser) -> None:
    first = await desk.handed_over()
    for _ in range(20):
        desk.clock.advance(timedelta(minutes=1))
        await desk.handed_over()
    async with browse(RECEIVER) as johan:
        page = (await johan.get("/inbox/all")).text
        assert first not in page
        older = page.split('href="/inbox/all?after=')[1].split('"', maxsplit=1)[0]
        assert first in (await johan.get(f"/inbox/all?after={older}")).text
        assert (await johan.get("/inbox/all?after=nonsense")).status_code == 422


async def test_the_mark_changes_with_what_happens_and_says_nothing_of_it(desk: Desk, browse: OpenBrowser) -> None:
    async with browse(RECEIVER) as johan, browse(NURSE) as maja:
        before = (await johan.get("/inbox/mark")).text
        assert (await johan.get("/inbox/mark")).text == before
        message = await desk.handed_over()
        after = (await johan.get("/inbox/mark")).text
        sender_before = (await maja.get("/inbox/mark")).text
        await johan.post(f"/inbox/{message}/acknowledge", at=f"/inbox/{message}")

        assert after != before
        assert set(after) <= set("0123456789.")
        assert (await maja.get("/inbox/mark")).text != sender_before


async def test_an_exercise_never_comes_to_an_inbox(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over(exercise=True)
    async with browse(RECEIVER) as johan, browse(NURSE) as maja:
        assert message not in (await johan.get("/inbox/all")).text
        assert "Övning. Det här är inte på riktigt." in (await maja.get(f"/sent/{message}")).text
