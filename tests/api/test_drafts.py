"""Drafts from the chat to the secure page: sealed, one's own, handed over once, forgotten after a day."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select, text

from api.drafts.schemas import DraftIn
from api.drafts.tables import DraftRow
from common.database import Database
from tests.support.api import CONSENT, NURSE_UNIT, OTHER, PERSON_ID, RECEIVER, RECEIVING_UNIT, Desk, Json

DRAFT: Json = {
    "channel": "message_outside_care_episode",
    "pack": "halland-2024",
    "sender_unit": NURSE_UNIT,
    "recipient_units": [RECEIVING_UNIT],
    "subject": "Fråga om blodtryck",
    "sections": [{"heading": "Ärende", "text": "Blodtrycket är högt"}],
}
LAST: Json = {"person": {"id_type": "personnummer", "id": PERSON_ID}, "consent": CONSENT}


async def saved(desk: Desk, key: str = "d") -> Json:
    response = await desk.call("POST", "/drafts", body=DRAFT, key=key)
    assert response.status_code in (200, 201), response.text
    draft: Json = response.json()
    return draft


async def test_a_draft_waits_for_its_owner_on_the_secure_page(desk: Desk) -> None:
    draft = await saved(desk)
    assert draft["url"] == f"http://lots.test/drafts/{draft['id']}"
    content = (await desk.call("GET", f"/drafts/{draft['id']}")).json()["content"]
    assert (content["subject"], content["person"], content["consent"]) == ("Fråga om blodtryck", None, None)
    for other in (RECEIVER, OTHER):
        assert (await desk.call("GET", f"/drafts/{draft['id']}", by=other)).status_code == 404


async def test_the_same_key_makes_one_draft(desk: Desk) -> None:
    assert (await saved(desk))["id"] == (await saved(desk))["id"]
    assert (await saved(desk, "e"))["id"] != (await saved(desk))["id"]


async def test_a_draft_is_saved_anew(desk: Desk) -> None:
    draft = await saved(desk)
    await desk.call("PUT", f"/drafts/{draft['id']}", body={**DRAFT, "subject": "Ny fråga"})
    assert (await desk.call("GET", f"/drafts/{draft['id']}")).json()["content"]["subject"] == "Ny fråga"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"pack": "halland-1999"}, "pack_unknown", id="a pack that is not"),
        pytest.param({"channel": "mvo"}, "channel_not_in_pack", id="a channel of another pack"),
    ],
)
async def test_a_draft_is_neither_begun_nor_saved_by_a_routine_that_is_not_there(
    local_desk: Desk, changes: Json, code: str
) -> None:
    draft = await saved(local_desk)
    begun = await local_desk.call("POST", "/drafts", body={**DRAFT, **changes}, key="other")
    kept = await local_desk.call("PUT", f"/drafts/{draft['id']}", body={**DRAFT, **changes})
    assert [(one.status_code, one.json()["code"]) for one in (begun, kept)] == [(422, code)] * 2
    assert (await local_desk.call("GET", f"/drafts/{draft['id']}")).json()["content"]["pack"] == "halland-2024"


async def test_a_draft_outlives_its_routines_last_day(local_desk: Desk) -> None:
    response = await local_desk.call("POST", "/drafts", body={**DRAFT, "pack": "halland-2021"}, key="old")
    assert response.status_code == 201


async def test_a_draft_is_handed_over_once_and_its_text_is_erased(desk: Desk) -> None:
    draft = await saved(desk)
    path = f"/drafts/{draft['id']}/handover"
    responses = await asyncio.gather(*(desk.call("POST", path, body=LAST) for _ in range(8)))
    assert sorted(response.status_code for response in responses) == [200] * 7 + [201]
    assert len(await desk.inbox()) == 1
    async with desk.api.db.read() as session:
        (row,) = (await session.exec(select(DraftRow))).all()
    assert (row.sealed, row.message_id) == (None, responses[0].json()["id"])
    assert (await desk.call("POST", path, body=LAST)).status_code == 200
    gone = await desk.call("PUT", f"/drafts/{draft['id']}", body=DRAFT)
    assert (gone.status_code, gone.json()["code"]) == (404, "draft_unknown")


async def until_someone_waits(db: Database) -> None:
    """On PostgreSQL a transaction waits for another's row; on SQLite it waits before it has begun."""
    if db.is_sqlite:
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10), db.read() as session:
        while not (await session.exec(waiting)).scalar_one():  # type: ignore[call-overload]
            pass


