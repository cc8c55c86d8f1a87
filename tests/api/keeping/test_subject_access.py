"""A person's right to know: all that her organisation keeps about her, for a case, and a deed in the log."""

import json
from datetime import timedelta

from sqlmodel import select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Role
from api.messages.tables import MessageRow
from tests.api.keeping.steps import answered
from tests.support.api import (
    CANARY_TEXT,
    NURSE,
    NURSE_UNIT,
    PERSON_ID,
    Desk,
    Json,
)

CASE = "HSN 2026-00412"


async def about(desk: Desk, unit: str, number: str = PERSON_ID) -> Json:
    body = {"id_type": "personnummer", "id": number, "reference": CASE}
    token = await desk.token(unit, Role.SYSTEM_ADMINISTRATOR)
    response = await desk.call("POST", "/subject-access", token=token, body=body)
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


async def test_a_person_gets_all_that_is_kept_about_her_and_where_it_was_read(desk: Desk) -> None:
    message = await answered(desk)
    await desk.call("GET", f"/messages/{message}")
    await desk.handed_over(person={"id_type": "personnummer", "id": "190001019819"})
    done = ["hand_over", "read"]
    for _ in range(2):
        found = await about(desk, NURSE_UNIT, number="191212121212")
        records = found["messages"]
        assert isinstance(records, list)
        assert [(record["id"], record["sections"][0]["text"]) for record in records] == [(message, CANARY_TEXT)]
        accesses = found["accesses"]
        assert isinstance(accesses, list)
        assert [access["action"] for access in accesses] == done
        assert NURSE not in json.dumps(accesses)
        done.append("subject_access")


async def test_another_organisation_hands_out_only_its_own(desk: Desk) -> None:
    message = await answered(desk)
    received = await about(desk, "halland-vc-oskarstrom")
    assert [record["id"] for record in received["messages"]] == [message]  # type: ignore[attr-defined]
    elsewhere = await about(desk, "vastra-gotaland-hemsjukvard-lidkoping")
    assert (elsewhere["messages"], elsewhere["accesses"]) == ([], [])


async def test_handing_out_is_a_deed_in_the_log_of_its_case_of_the_hash_and_of_each_message(desk: Desk) -> None:
    messages = [await desk.handed_over(), await desk.handed_over()]
    await about(desk, NURSE_UNIT)
    async with desk.api.db.read() as session:
        deeds = (await session.exec(select(AuditRow).where(AuditRow.action == Action.SUBJECT_ACCESS))).all()
        hashes = (await session.exec(select(MessageRow.person_hash))).all()
    assert sorted(str(deed.object_id) for deed in deeds) == sorted([CASE, str(hashes[0]), *messages])
    assert len({(deed.at, deed.actor, deed.unit_id) for deed in deeds}) == 1


async def test_who_asks_what_is_kept_gives_the_case_and_no_persons_number_in_it(local_desk: Desk) -> None:
    await local_desk.handed_over()
    token = await local_desk.token(NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR)
    for reference in (None, " ", f"Utdrag {PERSON_ID}"):
        body = {"id_type": "personnummer", "id": PERSON_ID, **({"reference": reference} if reference else {})}
        response = await local_desk.call("POST", "/subject-access", token=token, body=body)
        assert (response.status_code, response.json()["code"]) == (422, "validation_error")
        assert PERSON_ID not in response.text


async def test_an_auditor_reads_no_messages_by_asking_what_is_kept(local_desk: Desk) -> None:
    await local_desk.handed_over()
    body = {"id_type": "personnummer", "id": PERSON_ID, "reference": CASE}
    token = await local_desk.token(NURSE_UNIT, Role.AUDITOR)
    response = await local_desk.call("POST", "/subject-access", token=token, body=body)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_nobody_takes_out_more_than_a_few_in_an_hour(local_desk: Desk) -> None:
    token = await local_desk.token(NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR)
    body = {"id_type": "personnummer", "id": PERSON_ID, "reference": CASE}
    most = local_desk.api.settings.limit_extracts
    for status in [200] * most + [429]:
        assert (await local_desk.call("POST", "/subject-access", token=token, body=body)).status_code == status
    local_desk.clock.advance(timedelta(hours=1))
    assert (await local_desk.call("POST", "/subject-access", token=token, body=body)).status_code == 200


async def test_a_number_that_cannot_be_is_refused_without_being_repeated(local_desk: Desk) -> None:
    token = await local_desk.token(NURSE_UNIT, Role.SYSTEM_ADMINISTRATOR)
    body = {"id_type": "personnummer", "id": "191212121213", "reference": CASE}
    response = await local_desk.call("POST", "/subject-access", token=token, body=body)
    assert (response.status_code, response.json()["code"]) == (422, "person_id_invalid")
    assert "1912" not in response.text
