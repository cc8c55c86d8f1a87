"""What is done with a message after the handover: acknowledged, answered, forwarded, added to, and who is told."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Role
from tests.api.pages.administering import employ
from tests.support.api import (
    CANARY_TEXT,
    NURSE,
    NURSE_UNIT,
    OTHER,
    OTHER_UNIT,
    RECEIVER,
    RECEIVING_UNIT,
    VGR_NURSE,
    VGR_RECEIVER,
    VGR_RECEIVING_UNIT,
    VGR_UNIT,
    Desk,
    Json,
)

BISTAND, BISTAND_UNIT = "nadja-petrovic", "vastra-gotaland-bistand-lidkoping"


async def do(desk: Desk, message_id: str, deed: str, body: Json, *, by: str = RECEIVER, key: str | None = None) -> Json:
    response = await desk.call("POST", f"/messages/{message_id}/{deed}", by=by, body=body, key=key)
    assert response.status_code in (200, 201), response.text
    made: Json = response.json()
    return made


async def refused(desk: Desk, message_id: str, deed: str, body: Json, *, by: str = RECEIVER) -> tuple[int, str]:
    response = await desk.call("POST", f"/messages/{message_id}/{deed}", by=by, body=body)
    return response.status_code, response.json()["code"]


async def whole(desk: Desk, message_id: str, by: str = NURSE) -> dict[str, object]:
    response = await desk.call("GET", f"/messages/{message_id}", by=by)
    assert response.status_code == 200, response.text
    found: dict[str, object] = response.json()
    return found


async def kinds(desk: Desk, message_id: str, by: str = NURSE) -> list[object]:
    entries = (await whole(desk, message_id, by))["entries"]
    assert isinstance(entries, list)
    return [entry["kind"] for entry in entries]


async def test_the_first_look_by_the_receiver_is_the_read_receipt(desk: Desk) -> None:
    message_id = await desk.handed_over()
    await desk.inbox()
    assert (await desk.inbox())[0]["read_at"] is None
    await whole(desk, message_id, NURSE)
    assert (await desk.inbox())[0]["read_at"] is None
    desk.clock.advance(timedelta(minutes=5))
    await whole(desk, message_id, RECEIVER)
    desk.clock.advance(timedelta(minutes=5))
    await whole(desk, message_id, RECEIVER)
    assert (await desk.inbox())[0]["read_at"] == "2026-03-04T09:35:00Z"


async def test_someone_of_both_units_gives_a_read_receipt_only_where_it_came(desk: Desk) -> None:
    """Where she works now tells as which unit she reads, and that unit stands in the audit."""
    message_id = await desk.handed_over()
    await employ(desk, NURSE, RECEIVING_UNIT, Role.STAFF)
    for unit in (NURSE_UNIT, RECEIVING_UNIT):
        desk.clock.advance(timedelta(minutes=1))
        await desk.call("PUT", "/me/unit", body={"unit": unit})
        await whole(desk, message_id)
        assert ((await desk.inbox())[0]["read_at"] is None) == (unit == NURSE_UNIT)
    async with desk.api.db.read() as session:
        looks = select(AuditRow.unit_id).where(AuditRow.action == Action.READ).order_by(col(AuditRow.id))
        assert (await session.exec(looks)).all() == [NURSE_UNIT, RECEIVING_UNIT]


async def test_acknowledging_is_told_to_the_sender_once(desk: Desk) -> None:
    message_id = await desk.handed_over()
    assert (await do(desk, message_id, "acknowledgement", {}))["status"] == "acknowledged"
    again = await desk.call("POST", f"/messages/{message_id}/acknowledgement", by=RECEIVER, body={})
    assert (again.status_code, again.json()["status"]) == (200, "acknowledged")
    assert await desk.happened() == ["message_acknowledged"]


async def test_acknowledging_needs_no_body(desk: Desk) -> None:
    message_id = await desk.handed_over()
    response = await desk.call("POST", f"/messages/{message_id}/acknowledgement", by=RECEIVER)
    assert response.status_code == 201


async def test_two_who_acknowledge_at_once_do_it_once(desk: Desk) -> None:
    message_id = await desk.handed_over()
    path = f"/messages/{message_id}/acknowledgement"
    responses = await asyncio.gather(*(desk.call("POST", path, by=RECEIVER, body={}) for _ in range(5)))
    assert {response.status_code for response in responses} <= {200, 201}
    assert await desk.happened() == ["message_acknowledged"]
    assert await kinds(desk, message_id) == ["acknowledgement"]


@pytest.mark.parametrize("kind", ["answer", "request_more", "redirect"])
async def test_an_answer_of_any_kind_reaches_the_sender_with_its_words(desk: Desk, kind: str) -> None:
    message_id = await desk.handed_over()
    assert (await do(desk, message_id, "answers", {"text": "Ring receptlinjen", "kind": kind}))["status"] == "answered"
    entries = (await whole(desk, message_id))["entries"]
    assert isinstance(entries, list)
    assert [(e["kind"], e["text"], e["unit"]) for e in entries] == [(kind, "Ring receptlinjen", RECEIVING_UNIT)]
    assert await desk.happened() == ["message_answered"]


async def sent_line(desk: Desk, by: str = NURSE, unit: str = NURSE_UNIT) -> Json:
    """The oldest line of the unit's sent list."""
    line: Json = (await desk.call("GET", f"/units/{unit}/sent", by=by)).json()["items"][-1]
    return line


