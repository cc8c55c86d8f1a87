"""Outages from suspicion to end: who makes it one for all, who is told, and that each is told once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlmodel import col, func, select

from api.outage import ending, notices
from api.outage.notices import NoticeKind
from api.outage.tables import NoticeRow, OutageRow
from api.staff.tables import MembershipRow, StaffRow
from tests.api.outage.conftest import CENTRE_NURSE, HOME_NURSE, WARD, WARD_NURSE, Scene
from tests.support.api import NURSE

PEOPLE = 2000


async def test_a_report_for_oneself_opens_nothing(scene: Scene) -> None:
    assert await scene.report(WARD_NURSE, wide=False) is None
    assert await scene.outages() == []


async def test_a_second_person_makes_it_an_outage_for_all_and_the_same_one_twice_does_not(scene: Scene) -> None:
    first = await scene.report(WARD_NURSE)
    again = await scene.report(WARD_NURSE)
    assert first is not None
    assert again is not None
    assert (first["state"], again["state"], again["reports"]) == ("suspected", "suspected", 1)
    assert await scene.notices() == []
    second = await scene.report(CENTRE_NURSE)
    assert second is not None
    assert (second["id"], second["state"], second["reports"]) == (first["id"], "confirmed", 2)
    assert {one["staff_id"] for one in await scene.notices(kind="began")} >= {WARD_NURSE, CENTRE_NURSE, HOME_NURSE}


async def test_an_administrator_confirms_at_once_and_only_she(scene: Scene) -> None:
    found = await scene.report(WARD_NURSE)
    assert found is not None
    refused = await scene.desk.call("POST", f"/outages/{found['id']}/confirmation", by=WARD_NURSE, body={})
    assert refused.status_code == 403
    token = await scene.administrator()
    for _ in range(2):
        done = await scene.desk.call("POST", f"/outages/{found['id']}/confirmation", token=token, body={})
        assert (done.status_code, done.json()["state"]) == (201, "confirmed")
    assert len([one for one in await scene.notices(kind="began") if one["staff_id"] == WARD_NURSE]) == 1


async def test_another_region_is_neither_told_nor_shown(scene: Scene) -> None:
    outage = await scene.begun()
    assert NURSE not in {one["staff_id"] for one in await scene.notices()}
    assert await scene.outages(by=NURSE) == []
    me = (await scene.desk.call("GET", "/me", by=NURSE)).json()
    assert me["outage"] is None
    foreign = await scene.administrator("halland-vc-ekliden")
    refused = await scene.desk.call("POST", f"/outages/{outage}/end", token=foreign, body={})
    assert (refused.status_code, refused.json()["code"]) == (404, "outage_unknown")


async def test_who_one_is_tells_that_the_system_is_down_until_it_is_up(scene: Scene) -> None:
    outage = await scene.begun()
    assert (await scene.desk.call("GET", "/me", by=HOME_NURSE)).json()["outage"] == "Lifecare SP"
    token = await scene.administrator()
    assert (await scene.desk.call("POST", f"/outages/{outage}/end", token=token, body={})).status_code == 201
    assert (await scene.desk.call("GET", "/me", by=HOME_NURSE)).json()["outage"] is None
    assert [one["kind"] for one in await scene.notices(by=HOME_NURSE)] == ["began", "ended"]


async def test_a_suspicion_that_nobody_shares_is_let_go_in_silence(scene: Scene) -> None:
    await scene.report(WARD_NURSE)
    scene.desk.clock.advance(ending.LAPSES_AFTER)
    await scene.watch.look()
    assert await scene.outages() == []
    assert await scene.notices() == []
    assert (await scene.report(CENTRE_NURSE) or {})["state"] == "suspected"


async def test_everyone_is_told_when_the_whole_routine_applies_about_a_working_day_later(scene: Scene) -> None:
    await scene.begun()
    scene.desk.clock.advance(timedelta(hours=7, minutes=59))
    await scene.watch.look()
    assert await scene.notices(kind="applies") == []
    scene.desk.clock.advance(timedelta(minutes=1))
    for _ in range(3):
        await scene.watch.look()
    assert len(await scene.notices(by=WARD_NURSE, kind="applies")) == 1


async def test_a_planned_outage_is_told_ahead_and_begins_by_itself(scene: Scene) -> None:
    start = scene.desk.clock.now() + timedelta(days=2)
    body = {"planned_from": start.isoformat(), "planned_to": (start + timedelta(hours=3)).isoformat()}
    token = await scene.administrator()
    planned = await scene.desk.call("POST", "/outages", token=token, body=body)
    assert (planned.status_code, planned.json()["state"]) == (201, "planned")
    assert [one["kind"] for one in await scene.notices(by=WARD_NURSE)] == ["planned"]
    assert (await scene.desk.call("GET", "/me", by=WARD_NURSE)).json()["outage"] is None
    scene.desk.clock.advance(timedelta(days=2))
    await scene.watch.look()
    await scene.watch.look()
    assert [one["kind"] for one in await scene.notices(by=WARD_NURSE)] == ["planned", "began"]


@pytest.mark.parametrize(
    "body",
    [
        {"planned_from": "2026-03-05T08:00:00Z"},
        {"planned_from": "2026-03-05T08:00:00Z", "planned_to": "2026-03-05T07:00:00Z"},
        {"planned_from": "2020-03-05T08:00:00Z", "planned_to": "2026-03-05T07:00:00Z"},
        {"units": [WARD]},
        {"exercise": True},
        {"speed": 60},
        {"organisation": "Region Halland"},
        {"exercise": True, "units": ["halland-vc-ekliden"]},
    ],
)
async def test_what_cannot_be_announced_is_refused(scene: Scene, body: dict[str, object]) -> None:
    refused = await scene.desk.call("POST", "/outages", token=await scene.administrator(), body=body)
    assert refused.status_code in (403, 422)
    assert await scene.outages() == []


async def test_health_checks_find_an_outage_and_its_end(both: Scene) -> None:
    await both.minutes(2)
    assert await both.outages() == []
    await both.minutes(6, lambda _: False)
    both.desk.clock.advance(timedelta(hours=1))
    await both.minutes(1, lambda _: False)
    found = (await both.outages())[0]
    assert (found["state"], found["source"]) == ("confirmed", "health")
    await both.minutes(20, lambda _: True)
    assert [one["kind"] for one in await both.notices(by=WARD_NURSE)] == ["began", "ended"]


@pytest.mark.parametrize("length", [7, 16])
async def test_an_hour_of_flapping_is_announced_once_at_most(scene: Scene, length: int) -> None:
    await scene.minutes(60, lambda minute: (minute // length) % 2 == 1)
    assert len(await scene.notices(by=WARD_NURSE)) <= 1
    assert scene.system.asked == 60


async def test_a_system_is_asked_once_a_minute_however_many_processes_look(scene: Scene) -> None:
    await asyncio.gather(*(scene.watch.look() for _ in range(5)))
    assert scene.system.asked == 1


async def test_a_person_who_says_that_it_works_makes_the_checks_begin_anew(scene: Scene) -> None:
    await scene.minutes(10, lambda _: False)
    outage = (await scene.outages())[0]["id"]
    await scene.desk.call("POST", f"/outages/{outage}/end", token=await scene.administrator(), body={})
    await scene.minutes(30, lambda _: False)
    assert [one["kind"] for one in await scene.notices(by=WARD_NURSE)] == ["began", "ended"]


async def test_start_and_end_are_put_down_exactly_once_for_each_of_2000_people(both: Scene) -> None:
    api, now = both.desk.api, both.desk.clock.now()
    people = [f"person-{number}" for number in range(PEOPLE)]
    async with api.db.write() as session:
        at_first = (await session.exec(select(func.count(func.distinct(MembershipRow.staff_id))).where(
            col(MembershipRow.unit_id).startswith("vasternorrland-")))).one()  # fmt: skip
        await session.exec(insert(StaffRow), params=[StaffRow(id=one, name="x").model_dump() for one in people])
        rows = [
            MembershipRow(staff_id=one, unit_id=unit, role="staff", chosen_at=now).model_dump()
            for one in people
            for unit in (WARD, "vasternorrland-hc-bergsbranten")
        ]
        await session.exec(insert(MembershipRow), params=rows)
    outage = await both.begun()
    token = await both.administrator()
    wanted = PEOPLE + at_first + 2
    async with api.db.write() as session:
        row = (await session.exec(select(OutageRow).where(OutageRow.id == outage))).one()
        assert await notices.tell_everyone(session, NoticeKind.BEGAN, row, now) <= 1
    ends = [both.desk.call("POST", f"/outages/{outage}/end", token=token, body={}) for _ in range(3)]
    assert {response.status_code for response in await asyncio.gather(*ends)} == {201}
    async with api.db.read() as session:
        counted = select(NoticeRow.kind, func.count(), func.count(func.distinct(NoticeRow.staff_id)))
        found = {
            kind: (total, people)
            for kind, total, people in (await session.exec(counted.group_by(NoticeRow.kind))).all()
        }
    assert found == {"began": (wanted, wanted), "ended": (wanted, wanted)}
    heard = [one for one in await both.notices(kind="began") if str(one["staff_id"]).startswith("person-")]
    assert sorted(str(one["staff_id"]) for one in heard) == sorted(people)


async def test_the_routine_is_told_to_its_own_region_and_nobody_elses(scene: Scene) -> None:
    ward = (await scene.desk.call("GET", "/outages/routine", by=WARD_NURSE)).json()
    assert ward["role"] == "ward_somatic"
    assert ward["calls"][0]["numbers"][0]["phone"] == "0611-34 80 00"
    other = (await scene.desk.call("GET", "/outages/routine", by=NURSE)).json()
    assert (other["role"], other["calls"]) == (None, [])
    assert "Ingen avbrottsrutin" in other["text"]


async def test_a_cursor_that_is_none_is_refused(scene: Scene) -> None:
    refused = await scene.desk.call("GET", "/outages/notices", by=WARD_NURSE, params={"after": "x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "cursor_invalid")
