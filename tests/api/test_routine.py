"""What the routine's decision table says of who may write to whom holds for the message API too, not only in the chat."""

import pytest

from knowledge.pack import Pack
from knowledge.vocabulary import SENDING_KINDS, ConsentState, UnitType
from tests.support.api import (
    NURSE_UNIT,
    RECEIVING_UNIT,
    VGR_NURSE,
    VGR_RECEIVING_UNIT,
    VGR_UNIT,
    Desk,
    Json,
    order,
    shared_knowledge,
    vgr_order,
)
from triage.allowed import Allowed
from triage.reach import first_hit, whole_space

GIVEN = ConsentState.GIVEN
OUTSIDE = frozenset({"home_help", "needs_assessor", "ambulance", "inpatient_ward", "other_party"})
"""K3: kinds of unit that take no part in Halland's messages."""


def unit_of(kind: str, region: str, *, without: str = "") -> str:
    """A unit of the directory that is in the system."""
    return next(
        unit.id
        for unit in shared_knowledge().directory.units
        if (unit.type, unit.region, unit.has_access) == (kind, region, True)
        and not unit.receives
        and unit.id != without
    )


async def refused(desk: Desk, body: Json, token: str) -> tuple[int, str]:
    response = await desk.call("POST", "/messages", body=body, token=token, key=desk.new_key())
    return response.status_code, response.json().get("code", "")


@pytest.mark.parametrize("kind", ["home_help", "needs_assessor"])
async def test_halland_lets_only_licensed_kinds_of_unit_send(local_desk: Desk, kind: str) -> None:
    unit = unit_of(kind, "halland")
    body = order(sender_unit=unit)
    assert await refused(local_desk, body, await local_desk.token(unit)) == (422, "sender_cannot_send")


@pytest.mark.parametrize("kind", ["home_help", "needs_assessor"])
async def test_halland_lets_only_licensed_kinds_of_unit_receive(local_desk: Desk, kind: str) -> None:
    body = order(recipient_units=[unit_of(kind, "halland")])
    assert await refused(local_desk, body, await local_desk.token(NURSE_UNIT)) == (422, "recipient_cannot_receive")


async def test_a_care_request_goes_inward_and_an_mvo_outward(local_desk: Desk) -> None:
    nurse, centre = await local_desk.token(VGR_UNIT), await local_desk.token(VGR_RECEIVING_UNIT)
    inward = vgr_order(channel="mvo")
    outward = vgr_order(sender_unit=VGR_RECEIVING_UNIT, recipient_units=[VGR_UNIT])
    assert await refused(local_desk, inward, nurse) == (422, "recipient_cannot_receive")
    assert await refused(local_desk, outward, centre) == (422, "recipient_cannot_receive")
    assert await refused(local_desk, {**outward, "channel": "mvo"}, centre) == (201, "")


async def test_several_recipients_may_stand_on_both_sides_of_the_sender_if_one_is_the_right_one(
    local_desk: Desk,
) -> None:
    assessor = unit_of("needs_assessor", "vastra-gotaland")
    token = await local_desk.token(VGR_UNIT)
    assert await refused(local_desk, vgr_order(recipient_units=[VGR_RECEIVING_UNIT, assessor]), token) == (201, "")
    assert await refused(local_desk, vgr_order(recipient_units=[assessor]), token) == (422, "recipient_cannot_receive")


async def test_a_message_is_not_forwarded_past_the_routine(local_desk: Desk) -> None:
    message = await local_desk.handed_over()
    body = {"recipient_unit": unit_of("home_help", "halland"), "reason": "Fel enhet"}
    response = await local_desk.call("POST", f"/messages/{message}/forwardings", by="johan-nyman", body=body)
    assert (response.status_code, response.json()["code"]) == (422, "recipient_cannot_receive")
    assert "Region Halland" in response.json()["detail"]


async def test_a_living_message_takes_in_those_who_could_have_begun_it(local_desk: Desk) -> None:
    message = await local_desk.vgr_handed_over()
    body = {"unit": unit_of("needs_assessor", "vastra-gotaland")}
    response = await local_desk.call("POST", f"/messages/{message}/participants", by=VGR_NURSE, body=body)
    assert response.status_code == 201, response.text


def test_an_old_sender_type_is_named_in_the_regions_own_words() -> None:
    halland = shared_knowledge().registry.pack("halland-2024")
    sending = Allowed().senders(halland, "message_outside_care_episode", GIVEN)
    assert sending == frozenset(UnitType) - {UnitType(kind) for kind in OUTSIDE}


@pytest.mark.parametrize("pack", shared_knowledge().registry.packs, ids=lambda pack: pack.id)
def test_no_single_case_takes_a_channel_that_the_walk_says_is_closed(pack: Pack) -> None:
    """Against the plain evaluator, on one case from each corner of the space: what it answers is among the allowed."""
    allowed, tried = Allowed(), 0
    for sender in UnitType:
        for to in UnitType:
            open_ways = allowed.channels(pack, sender, to, GIVEN)
            assert open_ways
            for box in whole_space(pack):
                for topic in sorted(map(str, box["topic"])):
                    case = {fact: min(values, key=str) for fact, values in box.items()}
                    case |= {"topic": topic, "recipient_type": str(to), "consent": "given", "attachment": False}
                    case |= {"recipient_has_access": True, "urgency": "can_wait", "system_down": False}
                    hit = first_hit(pack, sender, case)
                    kind = pack.channel_by_id[hit.channel].kind
                    tried += kind in SENDING_KINDS
                    assert hit.channel in open_ways
    assert tried > 0


async def test_every_pair_of_demo_units_is_refused_or_let_through_by_the_table(local_desk: Desk) -> None:
    """Whatever kinds of unit: 201 only where the walk leaves the channel open."""
    halland = shared_knowledge().registry.pack("halland-2024")
    allowed = Allowed()
    one_of_each = {
        unit.type: unit.id
        for unit in shared_knowledge().directory.units
        if unit.region == "halland" and unit.takes_part(halland.id) and not unit.receives and unit.id != RECEIVING_UNIT
    }
    outcomes: set[int] = set()
    for kind, unit in one_of_each.items():
        body = order(recipient_units=[unit])
        status, _ = (
            await refused(local_desk, body, await local_desk.token(RECEIVING_UNIT))
            if unit == NURSE_UNIT
            else (await refused(local_desk, body, await local_desk.token(NURSE_UNIT)))
        )
        outcomes.add(status)
        if unit != NURSE_UNIT:
            expected = body["channel"] in allowed.channels(halland, UnitType.MUNICIPAL_HEALTH, UnitType(kind), GIVEN)
            assert (status == 201) == expected, kind
    assert outcomes >= {201, 422}
