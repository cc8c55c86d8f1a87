"""A person's right to know: all that her organisation keeps about her, for a case, and a deed in the log."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from api.audit.service import Action
from api.audit.tables import AuditRow
from api.authorisation import Role
from api.keeping.subject import NotSearched
from api.messages.tables import MessageRow
from api.outage import calls, worklist
from api.outage.schemas import CallIn, NumberIn
from api.outage.sealing import SipNotes, Who, seal_sip
from api.outage.tables import SipRow, TickRow
from tests.api.keeping.steps import answered
from tests.support.api import (
    CANARY_TEXT,
    NURSE,
    NURSE_UNIT,
    PERSON_ID,
    Desk,
    Json,
)
from tests.support.databases import START
from tests.support.rest import person, the_rest

WARD_NURSE, WARD = "amanda-tjernberg", "vasternorrland-avd-medicin-sundsvall"
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


async def an_outage_about(desk: Desk, label: str) -> dict[str, str]:
    """A line of a worklist with its call, one more call and a SIP that name the person: their ids."""
    nurse, api = await person(desk, WARD_NURSE), desk.api
    begun = await desk.call("POST", "/outages", token=await desk.token(WARD, Role.UNIT_ADMINISTRATOR), body={})
    outage = str(begun.json()["id"])
    line = await worklist.add(api, nurse, outage, Who(label=label, municipality="Timrå"), {}, key=desk.new_key())
    numbers = [NumberIn(name="Timrå kommun", phone="060-16 31 00")]
    its_own = await calls.make(api, nurse, CallIn(numbers=numbers), patient_id=line.id, key=desk.new_key())
    said = CallIn(numbers=numbers, said=f"Det gäller {label}, hon har feber.")
    named = await calls.make(api, nurse, said, key=desk.new_key())
    return {"patients": line.id, "its_own": its_own.id, "named": named.id}


async def test_a_person_gets_what_outages_have_left_about_her_and_it_is_a_deed_for_each(desk: Desk) -> None:
    hers = await an_outage_about(desk, f"Kim Exempel {PERSON_ID}")
    another = await an_outage_about(desk, "Alex Exempel 20121212-1212")
    found = await about(desk, WARD)
    assert [one["id"] for one in listed(found, "patients")] == [hers["patients"]]
    assert {one["id"] for one in listed(found, "calls")} == {hers["its_own"], hers["named"]}
    assert "hon har feber" in json.dumps(found["calls"])
    assert "Alex" not in json.dumps(found)
    again = await about(desk, WARD)
    deeds = {one["message"] for one in listed(again, "accesses") if one["action"] == Action.SUBJECT_ACCESS}
    assert deeds == set(hers.values())
    assert not deeds & set(another.values())


@pytest.mark.parametrize(("written", "hers"), [
    ("121212-1212", True), ("12 12 12 1212", True), ("121212+1212", True), ("1912-12-12-1212 Kim", True),
    ("Kim 1212", False), ("9121212-12123", False), ("12-1212", False),
])  # fmt: skip
async def test_a_line_is_found_by_the_whole_number_however_it_is_written(
    local_desk: Desk, written: str, hers: bool
) -> None:
    await an_outage_about(local_desk, written)
    found = await about(local_desk, WARD)
    assert bool(listed(found, "patients")) is hers
    assert len(listed(found, "calls")) == (2 if hers else 0)


async def test_the_answer_says_what_could_not_be_searched_and_another_organisation_gets_no_line(
    local_desk: Desk,
) -> None:
    await an_outage_about(local_desk, PERSON_ID)
    found = await about(local_desk, NURSE_UNIT)
    assert (found["patients"], found["calls"], found["sips"]) == ([], [], [])
    assert set(NotSearched) == set(found["not_searched"])  # type: ignore[call-overload]
    assert {"drafts", "conversations", "outages_without_whole_number"} <= set(NotSearched)


async def test_a_sip_is_found_by_its_own_words_with_what_was_ticked(local_desk: Desk) -> None:
    await the_rest(local_desk)
    async with local_desk.api.db.write() as session:
        row = (await session.exec(select(SipRow))).one()
        row.sealed = seal_sip(local_desk.api.cipher, row, SipNotes(notes={"goals": f"Kim {PERSON_ID} vill gå ut"}))
        session.add(row)
        tick = TickRow(
            outage_id=row.outage_id, unit_id=row.unit_id, subject=row.id, item="copy", at=START, by="staff:x"
        )
        session.add(tick)
    (sip,) = listed(await about(local_desk, row.unit_id), "sips")
    assert sip["notes"]["notes"]["goals"].endswith("vill gå ut")
    assert [done["item"] for done in sip["done"]] == ["copy"]


def listed(found: Json, name: str) -> list[dict[str, Any]]:
    items = found[name]
    assert isinstance(items, list)
    return items


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
