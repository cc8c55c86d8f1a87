"""A live exercise from the first code to the last page, as browsers without scripts meet it."""

import re
from datetime import timedelta
from pathlib import Path

from sqlmodel import SQLModel, func, select

import api.exercise
from api.drafts.tables import DraftRow
from api.events.tables import EventRow
from api.exercise.news import News
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from api.messages.tables import CallRow, MessageRow
from common.outbox import OutboxRow
from knowledge.vocabulary import DERIVED
from tests.api.exercise.conftest import Class
from tests.support.api import PERSON_ID, Desk, order
from triage.scenarios import decision_at, recipient_at


async def votes(group: Class) -> list[tuple[int, int, str]]:
    async with group.desk.api.db.read() as session:
        return [(one.place, one.round, one.option) for one in await session.exec(select(VoteRow))]


async def test_people_join_by_code_vote_discuss_vote_again_and_see_what_the_routine_says(group: Class) -> None:
    row = await group.begin()
    assert row.code in await group.projector()
    await group.join("Måsen")
    await group.join("Tärnan")
    assert "Välkommen, Måsen!" in await group.page("Måsen")
    await group.act("next")
    right, wrong = await group.right_and_wrong()
    await group.vote("Måsen", wrong)
    shown = await group.projector()
    assert "1 av 2 har svarat" in shown
    assert "exercise-bars" not in shown
    await group.vote("Tärnan", right)
    assert "har svarat på en stund" not in (await group.trainer.get(f"/exercises/{row.id}")).text
    await group.act("next")
    spread = await group.page("Tärnan")
    assert "1 (50\N{NO-BREAK SPACE}%)" in spread
    assert "Rätt svar" not in spread
    assert "exercise-right" not in spread
    await group.act("again")
    await group.vote("Måsen", right)
    await group.vote("Tärnan", right)
    await group.act("next")
    shift = await group.page("Måsen")
    assert "sedan 2 (100\N{NO-BREAK SPACE}%)" in shift
    assert "upp 50\N{NO-BREAK SPACE}procentenheter" in shift
    await group.act("next")
    told = await group.page("Måsen")
    assert "Rätt!" in told
    assert "Rätt svar" in told
    assert "Regel K" in told
    assert sorted(await votes(group)) == sorted([(0, 1, right), (0, 1, wrong), (0, 2, right), (0, 2, right)])


async def test_the_answer_that_is_told_is_the_one_that_the_message_api_gives_to_the_same_facts(group: Class) -> None:
    scenario = group.desk.api.knowledge.scenarios.by_id["h24-kallar-till-sip"]
    pack = group.desk.api.knowledge.registry.pack(scenario.pack)
    shown = decision_at(pack, scenario, 0).facts.values()
    to = recipient_at(scenario, 0)
    body = {
        "pack": scenario.pack,
        "sender": str(scenario.unit_type),
        "recipient": str(to) if to else None,
        "text": "",
        "facts": {str(fact): value for fact, value in shown.items() if fact not in DERIVED},
    }
    decided = (await group.desk.call("POST", "/decisions", body=body)).json()
    await group.begin(scenario.id)
    for _ in range(3):
        await group.act("next")
    told = await group.projector()
    assert f"Regel {decided['rule']}" in told
    assert f"Rätt svar: {pack.channel_by_id[decided['channel']].label}" in told


async def test_a_nickname_that_tells_who_it_is_is_refused_and_so_is_one_that_is_taken(group: Class) -> None:
    await group.begin()
    for name, words in (
        ("Kim Exempelsson", "riktigt namn eller nummer"),
        (PERSON_ID, "riktigt namn eller nummer"),
        ("  ", "Skriv ett smeknamn"),
    ):
        assert words in (await group.join(name, expect=422)).text
    await group.join("Måsen")
    assert "taget" in (await group.join("måsen", expect=422)).text
    assert await counted(group.desk, ParticipantRow) == 1


async def test_a_session_cannot_be_named_after_anyone(group: Class) -> None:
    page = await group.trainer.get("/exercises/new?pack=halland-2024")
    data = {"scenario": "h24-kallar-till-sip", "title": f"Om {PERSON_ID}"}
    answer = await group.trainer.send(page, "/exercises", data, expect=422)
    assert "namn eller nummer" in answer.text


