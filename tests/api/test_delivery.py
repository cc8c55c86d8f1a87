"""The three honest ways a message leaves: kept here, copied out by hand, or through a port."""

from datetime import timedelta

import pytest
from sqlmodel import select

from api.app import create_app
from api.errors import PortMissing
from api.messages.delivery import Delivery, Outgoing, PortBusyError, PortRefusedError
from api.messages.reminders import PORT_TRIES
from api.messages.tables import MessageRow
from api.staff import service as staff
from api.units import service as units
from common.clock import FixedClock
from common.outbox import OutboxRow
from tests.support.api import (
    CANARY_TEXT,
    COPYING_NURSE,
    COPYING_UNIT,
    RECEIVER,
    RECEIVING_UNIT,
    Desk,
    Json,
    shared_knowledge,
)

CHANNEL = "message_outside_care_episode"


async def copied(desk: Desk) -> Json:
    response = await desk.hand_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT)
    assert response.status_code == 201, response.text
    receipt: Json = response.json()
    return receipt


async def post(desk: Desk, message_id: object, deed: str, body: Json | None = None) -> tuple[int, Json]:
    response = await desk.call("POST", f"/messages/{message_id}/{deed}", by=COPYING_NURSE, body=body or {})
    return response.status_code, response.json()


async def test_copy_out_keeps_the_consent_but_neither_content_nor_person(desk: Desk) -> None:
    receipt = await copied(desk)
    assert (receipt["delivery"], receipt["status"], receipt["due_at"]) == ("copy_out", "to_copy", None)
    async with desk.api.db.read() as session:
        (row,) = (await session.exec(select(MessageRow))).all()
    assert (row.content, row.person, row.person_hash) == (None, None, None)
    whole = (await desk.call("GET", f"/messages/{receipt['id']}", by=COPYING_NURSE)).json()
    assert (whole["subject"], whole["sections"], whole["person"]) == (None, None, None)
    assert whole["consent"]["obtained_by"] == "distriktssköterska"


async def test_copy_out_is_checked_like_any_other_message(desk: Desk) -> None:
    response = await desk.hand_over(by=COPYING_NURSE, sender_unit=COPYING_UNIT, consent={"state": "refused"})
    assert response.json()["code"] == "consent_refused"


async def test_copy_out_reaches_no_inbox_and_is_not_handled_here(desk: Desk) -> None:
    receipt = await copied(desk)
    assert await desk.inbox() == []
    response = await desk.call("POST", f"/messages/{receipt['id']}/acknowledgement", by=RECEIVER, body={})
    assert response.status_code == 404
    assert await desk.happened(RECEIVER) == []


async def test_the_clock_starts_when_the_sender_has_sent_it(desk: Desk) -> None:
    receipt = await copied(desk)
    desk.clock.advance(timedelta(days=1))
    status, made = await post(desk, receipt["id"], "sent")
    assert (status, made["status"], made["due_at"]) == (201, "sent", "2026-03-10T16:00:00Z")
    assert (await post(desk, receipt["id"], "sent"))[0] == 200
    desk.clock.advance(timedelta(days=30))
    await desk.work()
    assert await desk.happened(COPYING_NURSE) == ["message_due_soon", "message_overdue"]


async def test_what_the_sender_has_seen_is_followed_up_and_stops_the_clock(desk: Desk) -> None:
    receipt = await copied(desk)
    assert (await post(desk, receipt["id"], "follow_up", {"state": "read"}))[0] == 409
    await post(desk, receipt["id"], "sent")
    _, read = await post(desk, receipt["id"], "follow_up", {"state": "read"})
    assert (read["status"], read["follow_up"]) == ("sent", "read")
    _, answered = await post(desk, receipt["id"], "follow_up", {"state": "answered"})
    assert answered["status"] == "answered"
    _, still = await post(desk, receipt["id"], "follow_up", {"state": "read"})
    assert (still["status"], still["follow_up"]) == ("answered", "answered")
    desk.clock.advance(timedelta(days=30))
    await desk.work()
    assert await desk.happened(COPYING_NURSE) == []


async def test_a_message_in_lots_own_inbox_is_not_marked_as_copied(desk: Desk) -> None:
    message_id = await desk.handed_over()
    response = await desk.call("POST", f"/messages/{message_id}/sent", body={})
    assert (response.status_code, response.json()["code"]) == (409, "wrong_state")


async def test_the_profile_tells_how_each_channel_leaves(desk: Desk) -> None:
    me = (await desk.call("GET", "/me", by=COPYING_NURSE)).json()
    assert me["deliveries"][CHANNEL] == "copy_out"
    assert (await desk.call("GET", "/me")).json()["deliveries"] == {}