async def test_who_asks_for_more_awaits_the_sender_who_is_told_so_and_sees_it_until_she_has_sent_more(
    desk: Desk,
) -> None:
    message_id = await desk.handed_over()
    assert (await sent_line(desk))["asked_for_more"] is False
    made = await do(desk, message_id, "answers", {"text": "Vilka värden?", "kind": "request_more"})
    assert (made["status"], made["asked_for_more"]) == ("answered", True)
    line = await sent_line(desk)
    assert (line["status"], line["asked_for_more"]) == ("answered", True)
    assert [one["asks_for_more"] for one in (await whole(desk, message_id))["recipients"]] == [True]  # type: ignore[attr-defined]
    assert [(one["type"], one["answer"]) for one in await desk.events()] == [("message_answered", "request_more")]
    desk.clock.advance(timedelta(minutes=1))
    await desk.handed_over(in_response_to=message_id)
    assert (await sent_line(desk))["asked_for_more"] is False
    desk.clock.advance(timedelta(minutes=1))
    await do(desk, message_id, "answers", {"text": "Och vikten?", "kind": "request_more"})
    assert (await sent_line(desk))["asked_for_more"] is True
    await do(desk, message_id, "answers", {"text": "Tack, jag ser den nu"})
    assert (await sent_line(desk))["asked_for_more"] is False
    assert [one["answer"] for one in await desk.events()] == ["request_more", "request_more", "answer"]


async def test_what_is_filled_in_is_more_and_a_closed_message_asks_for_nothing(desk: Desk) -> None:
    message_id = await desk.vgr_handed_over()
    for _ in range(2):
        desk.clock.advance(timedelta(minutes=1))
        await do(desk, message_id, "answers", {"text": "Vilka värden?", "kind": "request_more"}, by=VGR_RECEIVER)
        assert (await sent_line(desk, VGR_NURSE, VGR_UNIT))["asked_for_more"] is True
        desk.clock.advance(timedelta(minutes=1))
        await do(desk, message_id, "supplements", {"text": "120/80"}, by=VGR_NURSE)
        assert (await sent_line(desk, VGR_NURSE, VGR_UNIT))["asked_for_more"] is False
    await do(desk, message_id, "answers", {"text": "Och puls?", "kind": "request_more"}, by=VGR_RECEIVER)
    closed = await do(desk, message_id, "closing", {}, by=VGR_NURSE)
    assert closed["asked_for_more"] is False


async def test_an_answer_is_given_once_for_its_key_and_again_for_another(desk: Desk) -> None:
    message_id = await desk.handed_over()
    for key in ("a", "a", "b"):
        await do(desk, message_id, "answers", {"text": "Ja"}, key=key)
    assert await kinds(desk, message_id) == ["answer", "answer"]
    clash = await desk.call("POST", f"/messages/{message_id}/answers", by=RECEIVER, body={"text": "Nej"}, key="a")
    assert (clash.status_code, clash.json()["code"]) == (409, "idempotency_conflict")


async def test_an_answered_message_is_not_unanswered_by_an_acknowledgement(desk: Desk) -> None:
    message_id = await desk.handed_over()
    await do(desk, message_id, "answers", {"text": "Ja"})
    assert (await do(desk, message_id, "acknowledgement", {}))["status"] == "answered"


