"""Who may do what: every route, by every role, from one's own unit and from another's. A new route without a line here fails."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.authorisation import PROGRAM, RIGHTS, Caller, Right, Role
from api.errors import ApiError, PersonRequired
from tests.api.pages.administering import employ
from tests.support.api import NURSE, NURSE_UNIT, OTHER_UNIT, PERSON_ID, RECEIVING_UNIT, VGR_UNIT, Desk, Json, order

PUBLIC = frozenset({("GET", "/health"), ("GET", "/ready"), ("GET", "/metrics")})
ANSWER: Json = {"text": "Ja"}
FORWARD: Json = {"recipient_unit": OTHER_UNIT, "reason": "Fel enhet"}
DRAFT: Json = {"channel": "message_outside_care_episode", "pack": "halland-2024", "sender_unit": NURSE_UNIT}
DECIDE: Json = {"pack": "halland-2024", "sender": "municipal_health", "text": "Blodtryck"}

ROUTES: dict[tuple[str, str], tuple[Right, Json | None]] = {
    ("GET", "/me"): (Right.PROFILE, None),
    ("PUT", "/me/unit"): (Right.PROFILE, {"unit": NURSE_UNIT}),
    ("GET", "/units"): (Right.DIRECTORY, None),
    ("GET", "/units/{unit_id}"): (Right.DIRECTORY, None),
    ("GET", "/units/{unit_id}/inbox"): (Right.RECEIVE, None),
    ("GET", "/units/{unit_id}/sent"): (Right.SEND, None),
    ("POST", "/messages"): (Right.SEND, order()),
    ("GET", "/messages/{message_id}"): (Right.READ, None),
    ("GET", "/messages/{message_id}/thread"): (Right.READ, None),
    ("POST", "/messages/{message_id}/acknowledgement"): (Right.RECEIVE, {}),
    ("POST", "/messages/{message_id}/answers"): (Right.RECEIVE, ANSWER),
    ("POST", "/messages/{message_id}/forwardings"): (Right.RECEIVE, FORWARD),
    ("POST", "/messages/{message_id}/supplements"): (Right.READ, ANSWER),
    ("POST", "/messages/{message_id}/participants"): (Right.READ, {"unit": OTHER_UNIT}),
    ("POST", "/messages/{message_id}/sent"): (Right.SEND, {}),
    ("POST", "/messages/{message_id}/follow_up"): (Right.SEND, {"state": "read"}),
    ("POST", "/messages/{message_id}/closing"): (Right.SEND, {}),
    ("GET", "/me/reminders"): (Right.READ, None),
    ("PUT", "/messages/{message_id}/reminder"): (Right.READ, {"at": "2026-03-11T07:00:00Z"}),
    ("DELETE", "/messages/{message_id}/reminder"): (Right.READ, None),
    ("GET", "/outages"): (Right.DIRECTORY, None),
    ("POST", "/outages"): (Right.OUTAGE_ADMIN, {}),
    ("POST", "/outages/reports"): (Right.DECIDE, {"wide": False}),
    ("GET", "/outages/routine"): (Right.DIRECTORY, None),
    ("GET", "/outages/notices"): (Right.FOLLOW, None),
    ("POST", "/outages/{outage_id}/confirmation"): (Right.OUTAGE_ADMIN, {}),
    ("POST", "/outages/{outage_id}/end"): (Right.OUTAGE_ADMIN, {}),
    ("POST", "/calls"): (Right.OUTAGE, {"numbers": [{"name": "Växeln", "phone": "0611-800 00"}]}),
    ("POST", "/calls/{call_id}/notes"): (Right.OUTAGE, {"outcome": "reached"}),
    ("POST", "/drafts"): (Right.SEND, DRAFT),
    ("GET", "/drafts/{draft_id}"): (Right.SEND, None),
    ("PUT", "/drafts/{draft_id}"): (Right.SEND, DRAFT),
    ("POST", "/drafts/{draft_id}/handover"): (Right.SEND, {}),
    ("GET", "/events"): (Right.FOLLOW, None),
    ("POST", "/decisions"): (Right.DECIDE, DECIDE),
    ("GET", "/audit"): (Right.AUDIT, None),
    ("GET", "/audit/sample"): (Right.AUDIT, None),
    ("GET", "/audit/export"): (Right.AUDIT, None),
    ("POST", "/enrolments"): (Right.PROFILE, None),
    ("GET", "/enrolments"): (Right.PROFILE, None),
    ("POST", "/enrolments/redeem"): (Right.ENROL, {"code": "k7m2", "client": "telegram", "account": "1"}),
    ("GET", "/enrolments/{client}/{account}"): (Right.ENROL, None),
    ("PUT", "/enrolments/{enrolment_id}"): (Right.PROFILE, {"language": "sv"}),
    ("DELETE", "/enrolments/{enrolment_id}"): (Right.PROFILE, None),
    ("GET", "/exercise-rooms/{code}"): (Right.PROFILE, None),
    ("POST", "/exercise-rooms/{code}/participants"): (Right.PROFILE, {"nickname": "Måsen"}),
    ("POST", "/exercise-rooms/{code}/votes"): (Right.PROFILE, {"place": 0, "round": 1, "option": "a"}),
    ("POST", "/subject-access"): (
        Right.SUBJECT_ACCESS,
        {"id_type": "personnummer", "id": PERSON_ID, "reference": "HSN 2026-1"},
    ),
}


AS_UNIT = frozenset({Right.OUTAGE, Right.OUTAGE_ADMIN, Right.EXERCISE, Right.SUBJECT_ACCESS})
"""Rights used as the unit where one works now. With the others the address, the body or the message says at which unit."""
NOTHING = {"client": "telegram", "account": "1", "enrolment_id": "e", "outage_id": "o", "call_id": "c", "code": "0000"}
"""What stands in addresses for what is not there."""


def api_routes(app: FastAPI) -> set[tuple[str, str]]:
    """Every route of the API, as the OpenAPI document tells it."""
    prefix = "/api/v1"
    return {
        (method.upper(), path.removeprefix(prefix))
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith(prefix)
    }


NOT_THERE = (
    "not_your_unit",
    "message_unknown",
    "draft_unknown",
    "enrolment_unknown",
    "outage_unknown",
    "exercise_unknown",
)


async def test_every_route_has_a_line_in_the_table(local_desk: Desk) -> None:
    assert api_routes(local_desk.app) - PUBLIC == ROUTES.keys()
    hidden = [r.path for r in local_desk.app.routes if isinstance(r, APIRoute) and not r.include_in_schema]
    assert hidden == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
async def test_a_route_answers_nobody_without_a_key(local_desk: Desk, route: tuple[str, str]) -> None:
    method, path = route
    async with local_desk.http() as client:
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic eDp5"},
            {"authorization": "Bearer"},
        ):
            response = await client.request(method, path, json=ROUTES[route][1], headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
            assert response.headers["www-authenticate"] == "Bearer"


async def test_every_role_from_every_unit_gets_what_the_table_says_and_no_more(local_desk: Desk) -> None:
    """Every route × 6 roles × 3 units: the sender's, the receiver's and a third one."""
    message = await local_desk.handed_over()
    draft = (await local_desk.call("POST", "/drafts", body=DRAFT)).json()["id"]
    tried = 0
    for role in Role:
        for unit in (NURSE_UNIT, RECEIVING_UNIT, OTHER_UNIT):
            token = await local_desk.token(unit, role)
            for (method, path), (right, body) in ROUTES.items():
                actual = path.format(unit_id=NURSE_UNIT, message_id=message, draft_id=draft, **NOTHING)
                response = await local_desk.call(method, actual, token=token, body=body, key=local_desk.new_key())
                tried += 1
                if right not in RIGHTS[role]:
                    assert (response.status_code, response.json()["code"]) == (403, "forbidden"), (role, method, path)
                elif unit == OTHER_UNIT and "{" in path and path != "/units/{unit_id}":
                    assert response.status_code in (403, 404), (role, method, path, response.text)
                    assert response.json()["code"] in NOT_THERE
                else:
                    assert '"code":"forbidden"' not in response.text, (role, method, path)
                    assert response.status_code < 500, (role, method, path, response.text)
    assert tried == len(ROUTES) * len(Role) * 3


@pytest.mark.parametrize(
    ("there", "here"),
    [
        pytest.param(Role.UNIT_ADMINISTRATOR, Role.STAFF, id="administers there, staff here"),
        pytest.param(Role.UNIT_ADMINISTRATOR, Role.AUDITOR, id="administers there, auditor here"),
        pytest.param(Role.STAFF, Role.SYSTEM_ADMINISTRATOR, id="staff there, system administrator here"),
        pytest.param(Role.SYSTEM_ADMINISTRATOR, Role.TRAINER, id="system administrator there, trainer here"),
    ],
)
async def test_who_has_different_roles_at_two_units_does_at_each_only_what_its_role_gives(
    local_desk: Desk, there: Role, here: Role
) -> None:
    """She works in another region now. What is done as the unit where she works needs the right there."""
    await employ(local_desk, "ella-hatt", NURSE_UNIT, there)
    local_desk.clock.advance(timedelta(minutes=1))
    await employ(local_desk, "ella-hatt", VGR_UNIT, here)
    for (method, path), (right, body) in ROUTES.items():
        if path == "/me/unit":
            continue  # it would send her there
        actual = path.format(unit_id=NURSE_UNIT, message_id="m", draft_id="d", **NOTHING)
        response = await local_desk.call(method, actual, by="ella-hatt", body=body, key=local_desk.new_key())
        allowed = right in RIGHTS[here] or (right not in AS_UNIT and right in RIGHTS[there])
        assert ('"code":"forbidden"' not in response.text) == allowed, (method, path, response.text)


async def test_an_administrator_elsewhere_tells_nobody_here_of_an_outage(local_desk: Desk) -> None:
    await employ(local_desk, "ella-hatt", NURSE_UNIT, Role.UNIT_ADMINISTRATOR)
    local_desk.clock.advance(timedelta(minutes=1))
    await employ(local_desk, "ella-hatt", VGR_UNIT, Role.STAFF)
    refused = await local_desk.call("POST", "/outages", by="ella-hatt", body={})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await local_desk.call("GET", "/outages", by="ella-hatt")).json()["items"] == []
    await local_desk.call("PUT", "/me/unit", by="ella-hatt", body={"unit": NURSE_UNIT})
    made = await local_desk.call("POST", "/outages", by="ella-hatt", body={})
    assert (made.status_code, made.json()["region"]) == (201, "halland")


async def test_another_units_lists_are_not_shown(local_desk: Desk) -> None:
    for kind in ("inbox", "sent"):
        response = await local_desk.call("GET", f"/units/{OTHER_UNIT}/{kind}")
        assert (response.status_code, response.json()["code"]) == (403, "not_your_unit")


async def test_the_chats_key_alone_may_follow_events_and_bind_accounts_and_nothing_else(local_desk: Desk) -> None:
    await local_desk.handed_over()
    assert len(await local_desk.events(by=None)) == 1
    for (method, path), (right, body) in ROUTES.items():
        if right in PROGRAM:
            continue
        actual = path.format(unit_id=NURSE_UNIT, message_id="m", draft_id="d", **NOTHING)
        response = await local_desk.call(method, actual, by=None, body=body, key="k")
        assert (response.status_code, response.json()["code"]) == (403, "person_required"), (method, path)


async def test_the_chat_gets_no_further_than_the_person_it_acts_for(local_desk: Desk) -> None:
    message = await local_desk.handed_over()
    assert (await local_desk.call("GET", f"/messages/{message}", by="leila-hamid")).status_code == 404
    unknown = await local_desk.call("GET", "/me", by="finns-inte")
    assert (unknown.status_code, unknown.json()["code"]) == (403, "staff_unknown")


async def test_only_a_key_with_that_scope_acts_for_others(local_desk: Desk) -> None:
    token = await local_desk.token(NURSE_UNIT)
    async with local_desk.http({"authorization": f"Bearer {token}", "lots-on-behalf-of": NURSE}) as client:
        response = await client.get("/me")
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


async def test_a_key_ends_when_its_time_is_out(local_desk: Desk) -> None:
    token = await local_desk.token(NURSE_UNIT, lifetime=timedelta(hours=1))
    assert (await local_desk.call("GET", "/me", token=token)).status_code == 200
    local_desk.clock.advance(timedelta(hours=1))
    assert (await local_desk.call("GET", "/me", token=token)).status_code == 401


async def test_a_units_key_hands_over_and_keeps_its_idempotency_keys_apart_from_the_staffs(local_desk: Desk) -> None:
    token = await local_desk.token(NURSE_UNIT)
    by_key = await local_desk.call("POST", "/messages", token=token, body=order(), key="same")
    by_person = await local_desk.hand_over(key="same")
    assert (by_key.status_code, by_person.status_code) == (201, 201)
    assert by_key.json()["id"] != by_person.json()["id"]


def test_rights_are_denied_unless_a_role_gives_them() -> None:
    nobody = Caller(actor="key:x", places=())
    for right in Right:
        with pytest.raises(ApiError):
            nobody.require(right)
    with pytest.raises(PersonRequired):
        _ = nobody.here
