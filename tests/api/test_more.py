"""A unit that asks for more: the sender is awaited until she gives it, and then the unit is, with the routine's whole time."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from common.outbox import OutboxRow, OutboxState
from tests.support.api import (
    NURSE,
    NURSE_UNIT,
    OTHER_UNIT,
    RECEIVER,
    RECEIVING_UNIT,
    VGR_NURSE,
    VGR_RECEIVER,
    VGR_RECEIVING_UNIT,
    Desk,
    Json,
)

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


async def do(desk: Desk, message: str, deed: str, body: Json, by: str = RECEIVER) -> Json:
    response = await desk.call("POST", f"/messages/{message}/{deed}", by=by, body=body)
    assert response.status_code in (200, 201), response.text
    desk.clock.advance(MINUTE)
    made: Json = response.json()
    return made


async def ask(desk: Desk, message: str, by: str = RECEIVER) -> Json:
    return await do(desk, message, "answers", {"text": "Vilka värden?", "kind": "request_more"}, by)


async def seen(desk: Desk, message: str, by: str = NURSE) -> Json:
    found: Json = (await desk.call("GET", f"/messages/{message}", by=by)).json()
    return found


async def waiting(desk: Desk) -> list[tuple[str, str]]:
    jobs = select(OutboxRow.kind, OutboxRow.key).where(OutboxRow.state == OutboxState.WAITING)
    async with desk.api.db.read() as session:
        return list((await session.exec(jobs.order_by(col(OutboxRow.due_at)))).all())


async def test_what_is_filled_in_makes_the_unit_that_asked_awaited_again(desk: Desk) -> None:
    message = await desk.vgr_handed_over()
    for _ in range(2):
        await ask(desk, message, VGR_RECEIVER)
        await do(desk, message, "supplements", {"text": "130/80"}, VGR_NURSE)
        again = await seen(desk, message, VGR_NURSE)
        assert (again["status"], again["asked_for_more"]) == ("acknowledged", False)
        (item,) = await desk.inbox(VGR_RECEIVER, VGR_RECEIVING_UNIT, state="acknowledged")
        assert item["id"] == message
    assert (await do(desk, message, "answers", {"text": "Tack"}, VGR_RECEIVER))["status"] == "answered"


async def test_what_a_receiver_fills_in_is_not_what_it_asked_its_sender_for(local_desk: Desk) -> None:
    message = await local_desk.vgr_handed_over()
    await ask(local_desk, message, VGR_RECEIVER)
    await do(local_desk, message, "supplements", {"text": "Vi har mätt själva"}, VGR_RECEIVER)
    assert (await seen(local_desk, message, VGR_NURSE))["asked_for_more"] is True


async def test_more_sent_in_the_thread_starts_the_units_own_time_with_reminders_of_its_own(desk: Desk) -> None:
    """Handed over on a Wednesday and due on Monday; asked and given more when that day has passed."""
    message = await desk.handed_over()
    desk.clock.advance(6 * DAY)
    await desk.work()
    told = await desk.happened(RECEIVER)
    await ask(desk, message)
    assert await waiting(desk) == []
    await desk.handed_over(in_response_to=message)
    first = await seen(desk, message)
    assert (first["status"], first["due_at"]) == ("acknowledged", "2026-03-13T16:00:00Z")
    desk.clock.advance(2 * DAY + timedelta(hours=22))
    await desk.work()
    assert (await desk.happened(RECEIVER))[len(told) :] == ["message_received", *["message_due_soon"] * 2]
    desk.clock.advance(timedelta(hours=9))
    await desk.work()
    late = [event["message_id"] for event in await desk.events(NURSE) if event["type"] == "message_overdue"]
    assert late.count(message) == 2
    assert (await seen(desk, message))["status"] == "overdue"


async def test_an_answer_to_the_message_that_gave_more_answers_what_asked_for_it(desk: Desk) -> None:
    message = await desk.handed_over()
    await ask(desk, message)
    more = await desk.handed_over(in_response_to=message)
    desk.clock.advance(MINUTE)
    await do(desk, more, "answers", {"text": "Tack"})
    assert [(await seen(desk, one))["status"] for one in (message, more)] == ["answered", "answered"]
    assert (await seen(desk, message))["asked_for_more"] is False
    assert await waiting(desk) == []


async def test_an_answer_to_another_matter_in_the_thread_leaves_what_was_asked_and_filled_in_awaited(
    local_desk: Desk,
) -> None:
    message = await local_desk.handed_over(channel="planning")
    await ask(local_desk, message)
    await do(local_desk, message, "supplements", {"text": "130/80"}, NURSE)
    other = await local_desk.handed_over(in_response_to=message)
    await do(local_desk, other, "answers", {"text": "Ja"})
    assert (await seen(local_desk, message))["status"] == "acknowledged"


@pytest.mark.parametrize("deed", ["answers", "forwardings", "closing"])
async def test_the_units_own_time_ends_with_what_ends_its_waiting(local_desk: Desk, deed: str) -> None:
    body: dict[str, Json] = {
        "answers": {"text": "Tack"},
        "forwardings": {"recipient_unit": OTHER_UNIT, "reason": "Hon är listad där"},
        "closing": {},
    }
    message = await local_desk.handed_over()
    await ask(local_desk, message)
    await local_desk.handed_over(in_response_to=message)
    own = f"{message}:{RECEIVING_UNIT}:1"
    assert own in [key for _, key in await waiting(local_desk)]
    await do(local_desk, message, deed, body[deed], NURSE if deed == "closing" else RECEIVER)
    assert own not in [key for _, key in await waiting(local_desk)]


async def test_only_what_reaches_the_unit_that_asked_gives_it_more(desk: Desk) -> None:
    message = await desk.handed_over()
    await ask(desk, message)
    await desk.handed_over(in_response_to=message, recipient_units=[OTHER_UNIT])
    desk.clock.advance(MINUTE)
    line = (await desk.call("GET", f"/units/{NURSE_UNIT}/sent")).json()["items"][-1]
    assert (line["id"], line["asked_for_more"]) == (message, True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exercise": True}, id="exercise"),
        pytest.param({"person": {"id_type": "personnummer", "id": "19121212-1212"}, "exercise": True}, id="both"),
        pytest.param({"person": {"id_type": "personnummer", "id": "19101010-1010"}}, id="person"),
    ],
)
async def test_a_thread_is_of_one_person_and_never_half_in_exercise(desk: Desk, changes: Json) -> None:
    message = await desk.handed_over()
    await ask(desk, message)
    response = await desk.hand_over(in_response_to=message, **changes)
    assert (response.status_code, response.json()["code"]) == (422, "thread_unknown")
    assert (await seen(desk, message))["asked_for_more"] is True


async def test_her_own_reminder_is_told_to_the_sender_who_is_awaited(desk: Desk) -> None:
    message = await desk.handed_over()
    await desk.call("PUT", f"/messages/{message}/reminder", body={"at": "2026-03-06T07:00:00Z"})
    await ask(desk, message)
    desk.clock.advance(3 * DAY)
    await desk.work()
    assert "message_reminder" in await desk.happened(NURSE)