async def test_forwarding_takes_the_message_to_the_right_unit_with_the_reason_and_keeps_the_due_date(
    desk: Desk,
) -> None:
    message_id = await desk.handed_over()
    made = await do(desk, message_id, "forwardings", {"recipient_unit": OTHER_UNIT, "reason": "Hon är listad hos er"})
    assert (made["status"], made["due_at"]) == ("forwarded", "2026-03-09T16:00:00Z")
    (item,) = await desk.inbox(OTHER, OTHER_UNIT)
    assert item["unit_state"] == "received"
    assert (await whole(desk, message_id, OTHER))["entries"][0]["text"] == "Hon är listad hos er"  # type: ignore[index]
    assert await desk.happened() == ["message_forwarded"]
    assert await desk.happened(OTHER) == ["message_received"]
    assert (await do(desk, message_id, "answers", {"text": "Ja"}, by=OTHER))["status"] == "answered"


async def test_a_message_is_not_forwarded_to_where_it_cannot_go(desk: Desk) -> None:
    message_id = await desk.handed_over()
    for unit, code in [
        ("halland-finns-inte", "unit_unknown"),
        ("halland-klinik-havsvyn", "recipient_cannot_receive"),
        ("orebro-vc-almlunden", "recipient_cannot_receive"),
        (NURSE_UNIT, "already_recipient"),
        (RECEIVING_UNIT, "already_recipient"),
    ]:
        body: Json = {"recipient_unit": unit, "reason": "Fel enhet"}
        assert (await refused(desk, message_id, "forwardings", body))[1] == code
    assert await kinds(desk, message_id) == []


async def test_an_answered_message_is_not_forwarded(desk: Desk) -> None:
    message_id = await desk.handed_over()
    await do(desk, message_id, "answers", {"text": "Ja"})
    body: Json = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
    assert await refused(desk, message_id, "forwardings", body) == (409, "wrong_state")


async def test_a_living_message_takes_supplements_from_everyone_in_it(desk: Desk) -> None:
    message_id = await desk.vgr_handed_over()
    for by in (VGR_NURSE, VGR_RECEIVER):
        body: Json = {"heading": "Normaltillstånd", "text": "Går med rollator"}
        await do(desk, message_id, "supplements", body, by=by, key=f"k-{by}")
        await do(desk, message_id, "supplements", body, by=by, key=f"k-{by}")
    assert await kinds(desk, message_id, VGR_NURSE) == ["supplement", "supplement"]


async def test_a_unit_that_passed_a_living_message_on_hears_and_reads_no_more_of_it(desk: Desk) -> None:
    message_id = await desk.vgr_handed_over()
    other, staff = "vastra-gotaland-vc-humlevinden", VGR_RECEIVER
    forwarding: Json = {"recipient_unit": other, "reason": "Hon är listad där"}
    await do(desk, message_id, "forwardings", forwarding, by=staff)
    told = await desk.happened(staff)
    desk.clock.advance(timedelta(hours=1))
    await do(desk, message_id, "supplements", {"text": CANARY_TEXT}, by=VGR_NURSE)
    assert await desk.happened(staff) == told
    assert await kinds(desk, message_id, staff) == ["forwarding"]
    assert await kinds(desk, message_id, VGR_NURSE) == ["forwarding", "supplement"]
    assert await refused(desk, message_id, "supplements", {"text": "Mer"}, by=staff) == (403, "not_your_unit")
    assert await refused(desk, message_id, "answers", {"text": "Ja"}, by=staff) == (409, "wrong_state")
    await do(desk, message_id, "closing", {"reason": "wrong"}, by=VGR_NURSE)
    assert (await desk.happened(staff))[-1] == "message_wrongly_sent"


async def test_a_living_message_takes_new_participants_who_then_see_it(desk: Desk) -> None:
    message_id = await desk.vgr_handed_over()
    assert (await desk.call("GET", f"/messages/{message_id}", by=BISTAND)).status_code == 404
    await do(desk, message_id, "participants", {"unit": BISTAND_UNIT}, by=VGR_NURSE)
    assert [item["id"] for item in await desk.inbox(BISTAND, BISTAND_UNIT)] == [message_id]
    assert await refused(desk, message_id, "participants", {"unit": BISTAND_UNIT}, by=VGR_NURSE) == (
        409,
        "already_recipient",
    )


async def test_a_message_that_does_not_live_on_takes_neither(desk: Desk) -> None:
    message_id = await desk.handed_over()
    assert await refused(desk, message_id, "supplements", {"text": "Mer"}) == (409, "not_living")
    assert await refused(desk, message_id, "participants", {"unit": OTHER_UNIT}) == (409, "not_living")


