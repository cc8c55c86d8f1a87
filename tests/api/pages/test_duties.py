"""The sender's own reminder, wrongly sent, the thread, and lists that say at once when they have changed."""

import asyncio
from datetime import timedelta

import pytest

from api.duties.readings import schedule
from api.pages.stream import marks
from tests.api.pages.conftest import OpenBrowser
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, RECEIVING_UNIT, VGR_NURSE, Desk, order


async def test_a_reminder_is_chosen_where_the_routine_gives_no_time_and_shown_when_its_day_has_come(
    desk: Desk, browse: OpenBrowser
) -> None:
    message = await desk.vgr_handed_over()
    async with browse(VGR_NURSE) as hanna:
        page = await hanna.get(f"/sent/{message}")
        assert "Rutinen anger ingen svarstid" in page.text
        page = await hanna.send(page, f"/sent/{message}/reminder", {"days": "1"})
        assert "Du blir påmind i morgon" in page.text
        desk.clock.advance(timedelta(hours=8))
        assert "Du bad om en påminnelse" not in (await hanna.get("/sent")).text
        desk.clock.advance(timedelta(hours=14))
        await hanna.become(VGR_NURSE)
        assert "Du bad om en påminnelse" in (await hanna.get("/sent")).text
        page = await hanna.get(f"/sent/{message}")
        page = await hanna.send(page, f"/sent/{message}/reminder", {"days": "0"})
        assert "Du bad om en påminnelse" not in page.text


@pytest.mark.parametrize("days", ["2", "", "-1", "x"])
async def test_a_reminder_in_days_that_are_not_offered_is_refused(desk: Desk, browse: OpenBrowser, days: str) -> None:
    message = await desk.handed_over()
    async with browse(NURSE) as maja:
        await maja.post(f"/sent/{message}/reminder", {"days": days}, at=f"/sent/{message}", expect=404)


async def test_a_wrongly_sent_message_says_so_to_its_receiver_who_can_do_nothing_more_with_it(
    desk: Desk, browse: OpenBrowser
) -> None:
    message = await desk.handed_over()
    async with browse(NURSE) as maja:
        page = await maja.post(f"/sent/{message}/closing", {"reason": "wrong"}, at=f"/sent/{message}")
        assert "Märkt som felskickat" in page.text
        assert f'action="/sent/{message}/closing"' not in page.text
    async with browse(RECEIVER) as johan:
        page = await johan.get(f"/inbox/{message}")
        assert "Avsändaren säger att det här är felskickat" in page.text
        assert f'action="/inbox/{message}/acknowledge"' not in page.text
        assert "märkte det som felskickat" in page.text


async def test_the_other_messages_of_a_thread_are_linked_on_both_sides(desk: Desk, browse: OpenBrowser) -> None:
    first = await desk.handed_over()
    body = order(sender_unit=RECEIVING_UNIT, recipient_units=[NURSE_UNIT], in_response_to=first)
    second = (await desk.post_message(body, by=RECEIVER)).json()["id"]
    async with browse(NURSE) as maja:
        assert f'href="/inbox/{second}"' in (await maja.get(f"/sent/{first}")).text
        assert f'href="/sent/{first}"' in (await maja.get(f"/inbox/{second}")).text


async def test_an_open_inbox_is_told_at_once_of_something_new_and_the_stream_ends_when_the_server_stops(
    desk: Desk,
) -> None:
    told = marks(desk.api, RECEIVING_UNIT)
    before = await anext(told)
    news = asyncio.ensure_future(anext(told))
    await asyncio.sleep(0)
    await desk.handed_over()
    after = await asyncio.wait_for(news, 10)
    assert before != after
    assert after.startswith("data: ")
    ending = asyncio.ensure_future(anext(told, None))
    await asyncio.sleep(0)
    desk.api.db.bell.close()
    assert await asyncio.wait_for(ending, 10) is None


async def test_a_page_that_fetches_itself_anew_does_not_count_as_opening_the_inbox(
    desk: Desk, browse: OpenBrowser
) -> None:
    await schedule(desk.api)
    await desk.handed_over()
    async with browse(RECEIVER) as johan:
        desk.clock.advance(timedelta(hours=3))
        await johan.client.get("/inbox", headers={"lots-refresh": "yes"})
    desk.clock.advance(timedelta(hours=2, minutes=30))
    await desk.work()
    assert "inbox_unread" in await desk.happened(RECEIVER)
