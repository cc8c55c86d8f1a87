"""What comes with time: due soon and overdue, told once to those concerned, with any number of workers."""

import asyncio
from datetime import timedelta

from sqlmodel import select

from api.messages.reminders import DUE_SOON, OVERDUE
from api.worker import handlers
from common.clock import FixedClock
from common.outbox import OutboxRow, Worker, claim
from tests.support.api import NURSE, NURSE_UNIT, OTHER, OTHER_UNIT, RECEIVER, Desk

DUE_MORNING = timedelta(days=4, hours=21, minutes=30)
"""From the test's start to 08:00 on the due day, Monday 9 March."""
DUE_EVENING = timedelta(days=5, hours=6, minutes=31)
"""To just after 17:00 that day."""


async def test_the_unit_and_the_sender_are_reminded_on_the_morning_of_the_due_day(desk: Desk) -> None:
    await desk.handed_over()
    desk.clock.advance(DUE_MORNING - timedelta(minutes=1))
    assert await desk.work() == 0
    desk.clock.advance(timedelta(minutes=1))
    await desk.work()
    assert await desk.happened(RECEIVER) == ["message_received", "message_due_soon"]
    assert await desk.happened(NURSE) == ["message_due_soon"]


async def test_an_overdue_message_is_told_with_the_number_to_ring(desk: Desk) -> None:
    message_id = await desk.handed_over()
    desk.clock.advance(DUE_EVENING)
    await desk.work()
    overdue = (await desk.events())[-1]
    assert (overdue["type"], overdue["about_unit_name"]) == ("message_overdue", "Vårdcentralen Nissastrand")
    assert overdue["about_unit_phone"] == desk.api.knowledge.directory.unit("halland-vc-oskarstrom").phone
    assert (await desk.call("GET", f"/messages/{message_id}")).json()["status"] == "overdue"


async def test_a_late_answer_ends_the_delay(desk: Desk) -> None:
    message_id = await desk.handed_over()
    desk.clock.advance(DUE_EVENING)
    await desk.call("POST", f"/messages/{message_id}/answers", by=RECEIVER, body={"text": "Ja"})
    assert (await desk.call("GET", f"/messages/{message_id}")).json()["status"] == "answered"


async def test_an_answered_message_reminds_nobody(desk: Desk) -> None:
    message_id = await desk.handed_over()
    await desk.call("POST", f"/messages/{message_id}/answers", by=RECEIVER, body={"text": "Ja"})
    desk.clock.advance(timedelta(days=30))
    assert await desk.work() == 0
    assert await desk.happened(NURSE) == ["message_answered"]


async def test_only_the_unit_it_was_forwarded_to_is_reminded(desk: Desk) -> None:
    message_id = await desk.handed_over()
    body = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
    await desk.call("POST", f"/messages/{message_id}/forwardings", by=RECEIVER, body=body)
    desk.clock.advance(DUE_MORNING)
    await desk.work()
    assert "message_due_soon" not in await desk.happened(RECEIVER)
    assert await desk.happened(OTHER) == ["message_received", "message_due_soon"]


async def test_a_unit_that_it_was_forwarded_to_past_due_has_its_own_time_and_the_sender_is_told_again(
    desk: Desk,
) -> None:
    message_id = await desk.handed_over()
    desk.clock.advance(DUE_EVENING)
    await desk.work()
    assert await desk.happened(NURSE) == ["message_due_soon", "message_overdue"]
    body = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
    await desk.call("POST", f"/messages/{message_id}/forwardings", by=RECEIVER, body=body)
    told: list[object] = ["message_received"]
    assert await desk.happened(OTHER) == told
    for kind, hours in (("message_due_soon", 66), ("message_overdue", 6)):
        desk.clock.advance(timedelta(hours=hours))
        workers = [Worker(desk.api.db, desk.clock, handlers(desk.api), batch=4) for _ in range(4)]
        await asyncio.gather(*(worker.run_once() for worker in workers))
        assert kind in await desk.happened(OTHER)
    told += ["message_due_soon", "message_overdue"]
    assert await desk.happened(OTHER) == told
    news = await desk.events(NURSE)
    assert [(one["type"], one["about_unit"]) for one in news[-2:]] == [(kind, OTHER_UNIT) for kind in told[1:]]
    assert [one["type"] for one in news[:-2]] == ["message_due_soon", "message_overdue", "message_forwarded"]
    desk.clock.advance(timedelta(days=60))
    assert await desk.work() == 0


async def test_a_unit_that_it_was_forwarded_to_just_before_it_was_due_is_not_late_at_once(desk: Desk) -> None:
    """The sender, who was promised that day, hears of it then."""
    message_id = await desk.handed_over()
    desk.clock.advance(DUE_EVENING - timedelta(hours=1))
    body = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
    await desk.call("POST", f"/messages/{message_id}/forwardings", by=RECEIVER, body=body)
    desk.clock.advance(timedelta(hours=1))
    await desk.work()
    assert await desk.happened(OTHER) == ["message_received"]
    assert (await desk.happened(NURSE))[-1] == "message_overdue"


async def test_a_unit_that_was_brought_in_and_answers_is_reminded_of_nothing(desk: Desk) -> None:
    message_id = await desk.handed_over()
    body = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
    await desk.call("POST", f"/messages/{message_id}/forwardings", by=RECEIVER, body=body)
    await desk.call("POST", f"/messages/{message_id}/answers", by=OTHER, body={"text": "Ja"})
    desk.clock.advance(timedelta(days=30))
    assert await desk.work() == 0


async def test_four_workers_at_once_tell_each_reminder_once(desk: Desk) -> None:
    for _ in range(15):
        await desk.handed_over()
    desk.clock.advance(timedelta(days=30))
    workers = [Worker(desk.api.db, desk.clock, handlers(desk.api), batch=4) for _ in range(4)]
    for _ in range(6):
        await asyncio.gather(*(worker.run_once() for worker in workers))
    told = await desk.happened(NURSE)
    assert (told.count("message_due_soon"), told.count("message_overdue")) == (15, 15)


async def test_a_reminder_whose_worker_was_killed_after_telling_is_not_told_again(
    desk: Desk, fixed_clock: FixedClock
) -> None:
    await desk.handed_over()
    desk.clock.advance(DUE_MORNING)
    (job,) = await claim(desk.api.db, [DUE_SOON, OVERDUE], "killed", fixed_clock.now(), timedelta(minutes=1), 10)
    await handlers(desk.api)[job.kind].run(job)
    desk.clock.advance(timedelta(minutes=2))
    assert await desk.work() == 1
    assert (await desk.happened(NURSE)).count("message_due_soon") == 1


async def test_reminders_lie_in_the_outbox_with_ids_only(desk: Desk) -> None:
    message_id = await desk.handed_over()
    async with desk.api.db.read() as session:
        rows = (await session.exec(select(OutboxRow))).all()
    assert {(row.kind, row.key, row.payload) for row in rows} == {
        (DUE_SOON, message_id, message_id),
        (OVERDUE, message_id, message_id),
    }


async def test_the_sent_list_shows_what_is_overdue(desk: Desk) -> None:
    await desk.handed_over()
    desk.clock.advance(DUE_EVENING)
    items = (await desk.call("GET", f"/units/{NURSE_UNIT}/sent")).json()["items"]
    assert [item["status"] for item in items] == ["overdue"]
