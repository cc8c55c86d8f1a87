"""A live exercise from the first code to the last page, as browsers without scripts meet it."""

from sqlmodel import select

from api.exercise.tables import VoteRow
from knowledge.vocabulary import DERIVED
from tests.api.exercise.conftest import Class
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
    assert "exercise-spread" not in shown
    await group.vote("Tärnan", right)
    assert "har svarat på en stund" not in (await group.trainer.get(f"/exercises/{row.id}")).text
    await group.act("next")
    spread = await group.page("Tärnan")
    assert "1 (50 %)" in spread
    assert "Rätt svar" not in spread
    assert "exercise-right" not in spread
    await group.act("again")
    await group.vote("Måsen", right)
    await group.vote("Tärnan", right)
    await group.act("next")
    shift = await group.page("Måsen")
    assert "2 (100 %)" in shift
    assert "+50<span" in shift
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
