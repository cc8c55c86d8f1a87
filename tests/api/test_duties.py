"""What comes with time besides the reply's due date: reading the inbox, sending what was copied, one's own reminders. Each told once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from api.duties.readings import schedule
from api.messages import reading
from api.staff import identity
from api.worker import handlers
from common.outbox import Worker
from tests.support.api import (
    COPYING_NURSE,
    COPYING_UNIT,
    NURSE,
    OTHER_UNIT,
    RECEIVER,
    RECEIVING_UNIT,
    VGR_NURSE,
    Desk,
)
from tests.support.databases import START

HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0, *, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def until(desk: Desk, moment: datetime) -> None:
    desk.clock.advance(moment - desk.clock.now())


async def told(desk: Desk, kind: str, by: str | None = RECEIVER) -> int:
    return (await desk.happened(by)).count(kind)


async def work_until(desk: Desk, moment: datetime, step: timedelta = HOUR) -> None:
    """The worker runs now and then, as it does when nobody is looking."""
    while desk.clock.now() < moment:
        desk.clock.advance(min(step, moment - desk.clock.now()))
        await desk.work()


# reading the inbox


async def test_a_unit_that_has_not_opened_its_inbox_is_told_before_the_reading_ends(desk: Desk) -> None:
    """Halland reads twice each weekday: 8 to 12.30 and 12.30 to 17; told at 11.30 and 16."""
    await schedule(desk.api)
    await desk.handed_over()
    until(desk, at(4, 14, 59))
    await desk.work()
    assert await told(desk, "inbox_unread") == 0
    until(desk, at(4, 15, 0))
    await desk.work()
    assert await told(desk, "inbox_unread") == 1
    assert await told(desk, "inbox_unread", NURSE) == 0


async def test_an_opened_inbox_is_not_told_of_until_the_next_reading(desk: Desk) -> None:
    await schedule(desk.api)
    await desk.handed_over()
    until(desk, at(4, 12, 0))
    assert len(await desk.inbox()) == 1
    await work_until(desk, at(5, 10, 0))
    assert await told(desk, "inbox_unread") == 0
    await work_until(desk, at(5, 10, 30))
    assert await told(desk, "inbox_unread") == 1


async def test_an_inbox_without_anything_new_is_not_told_of(desk: Desk) -> None:
    await schedule(desk.api)
    message = await desk.handed_over()
    await desk.call("POST", f"/messages/{message}/acknowledgement", by=RECEIVER)
    await work_until(desk, at(6, 18), timedelta(hours=6))
    assert await told(desk, "inbox_unread") == 0


async def test_what_came_on_a_friday_afternoon_is_told_of_on_monday_morning(desk: Desk) -> None:
    until(desk, at(6, 15, 30))
    await schedule(desk.api)
    await desk.handed_over()
    await work_until(desk, at(9, 10, 29), timedelta(hours=7))
    assert await told(desk, "inbox_unread") == 0
    await work_until(desk, at(9, 10, 30))
    assert await told(desk, "inbox_unread") == 1


async def test_where_the_routine_says_nothing_of_reading_nobody_is_told(desk: Desk) -> None:
    await schedule(desk.api)
    await desk.vgr_handed_over()
    await work_until(desk, at(6, 18), timedelta(hours=6))
    assert "inbox_unread" not in [event["type"] for event in await desk.events(by=None)]


async def test_a_reading_that_no_process_lived_to_tell_of_is_let_be(desk: Desk) -> None:
    """Nobody is told at night that the day's reading is late; the next one comes as it should."""
    await schedule(desk.api)
    await desk.handed_over()
    until(desk, at(4, 20))
    await desk.work()
    assert await told(desk, "inbox_unread") == 0
    await work_until(desk, at(5, 10, 30), timedelta(hours=2))
    assert await told(desk, "inbox_unread") == 1


async def test_four_processes_tell_each_reading_once(desk: Desk) -> None:
    await asyncio.gather(*(schedule(desk.api) for _ in range(4)))
    await desk.handed_over()
    await desk.handed_over(recipient_units=[OTHER_UNIT])
    until(desk, at(4, 15, 0))
    workers = [Worker(desk.api.db, desk.clock, handlers(desk.api), batch=1) for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(worker.run_once() for worker in workers))
    everything = [event["type"] for event in await desk.events(by=None)]
    assert everything.count("inbox_unread") == 2


