"""The sending unit's pages: where its messages stand, and the sender's ticks for what was copied into another system."""

from datetime import timedelta

import pytest

from tests.api.pages.conftest import OpenBrowser
from tests.support.api import (
    CANARY_NAME,
    CANARY_TEXT,
    COPYING_NURSE,
    COPYING_UNIT,
    NURSE,
    OTHER,
    RECEIVER,
    RECEIVING_UNIT,
    Desk,
)


async def test_the_list_tells_where_each_message_stands_without_the_person(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(NURSE) as maja, browse(RECEIVER) as johan:
        page = (await maja.get("/sent")).text
        assert "Till Vårdcentralen Nissastrand" in page
        assert "Framme" in page
        assert "Av dig" in page
        assert CANARY_NAME not in page

        await johan.post(f"/inbox/{message}/acknowledge", at=f"/inbox/{message}")
        assert "Kvitterat" in (await maja.get("/sent")).text


async def test_an_empty_list_says_so(browse: OpenBrowser) -> None:
    async with browse(NURSE) as maja:
        assert "Inget skickat än" in (await maja.get("/sent")).text


async def test_the_answer_is_read_on_the_message(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        await johan.post(f"/inbox/{message}/reply", {"text": "Mät en vecka till."}, at=f"/inbox/{message}/reply")
    async with browse(NURSE) as maja:
        page = (await maja.get(f"/sent/{message}")).text

    assert "Mät en vecka till." in page
    assert "Besvarat" in page
    assert CANARY_TEXT in page


async def test_a_unit_that_wants_to_know_more_awaits_the_sender(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    async with browse(RECEIVER) as johan:
        form = f"/inbox/{message}/reply?kind=request_more"
        await johan.post(f"/inbox/{message}/reply", {"text": "Vilka värden?"}, at=form)
    async with browse(NURSE) as maja:
        for path in ("/sent", f"/sent/{message}"):
            page = (await maja.get(path)).text
            assert "Vill veta mer" in page
            assert "Besvarat" not in page


async def test_a_late_answer_gives_the_number_to_call(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over()
    desk.clock.advance(timedelta(days=14))
    async with browse(NURSE) as maja:
        page = (await maja.get(f"/sent/{message}")).text

    phone = desk.api.knowledge.directory.unit(RECEIVING_UNIT).phone
    assert f"Svaret dröjer. Ring Vårdcentralen Nissastrand, {phone}." in page


async def test_what_was_copied_out_is_followed_by_the_senders_own_ticks(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT)
    address = f"/sent/{message}"
    async with browse(COPYING_NURSE) as sara:
        page = (await sara.get(address)).text
        assert "Inte skickat än" in page
        assert "Texten och personen finns bara i Lifecare SP" in page
        assert CANARY_TEXT not in page
        assert "Framme" not in page, "Lots does not know whether it has arrived"

        page = (await sara.post(f"{address}/marks", {"mark": "sent"}, at=address)).text
        assert "Nu räknas svarstiden." in page
        assert "Svar senast" in page
        page = (await sara.post(f"{address}/marks", {"mark": "read"}, at=address)).text
        assert "Noterat som läst." in page
        page = (await sara.post(f"{address}/marks", {"mark": "answered"}, at=address)).text
        assert "Noterat som besvarat." in page
        assert 'name="mark"' not in page, "nothing is left to tick"


async def test_an_unknown_tick_is_no_page(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT)
    async with browse(COPYING_NURSE) as sara:
        await sara.post(f"/sent/{message}/marks", {"mark": "burnt"}, at=f"/sent/{message}", expect=404)


async def test_a_tick_before_it_was_sent_is_told_to_be_too_early(desk: Desk, browse: OpenBrowser) -> None:
    message = await desk.handed_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT)
    async with browse(COPYING_NURSE) as sara:
        await sara.post(f"/sent/{message}/marks", {"mark": "read"}, at=f"/sent/{message}", expect=409)


@pytest.mark.parametrize("staff_id", [RECEIVER, OTHER])
async def test_only_the_sending_unit_opens_it_as_sent(desk: Desk, browse: OpenBrowser, staff_id: str) -> None:
    message = await desk.handed_over()
    async with browse(staff_id) as someone:
        response = await someone.get(f"/sent/{message}")

    assert response.status_code == 404
    assert CANARY_TEXT not in response.text


async def test_the_list_is_read_page_by_page(desk: Desk, browse: OpenBrowser) -> None:
    first = await desk.handed_over()
    for _ in range(20):
        desk.clock.advance(timedelta(minutes=1))
        await desk.handed_over()
    async with browse(NURSE) as maja:
        page = (await maja.get("/sent")).text
        assert first not in page
        older = page.split('href="/sent?after=')[1].split('"', maxsplit=1)[0]
        assert first in (await maja.get(f"/sent?after={older}")).text
