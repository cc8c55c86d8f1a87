"""What stands on the screens of a live exercise at each step: the clock, the second vote, what was passed by, writing, and the end."""

import re
from datetime import timedelta

from tests.api.exercise.conftest import Class
from tests.api.exercise.test_rooms import join, room
from tests.support.api import NURSE

SPACE = "\N{NO-BREAK SPACE}"
RELOADS = 'http-equiv="refresh"'


async def lead(group: Class) -> str:
    return (await group.trainer.get(f"/exercises/{(await group.row()).id}")).text


async def some_vote(group: Class, **options: str) -> None:
    for nickname, option in options.items():
        await group.vote(nickname, option)


async def three_join(group: Class, *scenarios: str, **fields: str) -> tuple[str, str]:
    """The ids of the right answer to the first question, which is open, and of a wrong one."""
    await group.begin(*scenarios, **fields)
    for nickname in ("Måsen", "Tärnan", "Vipan"):
        await group.join(nickname)
    await group.act("next")
    return await group.right_and_wrong()


async def test_whoever_does_not_vote_again_stands_by_her_first_answer_in_the_shift_and_the_report(group: Class) -> None:
    right, wrong = await three_join(group)
    await some_vote(group, Måsen=right, Tärnan=wrong, Vipan=wrong)
    for act in ("next", "again"):
        await group.act(act)
    mine = await group.page("Måsen")
    assert "(ditt svar förra gången)" in mine
    assert "står ditt förra svar kvar" in mine
    await group.vote("Vipan", right)
    assert "1 av 3 har svarat igen" in await group.projector()
    assert "Har inte svarat ännu" not in await lead(group)
    await group.act("next")
    shift = await group.projector()
    assert f"Först 1 (33{SPACE}%)" in shift
    assert f"sedan 2 (67{SPACE}%)" in shift
    assert f"sedan 1 (33{SPACE}%)" in shift
    report = (await group.trainer.get(f"/exercises/{(await group.row()).id}/report")).text
    assert f"67{SPACE}% efter samtalet" in report


async def test_a_second_vote_that_nobody_used_changes_nothing(group: Class) -> None:
    right, wrong = await three_join(group)
    await some_vote(group, Måsen=right, Tärnan=wrong)
    for act in ("next", "again", "next"):
        await group.act(act)
    shift = await group.projector()
    assert shift.count(f"Först 1 (50{SPACE}%)") == shift.count(f"sedan 1 (50{SPACE}%)") == 2
    assert "procentenheter" not in shift


async def test_the_time_that_is_left_stands_on_every_screen_and_when_it_is_out_the_vote_is_closed_on_all(
    group: Class,
) -> None:
    right, _ = await three_join(group, seconds="30")
    old = await group.people["Måsen"].get(f"/ovning/{(await group.row()).code}?seat={group.seats['Måsen']}")
    group.desk.clock.advance(timedelta(seconds=10))
    for page in (await group.page("Måsen"), await group.projector(), await lead(group)):
        assert 'data-left="20"' in page
        assert "0:20" in page
    group.desk.clock.advance(timedelta(seconds=21))
    for page in (await group.page("Måsen"), await group.projector(), await lead(group)):
        assert "Tiden är ute" in page
        assert 'name="option"' not in page
    refused = await group.people["Måsen"].send(old, f"/ovning/{(await group.row()).code}/vote", {"option": right})
    assert re.search(
        r'banner--warn" role="alert"[^>]*>.*?Tiden gick ut. Svaret räknades inte.', refused.text, re.DOTALL
    )


async def test_a_pause_takes_no_time_from_anyone(group: Class) -> None:
    await three_join(group, seconds="30")
    await group.act("pause")
    assert "Omröstningen är öppen" not in await lead(group)
    group.desk.clock.advance(timedelta(minutes=5))
    await group.act("resume")
    assert 'data-left="30"' in await group.page("Måsen")


async def test_back_to_a_question_that_was_passed_by_is_back_to_its_vote_and_never_to_its_answer(group: Class) -> None:
    await three_join(group)
    for passed_by in ("vote", "spread"):
        await group.act("skip")
        await group.act("back")
        row = await group.row()
        assert (row.place, row.phase) == (0, passed_by)
        assert "Rätt svar" not in await group.projector()
        await group.act("next")
    assert (await group.row()).phase == "reveal"
    for act in ("next", "back"):
        await group.act(act)
    assert (await group.row()).phase == "reveal"


async def test_an_exercise_that_is_taken_up_again_shows_no_answer_that_was_not_shown(group: Class) -> None:
    await three_join(group)
    for act in ("end", "back"):
        await group.act(act)
    assert (await group.row()).phase == "vote"


