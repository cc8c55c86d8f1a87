"""Log checks over HTTP: search, samples and export, within the auditor's own organisations, each itself a deed."""

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from api.audit.service import Action, note_actor, note_system
from api.authorisation import Role
from api.staff.tables import MembershipRow
from tests.support.api import NURSE, NURSE_UNIT, RECEIVER, RECEIVING_UNIT, VGR_UNIT, Desk, Json, shared_knowledge


async def audited(desk: Desk, token: str, path: str = "", **params: str | int) -> Json:
    response = await desk.call("GET", f"/audit{path}", token=token, params={**params})
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def items(found: Json) -> list[Json]:
    listed = found["items"]
    assert isinstance(listed, list)
    return listed


async def deeds(desk: Desk) -> tuple[str, str]:
    """A message's life in Halland, and another in Västra Götaland."""
    message = await desk.handed_over()
    desk.clock.advance(timedelta(minutes=1))
    await desk.call("GET", f"/messages/{message}", by=RECEIVER)
    desk.clock.advance(timedelta(minutes=1))
    return message, await desk.vgr_handed_over()


async def test_an_auditor_sees_who_did_what_with_a_message_in_her_own_organisation(desk: Desk) -> None:
    message, _ = await deeds(desk)
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    seen = items(await audited(desk, auditor, about=message))
    assert [(row["action"], row["actor"], row["unit"]) for row in seen] == [("hand_over", f"staff:{NURSE}", NURSE_UNIT)]
    receiving = await desk.token(RECEIVING_UNIT, Role.AUDITOR)
    seen = items(await audited(desk, receiving, about=message))
    assert [(row["action"], row["actor"], row["unit"]) for row in seen] == [
        ("read", f"staff:{RECEIVER}", RECEIVING_UNIT)
    ]


async def test_another_organisations_deeds_are_not_shown(desk: Desk) -> None:
    _, elsewhere = await deeds(desk)
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    assert items(await audited(desk, auditor, about=elsewhere)) == []
    assert items(await audited(desk, auditor, unit=VGR_UNIT)) == []
    theirs = await desk.token(VGR_UNIT, Role.AUDITOR)
    assert len(items(await audited(desk, theirs, about=elsewhere))) == 1


async def test_looking_at_the_audit_is_a_deed_too(desk: Desk) -> None:
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    await audited(desk, auditor)
    await audited(desk, auditor, "/sample")
    await desk.call("GET", "/audit/export", token=auditor)
    assert len(items(await audited(desk, auditor, action="read_audit"))) == 3


async def test_pages_go_on_where_they_were_and_meet_no_row_twice(desk: Desk) -> None:
    await many(desk, 12)
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    seen: list[object] = []
    after: dict[str, str] = {}
    while True:
        page = await audited(desk, auditor, action="close", limit=5, **after)
        seen += [row["about"] for row in items(page)]
        if page["next"] is None:
            break
        after = {"after": str(page["next"])}
    assert seen == [f"m{number}" for number in reversed(range(12))]


async def test_a_period_holds_its_beginning_and_not_its_end(desk: Desk) -> None:
    start = desk.clock.now()
    await many(desk, 5)
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    since, until = (start + timedelta(minutes=minutes) for minutes in (1, 3))
    found = await audited(desk, auditor, action="close", since=since.isoformat(), until=until.isoformat())
    assert [row["about"] for row in items(found)] == ["m2", "m1"]


@pytest.mark.parametrize("path", ["", "/sample", "/export"])
async def test_a_bare_number_is_no_moment(local_desk: Desk, path: str) -> None:
    auditor = await local_desk.token(NURSE_UNIT, Role.AUDITOR)
    refused = await local_desk.call("GET", f"/audit{path}", token=auditor, params={"until": "0.5"})
    assert refused.status_code == 422, refused.text


async def test_a_sample_is_drawn_from_what_was_asked_for_and_says_of_how_many(desk: Desk) -> None:
    await many(desk, 30)
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    drawn = [await audited(desk, auditor, "/sample", action="close", size=5) for _ in range(4)]
    assert {found["of"] for found in drawn} == {30}
    assert {len(items(found)) for found in drawn} == {5}
    assert len({tuple(str(row["id"]) for row in items(found)) for found in drawn}) > 1


async def test_the_export_is_every_deed_as_json_lines(desk: Desk) -> None:
    await many(desk, 520)
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    response = await desk.call("GET", "/audit/export", token=auditor, params={"action": "close"})
    rows = [json.loads(line) for line in response.text.splitlines()]
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert [row["about"] for row in rows] == [f"m{number}" for number in reversed(range(520))]


async def many(desk: Desk, number: int) -> None:
    async with desk.api.db.write() as session:
        for index in range(number):
            note_system(session, desk.clock.now(), Action.CLOSE, NURSE_UNIT, f"m{index}")
            desk.clock.advance(timedelta(minutes=1))


@pytest.mark.parametrize(
    "params",
    [
        {"action": "invented"},
        {"actor": "Åsa"},
        {"since": "2026-03-04"},
        {"limit": "0"},
        {"colour": "red"},
        {"after": "x"},
    ],
    ids=lambda params: next(iter(params)),
)
async def test_a_search_that_cannot_be_understood_is_refused(local_desk: Desk, params: dict[str, str]) -> None:
    auditor = await local_desk.token(NURSE_UNIT, Role.AUDITOR)
    response = await local_desk.call("GET", "/audit", token=auditor, params={**params})
    assert response.status_code == 422, response.text


def test_every_deed_in_the_log_has_words_in_every_language() -> None:
    for language, texts in shared_knowledge().languages.items():
        assert [action for action in Action if f"people.action.{action}" not in texts] == [], language


async def test_who_has_left_is_still_found_with_what_she_did_until_then(desk: Desk) -> None:
    async with desk.api.db.write() as session:
        note_actor(session, f"staff:{NURSE}", desk.clock.now(), Action.SIGN_IN)
    desk.clock.advance(timedelta(minutes=1))
    auditor = await desk.token(NURSE_UNIT, Role.AUDITOR)
    signed_in = {"actor": f"staff:{NURSE}", "action": "sign_in"}
    assert len(items(await audited(desk, auditor, **signed_in))) == 1
    async with desk.api.db.write() as session:
        for post in (await session.exec(select(MembershipRow).where(MembershipRow.staff_id == NURSE))).all():
            await session.delete(post)
        note_system(session, desk.clock.now(), Action.END_MEMBERSHIP, NURSE_UNIT, NURSE)
        note_actor(session, f"staff:{NURSE}", desk.clock.now() + timedelta(days=1), Action.SIGN_IN)
    assert len(items(await audited(desk, auditor, **signed_in))) == 1
    elsewhere = await desk.token(VGR_UNIT, Role.AUDITOR)
    assert items(await audited(desk, elsewhere, **signed_in)) == []
