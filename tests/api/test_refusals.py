"""What is not handed over, and why: each with its stable code, and nothing written."""

import pytest
from sqlmodel import func, select

from api.events.tables import EventRow
from api.messages.tables import CallRow, MessageRow
from common.outbox import OutboxRow
from tests.support.api import CONSENT, NURSE_UNIT, PERSON_ID, RECEIVING_UNIT, VGR_NURSE, Desk, Json, order, vgr_order

PERSON: Json = {"id_type": "personnummer", "id": PERSON_ID}


async def assert_nothing_written(local_desk: Desk) -> None:
    async with local_desk.api.db.read() as session:
        for table in (MessageRow, EventRow, OutboxRow, CallRow):
            assert (await session.exec(select(func.count()).select_from(table))).one() == 0


REFUSED = [
    pytest.param({"pack": "halland-1999"}, 422, "pack_unknown", id="a pack that is not"),
    pytest.param({"pack": "halland-2021"}, 422, "pack_not_in_force", id="a version out of force"),
    pytest.param({"pack": "orebro"}, 422, "pack_not_in_force", id="another region's pack"),
    pytest.param({"channel": "mvo"}, 422, "channel_not_in_pack", id="a channel of another pack"),
    pytest.param({"channel": "phone"}, 422, "channel_not_in_pack", id="a channel that is no message"),
    pytest.param({"recipient_units": ["halland-finns-inte"]}, 422, "unit_unknown", id="a unit that is not"),
    pytest.param({"recipient_units": []}, 422, "validation_error", id="no recipient"),
    pytest.param({"recipient_units": [NURSE_UNIT]}, 422, "recipient_cannot_receive", id="oneself"),
    pytest.param(
        {"recipient_units": ["halland-klinik-havsvyn"]}, 422, "recipient_cannot_receive", id="a unit without access"
    ),
    pytest.param({"recipient_units": ["orebro-vc-almlunden"]}, 422, "recipient_cannot_receive", id="another region"),
    pytest.param(
        {"recipient_units": [RECEIVING_UNIT, "halland-vc-ekliden"]},
        422,
        "too_many_recipients",
        id="two where one is allowed",
    ),
    pytest.param({"sender_unit": RECEIVING_UNIT}, 403, "not_your_unit", id="another's sender unit"),
    pytest.param({"sender_unit": "halland-finns-inte"}, 403, "not_your_unit", id="a sender unit that is not"),
    pytest.param({"sections": []}, 422, "text_missing", id="no section"),
    pytest.param({"sections": [{"heading": "Ärende", "text": " \n"}]}, 422, "text_missing", id="only blanks"),
    pytest.param(
        {"sections": [{"heading": "Ä", "text": "a" * 20_001}]}, 422, "validation_error", id="a section too long"
    ),
    pytest.param(
        {"sections": [{"heading": "Ä", "text": "a" * 19_000}] * 3}, 422, "text_too_long", id="too long in all"
    ),
    pytest.param({"subject": "  "}, 422, "validation_error", id="a blank subject"),
    pytest.param({"subject": "a\u0000b"}, 422, "validation_error", id="a null sign"),
    pytest.param({"sections": [{"text": "\ud800"}]}, 422, "validation_error", id="half a sign"),
    pytest.param({"subject": 7}, 422, "validation_error", id="a number for text"),
    pytest.param({"unknown": 1}, 422, "validation_error", id="an unknown field"),
    pytest.param({"person": {**PERSON, "id": "19121212-1213"}}, 422, "person_id_invalid", id="a wrong check digit"),
    pytest.param({"person": {**PERSON, "id": "19121312-1212"}}, 422, "person_id_invalid", id="a month thirteen"),
    pytest.param({"person": {**PERSON, "id": "12"}}, 422, "person_id_invalid", id="too short a number"),
    pytest.param({"person": {**PERSON, "id_type": "passport"}}, 422, "person_id_invalid", id="another kind of number"),
    pytest.param({"person": {**PERSON, "id_type": "samordningsnummer"}}, 422, "person_id_invalid", id="the wrong kind"),
    pytest.param({"attachments": [{"name": "a.pdf"}]}, 422, "attachment_forbidden", id="attachments"),
    pytest.param({"bilaga": "a.pdf"}, 422, "attachment_forbidden", id="bilaga"),
    pytest.param({"sections": [{"text": "Se", "file": "x"}]}, 422, "attachment_forbidden", id="a file in a section"),
    pytest.param(
        {"sections": [{"text": "Se data:image/png;base64,iVBORw0KGgo="}]},
        422,
        "attachment_forbidden",
        id="a file in a text",
    ),
    pytest.param({"in_response_to": "01aaaaaaaaaaaaaaaaaaaaaaaa"}, 422, "thread_unknown", id="an answer to nothing"),
]


@pytest.mark.parametrize(("changes", "status", "code"), REFUSED)
async def test_what_must_not_be_handed_over_is_refused_with_its_code(
    local_desk: Desk, changes: Json, status: int, code: str
) -> None:
    response = await local_desk.post_message(order(**changes))
    assert (response.status_code, response.json()["code"]) == (status, code)
    await assert_nothing_written(local_desk)


async def test_a_closed_unit_begins_no_new_message_and_its_person_is_told_why(desk: Desk) -> None:
    before = await desk.handed_over()
    await desk.close_unit(NURSE_UNIT)
    refused = await desk.hand_over()
    assert (refused.status_code, refused.json()["code"]) == (422, "sender_cannot_send")
    assert refused.json()["detail"].startswith("Hemsjukvården Lindhagen finns inte längre")
    assert len(await desk.inbox()) == 1
    assert (await desk.call("GET", f"/messages/{before}")).status_code == 200


