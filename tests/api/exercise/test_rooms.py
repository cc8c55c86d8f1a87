"""A live exercise over HTTP in a signed-in person's name: her own seat, her votes once, and never more than she may see."""

from typing import Any

from sqlmodel import select

from api.exercise.tables import ParticipantRow, VoteRow
from api.messages.tables import MessageRow
from tests.api.exercise.conftest import Class
from tests.support.api import NURSE, OTHER, PERSON_ID

Json = dict[str, Any]


async def room(group: Class, by: str = NURSE) -> Json:
    answer = await group.desk.call("GET", f"/exercise-rooms/{(await group.row()).code}", by=by)
    assert answer.status_code == 200
    body: Json = answer.json()
    return body


async def join(group: Class, nickname: str, by: str = NURSE) -> Json:
    path = f"/exercise-rooms/{(await group.row()).code}/participants"
    answer = await group.desk.call("POST", path, by=by, body={"nickname": nickname})
    assert answer.status_code == 200
    body: Json = answer.json()
    return body


async def vote(group: Class, option: str, by: str = NURSE, place: int = 0) -> Json:
    path = f"/exercise-rooms/{(await group.row()).code}/votes"
    answer = await group.desk.call("POST", path, by=by, body={"place": place, "round": 1, "option": option})
    assert answer.status_code == 200
    body: Json = answer.json()
    return body


async def test_a_person_joins_votes_changes_her_mind_and_sees_the_answer_when_it_is_told(group: Class) -> None:
    await group.begin(points="yes")
    assert (await room(group))["nickname"] is None
    assert (await join(group, "Måsen"))["nickname"] == "Måsen"
    await group.act("next")
    right, wrong = await group.right_and_wrong()
    open_now = await room(group)
    assert {choice["id"] for choice in open_now["choices"]} >= {right, wrong}
    assert (open_now["spread"], open_now["answer"], open_now["reasons"]) == ([], None, [])
    assert (await vote(group, wrong))["said"] == "counted"
    for _ in range(2):
        counted = await vote(group, right)
        assert (counted["said"], counted["given"]) == ("counted", right)
    async with group.desk.api.db.read() as session:
        assert [one.option for one in await session.exec(select(VoteRow))] == [right]
        assert list(await session.exec(select(MessageRow))) == []
    await group.act("next")
    assert (await vote(group, wrong))["said"] == "closed"
    assert sum(bar["count"] for bar in (await room(group))["spread"]) == 1
    await group.act("next")
    told = await room(group)
    assert (told["right_choice"], told["given"], told["points"]) == (right, right, 2)
    assert any("Regel" in why["source"] for why in told["reasons"])


async def test_joining_again_is_the_same_seat_and_nobody_elses(group: Class) -> None:
    await group.begin()
    await join(group, "Måsen")
    assert (await join(group, "Tärnan"))["nickname"] == "Måsen"
    taken = await join(group, "Måsen", by=OTHER)
    assert (taken["said"], taken["nickname"], taken["choices"]) == ("taken", None, [])
    assert (await vote(group, "a", by=OTHER))["said"] == "unknown"
    async with group.desk.api.db.read() as session:
        rows = list(await session.exec(select(ParticipantRow)))
    assert len(rows) == 1
    assert NURSE not in (rows[0].door or NURSE)


async def test_a_nickname_that_tells_who_it_is_is_refused(group: Class) -> None:
    await group.begin()
    for name in ("Kim Exempelsson", PERSON_ID):
        refused = await join(group, name)
        assert (refused["said"], refused["nickname"]) == ("identity", None)


async def test_a_code_that_leads_nowhere_is_not_there_and_trying_many_is_stopped(group: Class) -> None:
    await group.begin()
    code = "0000" if (await group.row()).code != "0000" else "0001"
    seen = [(await group.desk.call("GET", f"/exercise-rooms/{code}")).status_code for _ in range(12)]
    assert seen[0] == 404
    assert seen[-1] == 429