async def test_whoever_watches_the_inbox_is_told_in_person(local_desk: Desk) -> None:
    await schedule(local_desk.api)
    await local_desk.handed_over()
    until(local_desk, at(4, 15, 0))
    await local_desk.work()
    everything = await local_desk.events(by=None)
    watchers = [event["staff_id"] for event in everything if event["type"] == "watch_unread"]
    assert watchers == [RECEIVER]
    assert "watch_unread" not in await local_desk.happened(RECEIVER), "a program sees the unit's own notice, once"


async def test_a_page_that_keeps_itself_up_to_date_is_nobodys_reading(local_desk: Desk) -> None:
    await schedule(local_desk.api)
    await local_desk.handed_over()
    until(local_desk, at(4, 12))
    known = await identity.by_key(local_desk.api.db, local_desk.bot_key, RECEIVER, local_desk.clock.now())
    await reading.inbox(local_desk.api, known.caller, RECEIVING_UNIT, None, 10, None, by_itself=True)
    until(local_desk, at(4, 15))
    await local_desk.work()
    assert await told(local_desk, "inbox_unread") == 1


# copied out by hand


async def copied(desk: Desk) -> str:
    return str((await desk.hand_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT)).json()["id"])


async def test_a_copied_text_that_is_never_marked_as_sent_is_told_of_three_times_and_no_more(desk: Desk) -> None:
    await copied(desk)
    await work_until(desk, START + HOUR)
    assert await desk.happened(COPYING_NURSE) == ["message_not_sent"]
    await work_until(desk, at(5, 7), timedelta(hours=3))
    assert await told(desk, "message_not_sent", COPYING_NURSE) == 2
    await work_until(desk, at(20, 7), timedelta(hours=12))
    assert await told(desk, "message_not_sent", COPYING_NURSE) == 3


async def test_a_copied_text_that_was_marked_as_sent_is_not_asked_about(desk: Desk) -> None:
    message = await copied(desk)
    await desk.call("POST", f"/messages/{message}/sent", by=COPYING_NURSE)
    await work_until(desk, START + timedelta(hours=3))
    assert await told(desk, "message_not_sent", COPYING_NURSE) == 0


async def test_what_was_copied_late_on_a_friday_is_asked_about_on_monday_morning(desk: Desk) -> None:
    until(desk, at(6, 15, 45))
    await copied(desk)
    await work_until(desk, at(9, 6, 59), timedelta(hours=5))
    assert await told(desk, "message_not_sent", COPYING_NURSE) == 0
    await work_until(desk, at(9, 7))
    assert await told(desk, "message_not_sent", COPYING_NURSE) == 1


# one's own


async def remind(desk: Desk, message: str, moment: str, by: str = VGR_NURSE) -> tuple[int, str]:
    response = await desk.call("PUT", f"/messages/{message}/reminder", by=by, body={"at": moment})
    return response.status_code, response.json().get("code", "")


async def test_a_reminder_of_ones_own_is_told_once_to_her_alone(desk: Desk) -> None:
    message = await desk.vgr_handed_over()
    assert await remind(desk, message, "2026-03-06T07:00:00Z") == (201, "")
    assert await remind(desk, message, "2026-03-06T07:00:00Z") == (200, "")
    await work_until(desk, at(8, 7), timedelta(hours=8))
    reminders = [event for event in await desk.events(by=None) if event["type"] == "message_reminder"]
    assert [event["staff_id"] for event in reminders] == [VGR_NURSE]
    (mine,) = (await desk.call("GET", "/me/reminders", by=VGR_NURSE)).json()["items"]
    assert (mine["message_id"], mine["told"]) == (message, True)


@pytest.mark.parametrize("deed", ["answers", "closing"])
async def test_a_reminder_that_was_told_goes_from_the_list_with_what_it_reminded_of(desk: Desk, deed: str) -> None:
    message = await desk.handed_over()
    await remind(desk, message, "2026-03-05T07:00:00Z", NURSE)
    until(desk, at(6, 7))
    await desk.work()
    body, by = ({"text": "Ja"}, RECEIVER) if deed == "answers" else ({}, NURSE)
    for left in (1, 0):
        assert len((await desk.call("GET", "/me/reminders")).json()["items"]) == left
        await desk.call("POST", f"/messages/{message}/{deed}", by=by, body=body)