async def test_a_writing_exercise_is_written_and_not_voted_on(group: Class) -> None:
    await three_join(group, "h24-arskontroll-skriv", seconds="30")
    await group.act("skip")
    await join(group, "Ejdern")
    for page in (await lead(group), await group.projector(), await group.page("Måsen")):
        assert "mröstningen är öppen" not in page
        assert "har svarat" not in page
        assert "Har inte svarat ännu" not in page
        assert "data-left" not in page
    assert "Alla skriver" in await lead(group)
    assert "Skriv för dig själv" in await group.page("Måsen")
    told = await room(group)
    assert (told["writing"], told["round"], told["choices"]) == (True, None, [])
    await group.act("next")
    shown = await group.page("Måsen")
    assert "Ett förslag" in shown
    assert "<h3>Bakgrund" in shown


async def test_without_scripts_nobody_who_reads_or_answers_is_interrupted(group: Class) -> None:
    right, _ = await three_join(group)
    await group.act("back")
    assert RELOADS in await group.page("Måsen")
    await group.act("next")
    await group.vote("Måsen", right)
    for act in ("next", "next"):
        assert RELOADS not in await group.page("Måsen")
        assert "Visa det senaste" in await group.page("Måsen")
        await group.act(act)
    assert RELOADS not in await group.page("Måsen")
    await group.act("pause")
    assert RELOADS in await group.page("Måsen")


async def test_a_screen_reader_is_told_what_has_happened(group: Class) -> None:
    await three_join(group)
    said = []
    for act in ("again", "next", "again", "next", "next", "next"):
        found = re.search(r'data-say="([^"]*)"', await group.page("Måsen"))
        assert found is not None
        said.append(found[1])
        await group.act(act)
    assert said == [
        "Fråga 1. Omröstningen är öppen.",
        "Fråga 1. Omröstningen är öppen.",
        "Så svarade ni.",
        "Fråga 1. Den andra omröstningen är öppen.",
        "Så svarade ni, före och efter samtalet.",
        "Facit visas.",
    ]


async def test_to_end_is_asked_about_and_the_end_gives_something_to_talk_about(group: Class) -> None:
    right, wrong = await three_join(group)
    await some_vote(group, Måsen=right, Tärnan=wrong)
    row = await group.row()
    asked = await group.trainer.get(f"/exercises/{row.id}/end")
    assert "Vill du avsluta övningen?" in asked.text
    assert 'value="end"' not in await lead(group)
    assert (await group.row()).phase == "vote"
    over = (await group.trainer.send(asked, f"/exercises/{row.id}/act")).text
    assert (await group.row()).phase == "ended"
    assert "Vem behöver hjälp?" not in over
    for page in (over, await group.projector()):
        assert "Det här var svårast" in page
        assert f"(50{SPACE}% rätt)" in page
        assert "Prata om de frågorna" in page
    assert f"/exercises/{row.id}/report" in over
    assert "1 rätt av 1" in await group.page("Måsen")
    last = await group.page("Vipan")
    assert "besvarade" not in last
    assert "En till på den här telefonen" not in last


async def test_the_last_question_leads_to_the_end(group: Class) -> None:
    await three_join(group)
    told: list[bool] = []
    while (await group.row()).phase != "ended":
        told.append("Avsluta frågorna" in await lead(group))
        await group.act("next")
    assert told[-1]
    assert sum(told) == 1


async def test_a_nickname_is_taken_away_and_the_one_who_had_it_keeps_all_else(group: Class) -> None:
    right, _ = await three_join(group)
    await group.vote("Tärnan", right)
    row = await group.row()
    at = f"/exercises/{row.id}"
    done = await group.trainer.post(f"{at}/unname", {"participant": group.seats["Tärnan"]}, at=at)
    assert "Smeknamnet är borttaget" in done.text
    assert "Tärnan" not in await group.projector()
    page = await group.page("Tärnan")
    assert "Du är Deltagare 2" in page
    assert "(ditt svar)" in page
    async with group.browse("tomas-ek") as other:
        form = {"participant": group.seats["Måsen"]}
        await other.post(f"{at}/unname", form, at="/exercises/new", expect=404)
    assert "Måsen" in await group.projector()


async def test_the_chat_is_told_as_much_as_the_pages_are(group: Class) -> None:
    await three_join(group, seconds="60")
    await join(group, "Ejdern")
    _, wrong = await group.right_and_wrong()
    asked = await room(group)
    assert (asked["case"], asked["role"]) == ("Sömntabletterna från förr", "sjuksköterska i hemsjukvården")
    assert asked["seconds"] == 60
    code = (await group.row()).code
    body = {"place": 0, "round": 1, "option": wrong}
    await group.desk.call("POST", f"/exercise-rooms/{code}/votes", by=NURSE, body=body)
    for act in ("next", "again"):
        await group.act(act)
    again = await room(group)
    assert (again["given"], again["given_before"]) == (None, wrong)
    await group.act("next")
    shift = await room(group)
    assert {(bar["before"], bar["count"]) for bar in shift["spread"]} == {(1, 1), (0, 0)}
    assert (shift["given"], shift["tempting"]) == (wrong, [])
    await group.act("next")
    told = await room(group)
    assert {"choice", "tempting", "wrong"} == set(told["tempting"][0])
    assert told["answer"] not in {one["choice"] for one in told["tempting"]}