async def test_an_empty_list_of_attachments_is_none_at_all(local_desk: Desk) -> None:
    assert (await local_desk.hand_over(attachments=[])).status_code == 201


async def test_the_refused_text_and_number_are_never_repeated_in_the_answer(local_desk: Desk) -> None:
    wrong = await local_desk.hand_over(person={**PERSON, "id": "19121212-1213"}, subject="a\u0000b")
    assert "1213" not in wrong.text
    assert "a\\u0000b" not in wrong.text


async def test_a_refused_key_can_be_used_again_when_the_message_is_mended(local_desk: Desk) -> None:
    assert (await local_desk.hand_over(key="k", consent=None)).status_code == 422
    assert (await local_desk.hand_over(key="k")).status_code == 201


GIVEN = {**CONSENT}
CONSENTS = [
    pytest.param(None, "consent_required", id="none"),
    pytest.param({"state": "not_asked"}, "consent_required", id="not asked"),
    pytest.param(
        {"state": "not_asked", "basis": "secrecy_assessment"}, "consent_required", id="not asked though assessed"
    ),
    pytest.param({"state": "refused"}, "consent_refused", id="refused"),
    pytest.param({**CONSENT, "state": "refused"}, "consent_refused", id="refused with all the rest"),
    pytest.param({"state": "given"}, "consent_incomplete", id="given and no more"),
    pytest.param({**GIVEN, "basis": None}, "consent_incomplete", id="given without basis"),
    pytest.param({**GIVEN, "obtained_by": None}, "consent_incomplete", id="given to nobody"),
    pytest.param({**GIVEN, "obtained_at": None}, "consent_incomplete", id="given at no time"),
    pytest.param({**GIVEN, "obtained_at": "2027-01-01T00:00:00Z"}, "consent_incomplete", id="given in the future"),
    pytest.param({**GIVEN, "obtained_at": "0001-01-01T00:00:00+14:00"}, "validation_error", id="given before time"),
    pytest.param({**GIVEN, "obtained_at": "2026-03-04T09:00:00"}, "validation_error", id="given in no time zone"),
    pytest.param({**GIVEN, "basis": "process"}, "consent_required", id="for the process where each message is asked"),
    pytest.param({**GIVEN, "basis": "shouted"}, "validation_error", id="an unknown basis"),
    pytest.param({"state": "maybe"}, "validation_error", id="an unknown state"),
    pytest.param({"state": "unable"}, "consent_incomplete", id="unable, and nobody decided"),
    pytest.param({"state": "unable", "decided_by": "MAS"}, "consent_incomplete", id="unable without reason"),
    pytest.param({"state": "unable", "reason": "Nedsatt"}, "consent_incomplete", id="unable, decided by nobody"),
    pytest.param(
        {"state": "unable", "decided_by": "MAS", "reason": "  "}, "consent_incomplete", id="unable with a blank reason"
    ),
    pytest.param({"state": "given", "basis": "secrecy_assessment"}, "consent_incomplete", id="assessed by nobody"),
    pytest.param(GIVEN, None, id="given"),
    pytest.param({**GIVEN, "basis": "written"}, None, id="given in writing"),
    pytest.param(
        {"state": "unable", "decided_by": "MAS", "reason": "Medvetslös"}, None, id="unable, decided with a reason"
    ),
    pytest.param(
        {"state": "unable", "basis": "secrecy_assessment", "decided_by": "MAS", "reason": "Avliden"},
        None,
        id="assessed",
    ),
]


@pytest.mark.parametrize(("consent", "code"), CONSENTS)
async def test_no_consent_record_no_handover(local_desk: Desk, consent: Json | None, code: str | None) -> None:
    response = await local_desk.hand_over(consent=consent)
    assert response.json().get("code") == code
    if code is not None:
        await assert_nothing_written(local_desk)


async def test_a_body_without_the_word_consent_is_told_that_consent_is_required(local_desk: Desk) -> None:
    body = {name: value for name, value in order().items() if name != "consent"}
    response = await local_desk.call("POST", "/messages", body=body, key="k")
    assert (response.status_code, response.json()["code"]) == (422, "consent_required")


async def test_consent_for_the_process_counts_where_the_pack_says_so(local_desk: Desk) -> None:
    body = vgr_order(consent={**CONSENT, "basis": "process"})
    response = await local_desk.call("POST", "/messages", by=VGR_NURSE, body=body, key="k")
    assert response.status_code == 201, response.text


async def test_the_receiver_is_shown_the_consent_record(local_desk: Desk) -> None:
    decided: Json = {"state": "unable", "decided_by": "MAS", "reason": "Medvetslös"}
    message_id = await local_desk.handed_over(consent=decided)
    shown = (await local_desk.call("GET", f"/messages/{message_id}", by="johan-nyman")).json()["consent"]
    assert {name: shown[name] for name in decided} == decided


async def test_units_that_take_only_the_phone_are_not_written_to(local_desk: Desk) -> None:
    pack = local_desk.api.knowledge.registry.pack("vasternorrland")
    sendable = [channel.id for channel in pack.channels if channel.kind in ("message", "plan")]
    for channel in sendable:
        body = order(
            pack="vasternorrland",
            channel=channel,
            sender_unit="vasternorrland-hemsjukvard-sundsvall",
            recipient_units=["vasternorrland-vaxel-timra"],
        )
        response = await local_desk.call("POST", "/messages", by="lars-sjodin", body=body, key=local_desk.new_key())
        assert response.json()["code"] == "recipient_cannot_receive"
    assert sendable
