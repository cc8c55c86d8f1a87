"""Retention at its edges: who still waits, what came after an erasure, and a file whose name is not on the disk yet."""

import json
import os
import stat
from datetime import timedelta

import pytest
from sqlmodel import select

from api.keeping.retention import erase_due, set_days
from api.messages import sealing
from api.messages.tables import EntryRow
from tests.api.keeping.steps import answered, exported, nothing_is_left, organisation, shown
from tests.support.api import NURSE, OTHER_UNIT, RECEIVER, Desk

DAY = timedelta(days=1)
KEPT = 30


async def test_a_message_whose_receiver_asked_for_more_waits_for_its_sender_and_is_kept(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await desk.handed_over()
    asked = {"text": "Vilka värden?", "kind": "request_more"}
    await desk.call("POST", f"/messages/{message}/answers", by=RECEIVER, body=asked)
    desk.clock.advance(1000 * DAY)
    assert await erase_due(desk.api, 10) == (0, False)
    await answered(desk, in_response_to=message)
    desk.clock.advance((KEPT + 1) * DAY)
    assert await erase_due(desk.api, 10) == (2, False)


def folders_cannot_be_synced(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError("input/output error")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)


async def test_nothing_is_erased_before_the_files_name_is_on_the_disk(
    local_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_days(local_desk.api, await organisation(local_desk), KEPT)
    message = await answered(local_desk)
    local_desk.clock.advance(100 * DAY)
    folders_cannot_be_synced(monkeypatch)
    with pytest.raises(OSError, match="input/output"):
        await erase_due(local_desk.api, 10)
    assert (await shown(local_desk, message))["sections"]


async def test_nothing_more_is_written_in_a_message_that_was_erased(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    plain, living = await answered(desk), await answered(desk, channel="planning")
    desk.clock.advance(100 * DAY)
    assert await erase_due(desk.api, 10) == (2, False)
    for message, deed, staff, body in (
        (plain, "answers", RECEIVER, {"text": "Kvittrande svar"}),
        (living, "supplements", RECEIVER, {"text": "Kvittrande svar"}),
        (living, "supplements", NURSE, {"text": "Kvittrande svar"}),
        (living, "participants", NURSE, {"unit": OTHER_UNIT}),
    ):
        response = await desk.call("POST", f"/messages/{message}/{deed}", by=staff, body=body)
        assert (response.status_code, response.json()["code"]) == (409, "wrong_state")
        assert "gallrat" in response.json()["detail"]
    assert await nothing_is_left(desk, plain)
    assert await nothing_is_left(desk, living)


async def test_words_that_were_written_after_an_erasure_are_written_to_a_file_and_erased_too(desk: Desk) -> None:
    await set_days(desk.api, await organisation(desk), KEPT)
    message = await answered(desk)
    desk.clock.advance(100 * DAY)
    await erase_due(desk.api, 10)
    async with desk.api.db.write() as session:
        (before,) = (await session.exec(select(EntryRow).where(EntryRow.message_id == message))).all()
        entry = EntryRow(**before.model_dump() | {"id": "later", "at": desk.clock.now()})
        entry.sealed = sealing.seal_words(desk.api.cipher, entry.id, sealing.Words(text="Sent kvitter"))
        session.add(entry)
    assert await erase_due(desk.api, 10) == (0, False)
    desk.clock.advance((KEPT + 1) * DAY)
    for found in (1, 0):
        assert await erase_due(desk.api, 10) == (found, False)
    assert "Sent kvitter" in json.dumps(exported(desk)[-1]["entries"])
    assert await nothing_is_left(desk, message)
