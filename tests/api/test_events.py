"""The event table: in order, once, by cursor, to those it concerns, with no content and nothing overtaken."""

import asyncio
from datetime import timedelta

import pytest

from api.events.service import EventType, to_unit
from api.messages.tables import MessageRow
from tests.support.api import CANARY_NAME, CANARY_TEXT, NURSE, NURSE_UNIT, OTHER, RECEIVER, RECEIVING_UNIT, Desk


async def test_events_go_on_from_the_cursor(desk: Desk) -> None:
    await desk.handed_over()
    first = (await desk.call("GET", "/events", by=RECEIVER)).json()
    assert len(first["items"]) == 1
    again = (await desk.call("GET", "/events", by=RECEIVER, params={"after": first["next"]})).json()
    assert (again["items"], again["next"]) == ([], first["next"])
    await desk.handed_over()
    assert len(await desk.events(RECEIVER, first["next"])) == 1


async def test_events_concern_the_units_of_the_message_only(desk: Desk) -> None:
    message_id = await desk.handed_over()
    await desk.call("POST", f"/messages/{message_id}/acknowledgement", by=RECEIVER, body={})
    assert await desk.happened(RECEIVER) == ["message_received"]
    assert await desk.happened(NURSE) == ["message_acknowledged"]
    assert await desk.happened(OTHER) == []
    assert await desk.happened(None) == ["message_received", "message_acknowledged"]


async def test_an_event_says_ids_and_never_words(desk: Desk) -> None:
    await desk.handed_over()
    response = await desk.call("GET", "/events", by=None)
    (event,) = response.json()["items"]
    assert event["unit_id"] == RECEIVING_UNIT
    assert event["about_unit"] == NURSE_UNIT
    for word in (CANARY_TEXT, CANARY_NAME, "blodtryck", "1912"):
        assert word not in response.text


@pytest.mark.parametrize("cursor", ["x", "1", "1.", "-1.2", "1.2.3", "9" * 30 + ".1", "1.2\n"])
async def test_a_cursor_that_is_none_is_refused(desk: Desk, cursor: str) -> None:
    response = await desk.call("GET", "/events", params={"after": cursor})
    assert (response.status_code, response.json()["code"]) == (422, "cursor_invalid")


async def test_reading_by_small_pages_while_others_write_misses_nothing_and_doubles_nothing(desk: Desk) -> None:
    seen: list[object] = []

    async def write() -> None:
        for _ in range(6):
            await desk.hand_over()

    async def read(after: str) -> str:
        page = (await desk.call("GET", "/events", by=RECEIVER, params={"after": after, "limit": 3})).json()
        seen.extend(item["message_id"] for item in page["items"])
        return str(page["next"])

    writers = asyncio.gather(*(write() for _ in range(3)))
    cursor = ""
    while not writers.done():
        cursor = await read(cursor)
    await writers
    while (after := await read(cursor)) != cursor:
        cursor = after
    assert len(seen) == len(set(seen)) == 18


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_an_event_is_not_overtaken_by_a_later_one_whose_transaction_ends_first(desk: Desk) -> None:
    """On PostgreSQL (SQLite has one writer at a time) two writers are open at once; what the slower one tells must still come after the reader's cursor."""
    first = await desk.handed_over()
    cursor = (await desk.call("GET", "/events", by=RECEIVER)).json()["next"]
    async with desk.api.db.write() as slow:
        message = await slow.get(MessageRow, first)
        assert message is not None
        await to_unit(slow, EventType.DUE_SOON, message, RECEIVING_UNIT, RECEIVING_UNIT, "slow", desk.clock.now())
        await desk.handed_over()
        assert await desk.events(RECEIVER, cursor) == []
    assert [event["type"] for event in await desk.events(RECEIVER, cursor)] == ["message_due_soon", "message_received"]


async def test_events_that_wait_for_an_open_transaction_are_counted_for_whoever_runs_lots(desk: Desk) -> None:
    """On PostgreSQL: its cursor waits for every older transaction of the server. On SQLite nothing waits."""
    first = await desk.handed_over()
    async with desk.api.db.write() as slow:
        message = await slow.get(MessageRow, first)
        assert message is not None
        await to_unit(slow, EventType.DUE_SOON, message, RECEIVING_UNIT, RECEIVING_UNIT, "slow", desk.clock.now())
        await slow.flush()
        if not desk.api.db.is_sqlite:
            await desk.handed_over()
        desk.clock.advance(timedelta(seconds=61))
        waits = 0 if desk.api.db.is_sqlite else 1
        assert f"lots_events_withheld {waits}.0" in (await desk.call("GET", "/metrics")).text
    assert "lots_events_withheld 0.0" in (await desk.call("GET", "/metrics")).text


async def test_the_same_happening_is_written_once(desk: Desk) -> None:
    first = await desk.handed_over()
    async with desk.api.db.write() as session:
        message = await session.get(MessageRow, first)
        assert message is not None
        for expected in (True, False):
            new = await to_unit(
                session, EventType.DUE_SOON, message, RECEIVING_UNIT, RECEIVING_UNIT, "k", desk.clock.now()
            )
            assert new is expected