class Door:
    """A port whose other side can be busy, refuse, or take it."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.taken: list[tuple[Outgoing, str, bool]] = []

    async def hand_over(self, message: Outgoing, *, key: str, repeat: bool) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append((message, key, repeat))


async def with_port(desk: Desk, door: Door) -> Desk:
    api = desk.api
    app = create_app(api.settings, desk.clock, api.db, shared_knowledge(), api.cipher, door, api.reader)
    async with api.db.write() as session:
        await units.set_delivery(app.state.api, session, "Halmstads kommun", CHANNEL, Delivery.PORT)
    return Desk(app, desk.clock, await staff.bot_key(app.state.api))


async def test_a_port_is_handed_the_message_after_the_transaction_and_the_clock_starts_then(desk: Desk) -> None:
    door = Door()
    ported = await with_port(desk, door)
    receipt = (await ported.hand_over()).json()
    assert (receipt["delivery"], receipt["status"], receipt["due_at"]) == ("port", "to_send", None)
    assert door.taken == []
    await ported.work()
    ((message, key, repeat),) = door.taken
    assert (message.sections[0], key, repeat) == (("Ärende", CANARY_TEXT), receipt["id"], False)
    whole = (await ported.call("GET", f"/messages/{receipt['id']}")).json()
    assert (whole["status"], whole["due_at"]) == ("sent", "2026-03-09T16:00:00Z")


async def test_a_busy_port_is_tried_again_with_the_same_key_until_it_takes_the_message(desk: Desk) -> None:
    door = Door(PortBusyError(), OSError("broken line"))
    ported = await with_port(desk, door)
    receipt = (await ported.hand_over()).json()
    for _ in range(3):
        await ported.work()
        ported.clock.advance(timedelta(minutes=5))
    ((_, key, repeat),) = door.taken
    assert (key, repeat) == (receipt["id"], True)
    assert (await ported.call("GET", f"/messages/{receipt['id']}")).json()["status"] == "sent"


async def test_a_port_that_refuses_leaves_the_message_undelivered_and_says_so(desk: Desk) -> None:
    ported = await with_port(desk, Door(PortRefusedError("unknown_address")))
    receipt = (await ported.hand_over()).json()
    await ported.work()
    assert (await ported.call("GET", f"/messages/{receipt['id']}")).json()["status"] == "undelivered"
    async with ported.api.db.read() as session:
        (job,) = (await session.exec(select(OutboxRow).where(OutboxRow.kind == "message.port"))).all()
    assert (job.state, job.last_error) == ("dead", "unknown_address")
    await told_once_whom_to_ring(ported)


async def told_once_whom_to_ring(desk: Desk) -> None:
    (event,) = await desk.events()
    assert (event["type"], event["about_unit"]) == ("message_undelivered", RECEIVING_UNIT)
    assert event["about_unit_phone"] == desk.api.knowledge.directory.unit(RECEIVING_UNIT).phone


async def test_a_port_that_is_busy_until_nobody_tries_any_more_leaves_the_message_undelivered_and_says_so(
    desk: Desk,
) -> None:
    ported = await with_port(desk, Door(PortBusyError()))
    receipt = (await ported.hand_over()).json()
    async with ported.api.db.write() as session:
        (job,) = (await session.exec(select(OutboxRow).where(OutboxRow.kind == "message.port"))).all()
        job.attempts = PORT_TRIES - 1
    await ported.work()
    assert (await ported.call("GET", f"/messages/{receipt['id']}")).json()["status"] == "undelivered"
    await told_once_whom_to_ring(ported)


async def test_what_was_closed_before_it_was_sent_cannot_be_marked_as_sent(desk: Desk) -> None:
    receipt = await copied(desk)
    await post(desk, receipt["id"], "closing")
    status, problem = await post(desk, receipt["id"], "sent")
    assert (status, problem["code"]) == (409, "wrong_state")


async def test_marking_as_sent_again_after_closing_is_as_once(local_desk: Desk) -> None:
    receipt = await copied(local_desk)
    for deed, status in (("sent", 201), ("closing", 201), ("sent", 200)):
        assert (await post(local_desk, receipt["id"], deed))[0] == status


async def start(desk: Desk) -> None:
    """As a server starts the app."""
    async with desk.app.router.lifespan_context(desk.app):
        pass


async def test_a_port_that_nobody_connected_cannot_be_chosen(desk: Desk) -> None:
    async with desk.api.db.write() as session:
        with pytest.raises(PortMissing):
            await units.set_delivery(desk.api, session, "Halmstads kommun", CHANNEL, Delivery.PORT)


async def test_a_start_without_the_port_that_is_chosen_is_refused(desk: Desk, fixed_clock: FixedClock) -> None:
    await start(desk)
    await start(await with_port(desk, Door()))
    with pytest.raises(PortMissing):
        await start(desk)
    response = await desk.hand_over()
    assert (response.status_code, response.json()["code"]) == (409, "port_missing")