async def test_what_is_saved_while_a_draft_is_handed_over_is_refused_and_never_written_back(desk: Desk) -> None:
    draft, message_id = await saved(desk), await desk.handed_over()
    async with desk.api.db.write() as session:
        row = await session.get_one(DraftRow, draft["id"], with_for_update=True)
        late = asyncio.create_task(desk.call("PUT", f"/drafts/{row.id}", body=DRAFT))
        await until_someone_waits(desk.api.db)
        row.sealed, row.message_id = None, message_id
    assert (await late).json()["code"] == "draft_unknown"
    async with desk.api.db.read() as session:
        (row,) = (await session.exec(select(DraftRow))).all()
    assert (row.sealed, row.message_id) == (None, message_id)


async def test_what_is_saved_in_the_middle_of_a_handover_is_sent_or_kept_but_never_lost(desk: Desk) -> None:
    draft = await saved(desk)
    newer = {**DRAFT, "sections": [{"heading": "Ärende", "text": "Blodtrycket är lågt"}]}
    async with desk.api.db.write() as session:
        row = await session.get_one(DraftRow, draft["id"], with_for_update=True)
        handing = asyncio.create_task(desk.call("POST", f"/drafts/{row.id}/handover", body=LAST))
        await until_someone_waits(desk.api.db)
        row.sealed = desk.api.cipher.seal(DraftIn.model_validate(newer).model_dump_json(), f"draft:{row.id}")
    answer = await handing
    left = (await desk.call("GET", f"/drafts/{draft['id']}")).json()
    if answer.status_code == 201:
        message = (await desk.call("GET", f"/messages/{answer.json()['id']}", by=RECEIVER)).json()
        assert "lågt" in str(message)
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "draft_changed")
        assert left["content"]["sections"] == newer["sections"]
        assert await desk.inbox() == []
        assert (await desk.call("POST", f"/drafts/{draft['id']}/handover", body=LAST)).status_code == 201


async def test_a_draft_is_kept_when_its_handover_is_refused(desk: Desk) -> None:
    draft = await saved(desk)
    path = f"/drafts/{draft['id']}/handover"
    for last, code in [
        ({**LAST, "consent": {"state": "not_asked"}}, "consent_required"),
        ({**LAST, "person": {"id_type": "personnummer", "id": "1"}}, "person_id_invalid"),
        ({"consent": CONSENT}, "validation_error"),
    ]:
        assert (await desk.call("POST", path, body=last)).json()["code"] == code
    assert (await desk.call("POST", path, body=LAST)).status_code == 201


async def test_an_exchange_of_files_is_refused_in_drafts_too(desk: Desk) -> None:
    response = await desk.call("POST", "/drafts", body={**DRAFT, "attachment": "a.pdf"})
    assert response.json()["code"] == "attachment_forbidden"


async def test_a_draft_is_forgotten_a_day_after_it_was_last_saved(desk: Desk) -> None:
    draft = await saved(desk)
    desk.clock.advance(timedelta(hours=20))
    await desk.call("PUT", f"/drafts/{draft['id']}", body=DRAFT)
    desk.clock.advance(timedelta(hours=20))
    await desk.work()
    assert (await desk.call("GET", f"/drafts/{draft['id']}")).status_code == 200
    desk.clock.advance(timedelta(hours=4))
    assert (await desk.call("GET", f"/drafts/{draft['id']}")).status_code == 404
    await desk.work()
    async with desk.api.db.read() as session:
        assert (await session.exec(select(DraftRow))).all() == []
