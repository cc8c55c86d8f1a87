"""Handing a message over: once, complete, numbered, dated and told to the receiver."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlmodel import func, select

from api.messages.tables import MessageRow, RecipientRow
from tests.support.api import (
    COPYING_NURSE,
    NURSE,
    NURSE_UNIT,
    OTHER_UNIT,
    RECEIVER,
    RECEIVING_UNIT,
    VGR_NURSE,
    VGR_RECEIVING_UNIT,
    Desk,
    a_desk,
    order,
    vgr_order,
)


async def count(desk: Desk) -> int:
    async with desk.api.db.read() as session:
        return (await session.exec(select(func.count()).select_from(MessageRow))).one()


async def test_a_message_comes_to_the_receiver_with_everything_that_was_written(desk: Desk) -> None:
    message_id = await desk.handed_over()
    (item,) = await desk.inbox()
    assert (item["id"], item["unit_state"], item["subject"]) == (message_id, "received", "Fråga om blodtryck")

    whole = (await desk.call("GET", f"/messages/{message_id}", by=RECEIVER)).json()
    assert whole["sections"] == order()["sections"]
    assert whole["person"] == {"id_type": "personnummer", "id": "191212121212", "name": "Kanarie Kvittersson"}
    assert whole["consent"]["obtained_by"] == "distriktssköterska"
    assert await desk.happened(RECEIVER) == ["message_received"]


async def test_the_answer_to_a_handover_has_number_delivery_and_due_date_in_working_time(desk: Desk) -> None:
    response = await desk.hand_over()
    receipt = response.json()
    assert response.status_code == 201
    assert re.fullmatch(r"L-2026-\d{6}", receipt["number"])
    assert (receipt["status"], receipt["delivery"]) == ("received", "built_in")
    assert receipt["due_at"] == "2026-03-09T16:00:00Z"


async def test_a_due_date_is_empty_where_the_routine_gives_no_time(desk: Desk) -> None:
    message_id = await desk.vgr_handed_over()
    assert (await desk.call("GET", f"/messages/{message_id}", by=VGR_NURSE)).json()["due_at"] is None
    assert await desk.work() == 0


async def test_the_same_key_and_body_give_the_same_message(desk: Desk) -> None:
    first = await desk.hand_over(key="once")
    again = await desk.hand_over(key="once")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await count(desk) == 1


async def test_the_same_key_gives_the_same_message_when_the_consent_has_grown_old_since(desk: Desk) -> None:
    first = await desk.hand_over(key="once")
    desk.clock.advance(timedelta(days=400))
    again = await desk.hand_over(key="once")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


async def test_the_same_key_with_another_body_is_a_conflict(desk: Desk) -> None:
    await desk.hand_over(key="once")
    response = await desk.hand_over(key="once", subject="Något annat")
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_conflict")
    assert await count(desk) == 1


async def test_a_key_belongs_to_the_one_who_uses_it(desk: Desk) -> None:
    mine = await desk.hand_over(key="once")
    theirs = await desk.hand_over(by=COPYING_NURSE, key="once", sender_unit="halland-hemsjukvard-falkenberg")
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert await count(desk) == 2


async def test_twenty_calls_at_once_with_one_key_make_one_message(desk: Desk) -> None:
    responses = await asyncio.gather(*(desk.hand_over(key="once") for _ in range(20)))
    assert sorted(response.status_code for response in responses) == [200] * 19 + [201]
    assert len({response.json()["id"] for response in responses}) == 1
    assert await count(desk) == 1
    assert await desk.happened(RECEIVER) == ["message_received"]


async def test_two_processes_make_one_message_of_one_key_and_never_the_same_number(desk: Desk) -> None:
    api = desk.api
    async with a_desk(
        str(api.db.url.render_as_string(hide_password=False)), api.settings, desk.clock, api.cipher
    ) as other:
        both = (desk, other)
        same = await asyncio.gather(*(each.hand_over(key="once") for each in both * 8))
        apart = await asyncio.gather(*(each.hand_over(key=f"k{n}") for n, each in enumerate(both * 8)))
    assert len({response.json()["id"] for response in same}) == 1
    assert len({response.json()["number"] for response in [*same, *apart]}) == 17
    assert await count(desk) == 17


async def test_many_at_once_get_numbers_of_their_own(desk: Desk) -> None:
    responses = await asyncio.gather(*(desk.hand_over() for _ in range(60)))
    numbers = [response.json()["number"] for response in responses]
    assert len(set(numbers)) == 60


async def test_a_missing_key_is_said_and_nothing_is_written(desk: Desk) -> None:
    response = await desk.call("POST", "/messages", body=order())
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")
    assert await count(desk) == 0


async def test_a_message_goes_to_several_units_where_the_channel_allows_it(desk: Desk) -> None:
    units = [VGR_RECEIVING_UNIT, "vastra-gotaland-bistand-lidkoping"]
    message_id = await desk.vgr_handed_over(recipient_units=units)
    whole = (await desk.call("GET", f"/messages/{message_id}", by=VGR_NURSE)).json()
    assert sorted(recipient["unit"] for recipient in whole["recipients"]) == sorted(units)


async def test_an_exercise_reaches_no_inbox_and_nobody_but_its_sender_sees_it(desk: Desk) -> None:
    message_id = await desk.handed_over(exercise=True)
    assert await desk.inbox() == []
    assert await desk.happened(RECEIVER) == []
    assert (await desk.call("GET", f"/messages/{message_id}", by=RECEIVER)).status_code == 404
    sent = (await desk.call("GET", f"/units/{NURSE_UNIT}/sent")).json()["items"]
    assert [(item["id"], item["exercise"]) for item in sent] == [(message_id, True)]
    desk.clock.advance(timedelta(days=30))
    assert await desk.work() == 0
    assert await desk.events(by=None) == []


async def test_the_sent_list_tells_nothing_of_person_or_content(desk: Desk) -> None:
    await desk.handed_over()
    response = await desk.call("GET", f"/units/{NURSE_UNIT}/sent", params={"mine": True})
    (item,) = response.json()["items"]
    assert item["channel_label"] == "Meddelande utanför vårdtillfälle"
    assert item["recipients"][0]["unit"] == RECEIVING_UNIT
    assert not {"subject", "person", "sections"} & item.keys()


async def test_a_reply_of_ones_own_stays_in_the_thread(desk: Desk) -> None:
    first = await desk.handed_over()
    reply = await desk.handed_over(
        by=RECEIVER, sender_unit=RECEIVING_UNIT, recipient_units=[NURSE_UNIT], in_response_to=first
    )
    for reader in (NURSE, RECEIVER):
        items = (await desk.call("GET", f"/messages/{first}/thread", by=reader)).json()["items"]
        assert [item["id"] for item in items] == [first, reply]
        assert {item["thread"] for item in items} == {first}


async def test_nobody_can_reply_to_a_message_of_others(desk: Desk) -> None:
    first = await desk.handed_over()
    response = await desk.hand_over(
        by=COPYING_NURSE,
        sender_unit="halland-hemsjukvard-falkenberg",
        recipient_units=[OTHER_UNIT],
        in_response_to=first,
    )
    assert (response.status_code, response.json()["code"]) == (422, "thread_unknown")


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_the_pages_of_an_inbox_hold_every_message_once_newest_first(desk: Desk, limit: int) -> None:
    made = []
    for number in range(7):
        made.append(await desk.handed_over())
        if number % 3:
            desk.clock.advance(timedelta(minutes=1))
    seen: list[str] = []
    after = ""
    while True:
        page = (
            await desk.call(
                "GET", f"/units/{RECEIVING_UNIT}/inbox", by=RECEIVER, params={"after": after, "limit": limit}
            )
        ).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert sorted(seen) == sorted(made)
    assert seen[0] == made[-1]
    async with desk.api.db.read() as session:
        rows = (await session.exec(select(RecipientRow.received_at, RecipientRow.message_id))).all()
    assert seen == [message_id for _, message_id in sorted(rows, reverse=True)]


async def test_the_pages_of_a_sent_list_hold_every_message_once(desk: Desk) -> None:
    made = [await desk.handed_over() for _ in range(5)]
    first = (await desk.call("GET", f"/units/{NURSE_UNIT}/sent", params={"limit": 3})).json()
    second = (await desk.call("GET", f"/units/{NURSE_UNIT}/sent", params={"limit": 3, "after": first["next"]})).json()
    assert sorted(item["id"] for item in first["items"] + second["items"]) == sorted(made)
    assert second["next"] is None


async def test_a_living_channel_has_its_own_kind_of_order(desk: Desk) -> None:
    response = await desk.call("POST", "/messages", by=VGR_NURSE, body=vgr_order(), key="k")
    assert response.json()["channel"] == "care_request"