async def test_choosing_what_is_shown_keeps_what_is_ticked(group: Class) -> None:
    page = await group.trainer.get("/exercises/new?pack=halland-2024")
    ticked = {"scenario": "h24-sova-gott", "pack": "halland-2024", "level": "easy", "title": "Vår tisdag"}
    shown = await group.trainer.send(page, "/exercises", {**ticked, "act": "filter"})
    assert re.search(r'value="h24-sova-gott" checked', shown.text)
    assert "Vår tisdag" in shown.text
    level = group.desk.api.knowledge.scenarios.by_id["h24-sova-gott"].level
    assert ("Redan valda (1)" in shown.text) == (level != "easy")
    other = await group.trainer.send(shown, "/exercises", {**ticked, "pack": "orebro", "level": "", "act": "filter"})
    assert "Redan valda (1)" in other.text
    assert re.search(r'value="h24-sova-gott" checked', other.text)
    assert "orebro-rollatorn" in other.text
    async with group.desk.api.db.read() as session:
        assert (await session.exec(select(ExerciseRow))).all() == []


async def test_whoever_lost_her_place_comes_back_by_her_code_with_points_kept(group: Class) -> None:
    row = await group.begin(points="yes")
    await group.join("Måsen")
    await group.act("next")
    right, _ = await group.right_and_wrong()
    await group.vote("Måsen", right)
    code = re.search(r'exercise-rejoin">(\w{6})<', await group.page("Måsen"))
    assert code is not None
    async with group.browse() as another_phone:
        at = f"/ovning/{row.code}"
        await another_phone.post(f"{at}/back", {"rejoin": "zzzzzz"}, at=at, expect=422)
        page = await another_phone.post(f"{at}/back", {"rejoin": f" {code[1].upper()} "}, at=at)
        assert "(ditt svar)" in page.text
        await group.act("next")
        await group.act("next")
        assert "Dina poäng hittills: 2" in (await another_phone.get(str(page.url))).text


async def test_several_on_one_phone_answer_in_turn(group: Class) -> None:
    row = await group.begin()
    await group.join("Måsen")
    phone, at = group.people["Måsen"], f"/ovning/{row.code}"
    second = await phone.post(f"{at}/join", {"nickname": "Tärnan"}, at=f"{at}?new=1")
    assert "Svara som Måsen" in second.text
    await group.act("next")
    right, wrong = await group.right_and_wrong()
    page = await phone.post(f"{at}/vote", {"option": right}, at=str(second.url))
    assert "Du är Måsen" in page.text
    await phone.send(page, f"{at}/vote", {"option": wrong})
    assert sorted(option for _, _, option in await votes(group)) == sorted([right, wrong])


async def test_the_same_answer_twice_is_one_and_another_is_a_change_of_mind(group: Class) -> None:
    await group.begin()
    await group.join("Måsen")
    await group.act("next")
    right, wrong = await group.right_and_wrong()
    for option in (wrong, wrong, right, right):
        await group.vote("Måsen", option)
    assert await votes(group) == [(0, 1, right)]


async def test_an_answer_that_comes_late_counts_for_no_other_question(group: Class) -> None:
    row = await group.begin()
    await group.join("Måsen")
    await group.act("next")
    right, _ = await group.right_and_wrong()
    at = f"/ovning/{row.code}"
    old = await group.people["Måsen"].get(f"{at}?seat={group.seats['Måsen']}")
    await group.act("skip")
    answer = await group.people["Måsen"].send(old, f"{at}/vote", {"option": right})
    assert "Svaret räknades inte" in answer.text
    assert await votes(group) == []


async def test_nobody_answers_while_it_is_paused_or_when_the_time_is_up_or_in_anothers_name(group: Class) -> None:
    row = await group.begin(seconds="30")
    await group.join("Måsen")
    await group.join("Tärnan")
    await group.act("next")
    right, _ = await group.right_and_wrong()
    at = f"/ovning/{row.code}"
    old = await group.people["Måsen"].get(f"{at}?seat={group.seats['Måsen']}")
    await group.act("pause")
    assert "Paus" in (await group.people["Måsen"].send(old, f"{at}/vote", {"option": right})).text
    await group.act("resume")
    for option, seat in ((right, group.seats["Tärnan"]), ("99", group.seats["Måsen"])):
        await group.people["Måsen"].send(old, f"{at}/vote", {"option": option, "seat": seat})
    group.desk.clock.advance(timedelta(seconds=31))
    assert "Tiden gick ut" in (await group.people["Måsen"].send(old, f"{at}/vote", {"option": right})).text
    assert await votes(group) == []