async def test_each_recipient_has_a_state_of_its_own_and_the_least_advanced_counts(desk: Desk) -> None:
    message_id = await desk.vgr_handed_over(recipient_units=[VGR_RECEIVING_UNIT, BISTAND_UNIT])
    made = await do(desk, message_id, "answers", {"text": "Ja"}, by=VGR_RECEIVER)
    assert made["status"] == "received"
    states = {row["unit"]: row["state"] for row in made["recipients"]}  # type: ignore[attr-defined]
    assert states == {VGR_RECEIVING_UNIT: "answered", BISTAND_UNIT: "received"}
    assert (await do(desk, message_id, "acknowledgement", {}, by=BISTAND))["status"] == "acknowledged"
    assert (await do(desk, message_id, "answers", {"text": "Ja"}, by=BISTAND))["status"] == "answered"


async def test_the_sender_closes_what_she_needs_no_more_and_it_stays(desk: Desk) -> None:
    message_id = await desk.handed_over()
    assert (await do(desk, message_id, "closing", {}, by=NURSE))["status"] == "closed"
    assert await refused(desk, message_id, "answers", {"text": "Ja"}) == (409, "wrong_state")
    assert await refused(desk, message_id, "closing", {}, by=RECEIVER) == (403, "not_your_unit")
    assert [item["status"] for item in await desk.inbox()] == ["closed"]
    assert (await do(desk, message_id, "acknowledgement", {}))["status"] == "closed"
    desk.clock.advance(timedelta(days=30))
    await desk.work()
    assert await desk.happened() == ["message_acknowledged"]


async def test_the_sender_cannot_acknowledge_or_answer_her_own_message(desk: Desk) -> None:
    message_id = await desk.handed_over()
    assert await refused(desk, message_id, "acknowledgement", {}, by=NURSE) == (403, "not_your_unit")
    assert await refused(desk, message_id, "answers", {"text": "Ja"}, by=NURSE) == (403, "not_your_unit")


async def test_a_strangers_message_is_unknown_whatever_one_tries(desk: Desk) -> None:
    message_id = await desk.handed_over()
    bodies: dict[str, Json] = {
        "acknowledgement": {},
        "answers": {"text": "Ja"},
        "forwardings": {"recipient_unit": OTHER_UNIT, "reason": "Fel"},
        "supplements": {"text": "Mer"},
        "participants": {"unit": OTHER_UNIT},
        "sent": {},
        "follow_up": {"state": "read"},
        "closing": {},
    }
    for deed, body in bodies.items():
        assert await refused(desk, message_id, deed, body, by=OTHER) == (404, "message_unknown")
    for path in (f"/messages/{message_id}", f"/messages/{message_id}/thread"):
        assert (await desk.call("GET", path, by=OTHER)).status_code == 404


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        pytest.param("answers", {"text": " \n"}, id="answer"),
        pytest.param("forwardings", {"recipient_unit": OTHER_UNIT, "reason": "  "}, id="reason"),
        pytest.param("supplements", {"heading": "Behov", "text": "\t"}, id="supplement"),
    ],
)
async def test_blanks_alone_are_no_words(local_desk: Desk, deed: str, body: Json) -> None:
    message_id = await local_desk.handed_over(channel="planning")
    assert await refused(local_desk, message_id, deed, body) == (422, "validation_error")
    assert await kinds(local_desk, message_id) == []


async def test_breaks_pasted_from_a_word_processor_are_line_breaks(local_desk: Desk) -> None:
    message_id = await local_desk.handed_over()
    await do(local_desk, message_id, "answers", {"text": "Ja\vTid på fredag\fHälsningar"})
    entries = (await whole(local_desk, message_id))["entries"]
    assert isinstance(entries, list)
    assert entries[0]["text"] == "Ja\nTid på fredag\nHälsningar"


async def test_a_message_that_was_closed_says_so_to_whoever_would_answer(local_desk: Desk) -> None:
    message_id = await local_desk.handed_over()
    await do(local_desk, message_id, "closing", {}, by=NURSE)
    response = await local_desk.call("POST", f"/messages/{message_id}/answers", by=RECEIVER, body={"text": "Ja"})
    assert response.status_code == 409
    assert response.json()["detail"].startswith("Avsändaren har avslutat meddelandet.")
