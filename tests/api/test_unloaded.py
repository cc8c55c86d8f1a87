"""A message of a routine that is not loaded: an owner has taken a version away, or a newer process has sent it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import update
from structlog.testing import capture_logs

from api.app import create_app
from api.messages import unloaded
from api.messages.tables import MessageRow
from api.staff import service as staff
from knowledge.registry import Registry
from tests.support.api import CANARY_TEXT, NURSE, NURSE_UNIT, OTHER_UNIT, RECEIVER, Desk, shared_knowledge

GONE = "halland-2024"


async def without_the_routine(desk: Desk) -> Desk:
    """Another process on the same database, with other files of knowledge."""
    api, knowledge = desk.api, shared_knowledge()
    left = replace(knowledge, registry=Registry(pack for pack in knowledge.registry.packs if pack.id != GONE))
    app = create_app(api.settings, desk.clock, api.db, left, api.cipher, reader=api.reader)
    return Desk(app, desk.clock, await staff.bot_key(app.state.api))


async def test_lists_and_the_message_are_read_and_it_is_answered(desk: Desk) -> None:
    message = await desk.handed_over()
    other = await without_the_routine(desk)
    (item,) = await other.inbox()
    assert (item["id"], item["channel_label"]) == (message, "message_outside_care_episode")
    assert (await other.call("GET", f"/units/{NURSE_UNIT}/sent")).json()["items"][0]["status"] == "received"
    assert CANARY_TEXT in (await other.call("GET", f"/messages/{message}", by=RECEIVER)).text
    forwarding = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
    response = await other.call("POST", f"/messages/{message}/forwardings", by=RECEIVER, body=forwarding)
    assert (response.status_code, response.json()["code"]) == (422, "pack_unknown")
    answer = await other.call("POST", f"/messages/{message}/answers", by=RECEIVER, body={"text": "Ja"})
    assert answer.json()["status"] == "answered"


async def test_its_reminders_go_on(desk: Desk) -> None:
    await desk.handed_over()
    other = await without_the_routine(desk)
    desk.clock.advance(timedelta(days=6))
    await other.work()
    assert await desk.happened(NURSE) == ["message_due_soon", "message_overdue"]


@pytest.mark.parametrize("change", [{"pack": "halland-1999"}, {"channel": "pigeon"}], ids=["routine", "channel"])
async def test_the_log_names_at_the_start_what_is_missing_and_how_many_wait(desk: Desk, change: dict[str, str]) -> None:
    waits, done = await desk.handed_over(), await desk.handed_over()
    await desk.call("POST", f"/messages/{done}/answers", by=RECEIVER, body={"text": "Ja"})
    assert await unloaded.warn(desk.api) == 0
    async with desk.api.db.write() as session:
        await session.exec(update(MessageRow).values(**change))
    with capture_logs() as lines:
        assert await unloaded.warn(desk.api) == 1
    (line,) = lines
    assert (line["messages"], line["log_level"]) == (1, "warning")
    assert {line["pack"], line["channel"]} & set(change.values())
    assert waits not in str(line)