async def test_a_double_tap_of_the_trainers_goes_on_once_and_she_can_go_back(group: Class) -> None:
    row = await group.begin()
    page = await group.trainer.get(f"/exercises/{row.id}")
    for _ in range(2):
        await group.trainer.send(page, f"/exercises/{row.id}/act", {"act": "next"})
    assert (await group.row()).phase == "vote"
    await group.act("next")
    await group.act("back")
    assert ((await group.row()).place, (await group.row()).phase) == (0, "vote")


async def test_the_trainer_sees_who_has_not_answered_and_the_projector_never_what(group: Class) -> None:
    row = await group.begin()
    await group.join("Måsen")
    await group.join("Tärnan")
    await group.act("next")
    right, _ = await group.right_and_wrong()
    await group.vote("Måsen", right)
    group.desk.clock.advance(timedelta(minutes=1))
    lead = (await group.trainer.get(f"/exercises/{row.id}")).text
    assert "<strong>Tärnan</strong>: har inte svarat på en stund" in lead
    assert "<strong>Måsen</strong>:" not in lead


async def test_two_sessions_at_once_know_nothing_of_each_other(group: Class) -> None:
    first = await group.begin()
    await group.join("Måsen")
    second = await group.begin()
    await group.join("Tärnan")
    assert first.code != second.code
    assert "Tärnan" not in await page_of(group, first.code)
    seat = group.seats["Måsen"]
    page = await group.people["Måsen"].get(f"/ovning/{second.code}?seat={seat}")
    assert 'name="nickname"' in page.text


async def page_of(group: Class, code: str) -> str:
    async with group.browse() as someone:
        return (await someone.get(f"/ovning/{code}/visa")).text


async def test_a_forged_seat_or_an_unknown_code_leads_nowhere(group: Class) -> None:
    row = await group.begin()
    await group.join("Måsen")
    async with group.browse() as stranger:
        stranger.client.cookies.set("lots_exercise", f"{group.seats['Måsen']}.{'0' * 24}")
        assert 'name="nickname"' in (await stranger.get(f"/ovning/{row.code}?seat={group.seats['Måsen']}")).text
        assert (await stranger.get("/ovning/00000")).status_code == 404
        assert (await stranger.get("/ovning?code=00000")).status_code == 404
        assert (await stranger.get(f"/exercises/{row.id}")).status_code == 401


async def test_participants_are_nudged_when_it_goes_on_and_the_projector_of_answers_too(group: Class) -> None:
    row = await group.begin()
    await group.join("Måsen")
    heard = News().marks(group.desk.api, row.id, wide=False)
    assert await anext(heard) == "data: 0\n\n"
    await group.act("next")
    assert await anext(heard) == "data: 1\n\n"
    wide = News().marks(group.desk.api, row.id, wide=True)
    assert await anext(wide) == "data: 1.1.0\n\n"
    right, _ = await group.right_and_wrong()
    await group.vote("Måsen", right)
    assert await anext(wide) == "data: 1.1.1\n\n"
    await heard.aclose()
    await wide.aclose()


async def test_nothing_in_an_exercise_reaches_the_messages(group: Class) -> None:
    """The whole of one is held, and its people try the message API with what they hold; no row of it is touched."""
    row = await group.begin("h24-arskontroll-skriv")
    await group.join("Måsen")
    phone = group.people["Måsen"]
    for _ in range(8):
        if (await group.row()).phase in ("vote", "again"):
            page = await phone.get(f"/ovning/{row.code}?seat={group.seats['Måsen']}")
            await phone.send(page, f"/ovning/{row.code}/vote", {"option": "1"})
        await group.act("next")
    for path in ("messages", "drafts"):
        answer = await phone.client.post(f"/api/v1/{path}", json=order(), headers={"idempotency-key": "k"})
        assert answer.status_code == 401
        answer = await group.trainer.client.post(f"/api/v1/{path}", json=order(), headers={"idempotency-key": "k"})
        assert answer.status_code == 403
    assert await counted(group.desk, ParticipantRow) == 1
    for table in (MessageRow, DraftRow, EventRow, OutboxRow, CallRow):
        assert await counted(group.desk, table) == 0
    for file in Path(api.exercise.__file__).parent.glob("*.py"):
        assert not re.search(r"(from|import) api\.(messages|drafts|events)", file.read_text("utf-8")), file.name


async def counted(desk: Desk, table: type[SQLModel]) -> int:
    async with desk.api.db.read() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()