async def test_a_told_reminder_stays_while_the_sender_is_asked_for_more(local_desk: Desk) -> None:
    message = await local_desk.handed_over()
    await remind(local_desk, message, "2026-03-05T07:00:00Z", NURSE)
    until(local_desk, at(6, 7))
    await local_desk.work()
    asked = {"text": "Vilka värden?", "kind": "request_more"}
    await local_desk.call("POST", f"/messages/{message}/answers", by=RECEIVER, body=asked)
    assert len((await local_desk.call("GET", "/me/reminders")).json()["items"]) == 1


async def test_a_new_reminder_takes_the_place_of_the_one_before(desk: Desk) -> None:
    message = await desk.vgr_handed_over()
    await remind(desk, message, "2026-03-06T07:00:00Z")
    await remind(desk, message, "2026-03-10T07:00:00Z")
    await work_until(desk, at(9, 7), timedelta(hours=12))
    assert await told(desk, "message_reminder", VGR_NURSE) == 0
    await work_until(desk, at(10, 7), timedelta(hours=12))
    assert await told(desk, "message_reminder", VGR_NURSE) == 1


async def test_a_reminder_that_was_taken_back_or_is_not_needed_any_more_is_not_told(desk: Desk) -> None:
    taken_back, answered = await desk.handed_over(), await desk.handed_over()
    for message in (taken_back, answered):
        await remind(desk, message, "2026-03-05T07:00:00Z", NURSE)
    for _ in range(2):
        response = await desk.call("DELETE", f"/messages/{taken_back}/reminder")
        assert response.status_code == 204
    await desk.call("POST", f"/messages/{answered}/answers", by=RECEIVER, body={"text": "Ja"})
    await work_until(desk, at(6, 7), timedelta(hours=12))
    assert await told(desk, "message_reminder", NURSE) == 0


@pytest.mark.parametrize("moment", ["2026-03-04T09:30:00Z", "2026-03-04T09:29:00Z", "2027-03-06T09:30:00Z"])
async def test_a_reminder_lies_ahead_and_within_a_year(local_desk: Desk, moment: str) -> None:
    message = await local_desk.handed_over()
    assert await remind(local_desk, message, moment, NURSE) == (422, "reminder_time")


async def test_a_message_that_is_not_mine_cannot_be_reminded_of(local_desk: Desk) -> None:
    message = await local_desk.handed_over()
    assert await remind(local_desk, message, "2026-03-05T07:00:00Z", VGR_NURSE) == (404, "message_unknown")


async def test_a_program_without_a_person_has_no_reminders_of_its_own(local_desk: Desk) -> None:
    message = await local_desk.handed_over()
    body = {"at": "2026-03-05T07:00:00Z"}
    response = await local_desk.call("PUT", f"/messages/{message}/reminder", by=None, body=body)
    assert (response.status_code, response.json().get("code")) == (403, "person_required"), response.text


# closing


async def test_a_wrongly_sent_message_is_marked_for_its_receiver_and_never_erased(desk: Desk) -> None:
    message = await desk.handed_over()
    closing = await desk.call("POST", f"/messages/{message}/closing", body={"reason": "wrong"})
    assert (closing.json()["status"], closing.json()["closed_as"]) == ("closed", "wrong")
    seen = (await desk.call("GET", f"/messages/{message}", by=RECEIVER)).json()
    assert (seen["closed_as"], seen["entries"][-1]["kind"]) == ("wrong", "wrongly_sent")
    assert seen["sections"]
    assert await told(desk, "message_wrongly_sent") == 1


async def test_a_closed_message_may_be_said_to_be_wrongly_sent_later_but_not_taken_back(desk: Desk) -> None:
    message = await desk.handed_over()
    for reason, status in (("done", 201), ("done", 200), ("wrong", 201), ("wrong", 200), ("done", 200)):
        response = await desk.call("POST", f"/messages/{message}/closing", body={"reason": reason})
        assert response.status_code == status
    assert response.json()["closed_as"] == "wrong"


async def test_everyone_in_a_living_message_hears_of_what_is_filled_in_but_not_the_one_who_did(desk: Desk) -> None:
    message = await desk.vgr_handed_over()
    body = {"heading": "Nuläge", "text": "Bättre i dag"}
    await desk.call("POST", f"/messages/{message}/supplements", by="daniel-akerman", body=body)
    assert await told(desk, "message_supplemented", VGR_NURSE) == 1
    assert await told(desk, "message_supplemented", "daniel-akerman") == 0
