"""A trainer writes scenarios of her own: the answer is the engine's, an identity never gets in, colleagues may share."""

import html
import re

from sqlmodel import select

from api.exercise import own
from api.exercise.tables import OwnScenarioRow
from tests.api.exercise.conftest import Class
from tests.support.api import PERSON_ID

LIST = "/exercises/scenarios"
STORY = (
    "En man som ni besöker varje vecka har fått högre blodtryck. Du vill att vårdcentralen läser av listan. Hur gör du?"
)
FIELDS = {
    "title": "Blodtrycket i pärmen",
    "role": "distriktssköterska i hemsjukvården",
    "unit_type": "municipal_health",
    "level": "easy",
    "day": "2024-03-05",
    "learn": "Det som inte brådskar skrivs.",
    "s0_story": STORY,
    "s0_to": "primary_care",
    "s0_fact_topic": "sampling",
    "s0_fact_home_care_enrolled": "true",
    "s0_d0_channel": "phone",
    "s0_d0_tempting": "Då är det gjort.",
    "s0_d0_wrong": "Det brådskar inte.",
    "s0_d1_channel": "planning",
    "s0_d1_tempting": "Ni planerar ju ihop.",
    "s0_d1_wrong": "Ett svar räcker.",
}


async def stored(group: Class) -> list[OwnScenarioRow]:
    async with group.desk.api.db.read() as session:
        return list(await session.exec(select(OwnScenarioRow).order_by(OwnScenarioRow.id, OwnScenarioRow.version)))  # type: ignore[arg-type]


async def write(group: Class, expect: int = 200, **changes: str) -> str:
    at = f"{LIST}/new?pack=halland-2024"
    answer = await group.trainer.post(LIST, {**FIELDS, "act": "save", **changes}, at=at, expect=expect)
    return answer.text


async def test_the_author_writes_a_story_and_the_engine_gives_the_answer(group: Class) -> None:
    asked = await write(group, act="ask")
    assert "Rutinen säger: Meddelande utanför vårdtillfälle (regel K8)" in asked
    assert await stored(group) == []
    saved = await write(group)
    assert "Sparat." in saved
    assert "Rätt svar: Meddelande utanför vårdtillfälle" in saved
    row = (await stored(group))[0]
    page = (await group.trainer.get("/exercises/new?pack=halland-2024")).text
    assert row.id in page
    await group.begin(row.id)
    await group.join("Måsen")
    await group.act("next")
    assert STORY in await group.page("Måsen")


async def test_a_text_with_an_identity_is_refused_at_its_field_and_not_kept(group: Class) -> None:
    for field, words in (
        ("s0_story", f"{STORY} Han heter Kim Exempelsson."),
        ("s0_d0_wrong", f"Fel. {PERSON_ID}"),
        ("learn", "Ring 070-174 06 05."),
        ("title", f"Fallet {PERSON_ID}"),
    ):
        page = await write(group, expect=422, **{field: words})
        assert "verkar innehålla en identitet" in page
        assert f'id="{field}-error"' in page
    assert await stored(group) == []


async def test_a_tempting_answer_that_is_right_after_all_is_refused(group: Class) -> None:
    page = await write(group, expect=422, s0_d0_channel="message_outside_care_episode")
    assert 'id="s0_d0_channel-error"' in page
    assert "Det här är det rätta svaret." in page
    assert "Samma svar" not in page
    assert await stored(group) == []


async def test_what_is_to_be_taken_along_has_the_source_that_the_author_chose(group: Class) -> None:
    await write(
        group,
        learn_source="K3",
        learn1="Ingen bilaga.",
        learn1_source="duty:no_typed_dose",
        learn2="Skriv när det kan vänta.",
    )
    learnt = own.scenario_of((await stored(group))[0]).learn
    assert [(point.rule, point.duty) for point in learnt] == [("K3", None), (None, "no_typed_dose"), ("K8", None)]
    at = f"{LIST}/{(await stored(group))[0].id}"
    form = (await group.trainer.get(at)).text
    assert "Ingen bilaga." in form
    assert '<option value="duty:no_typed_dose" selected>' in form


async def test_what_the_story_leaves_open_is_said_and_cannot_be_saved(group: Class) -> None:
    page = await write(group, expect=422, s0_fact_urgency="?")
    assert "Rutinen behöver veta: Hur bråttom det är" in page
    assert "answer" not in page
    assert await stored(group) == []


async def test_a_change_is_a_new_version_and_the_old_one_is_kept(group: Class) -> None:
    await write(group)
    row = (await stored(group))[0]
    at = f"{LIST}/{row.id}"
    assert STORY in (await group.trainer.get(at)).text
    await group.trainer.post(at, {**FIELDS, "title": "Ny rubrik", "act": "save"})
    assert [(one.version, one.newest, one.title) for one in await stored(group)] == [
        (1, False, "Blodtrycket i pärmen"),
        (2, True, "Ny rubrik"),
    ]
    assert "Version 1" in (await group.trainer.get(at)).text


async def test_a_scenario_is_the_authors_until_she_shares_it_and_hers_alone_to_change(group: Class) -> None:
    await write(group)
    at = f"{LIST}/{(await stored(group))[0].id}"
    async with group.browse("tomas-ek") as colleague:
        assert (await colleague.get(f"{at}/preview")).status_code == 404
        await group.trainer.post(f"{at}/change", {"act": "share"}, at=f"{at}/preview")
        assert (await colleague.get(f"{at}/preview")).status_code == 200
        assert (await colleague.get(at)).status_code == 404
        await colleague.post(f"{at}/change", {"act": "remove"}, at=f"{at}/preview", expect=404)
        await colleague.post(f"{at}/change", {"act": "copy"}, at=f"{at}/preview")
    rows = await stored(group)
    assert {row.created_by for row in rows} == {"staff:petra-lang", "staff:tomas-ek"}
    async with group.browse("maja-lindqvist") as nurse:
        assert (await nurse.get(LIST)).status_code == 403


async def test_a_removed_scenario_is_gone_with_its_versions(group: Class) -> None:
    await write(group)
    at = f"{LIST}/{(await stored(group))[0].id}"
    asked = await group.trainer.post(f"{at}/change", {"act": "remove"}, at=f"{at}/preview")
    assert "Vill du ta bort ”Blodtrycket i pärmen”?" in asked.text
    assert await stored(group) != []
    assert "Scenariot är borttaget" in (await group.trainer.send(asked, f"{at}/change")).text
    assert await stored(group) == []


async def test_every_scenario_of_the_house_leaves_as_yaml_and_reads_back_as_the_same(group: Class) -> None:
    knowledge = group.desk.api.knowledge
    for scenario in knowledge.scenarios.all:
        back, errors = own.read_yaml(group.desk.api, own.as_yaml([scenario]))
        assert errors == ()
        assert back == (scenario,)


async def test_a_case_of_the_house_is_started_from_and_saved_as_ones_own(group: Class) -> None:
    page = await group.trainer.get(f"{LIST}/new?from=h24-kallar-till-sip")
    typed = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    assert typed is not None

    await group.trainer.send(page, f"{LIST}/yaml", {"yaml": html.unescape(typed[1])})
    row = (await stored(group))[0]
    assert row.id.startswith("egen-")
    assert own.scenario_of(row).steps == group.desk.api.knowledge.scenarios.by_id["h24-kallar-till-sip"].steps


async def test_a_file_with_anything_wrong_is_refused_whole_with_its_lines(group: Class) -> None:
    scenario = group.desk.api.knowledge.scenarios.by_id["h24-kallar-till-sip"]
    text = own.as_yaml([scenario]).replace("title: ", f"title: {PERSON_ID} ", 1)
    page = await group.trainer.post(f"{LIST}/yaml", {"yaml": text}, at=LIST, expect=422)
    assert re.search(r"Rad \d+: .*verkar innehålla en identitet", page.text)
    assert await stored(group) == []


async def test_a_file_made_to_harm_is_only_refused(group: Class) -> None:
    for text in (
        "[" * 20_000,
        "- " * 20_000,
        "\n".join(" " * depth + "a:" for depth in range(600)),
        "a: &x [1]\nb: *x\n",
        "!!python/object/apply:os.system ['true']",
    ):
        read, errors = own.read_yaml(group.desk.api, text)
        assert read == ()
        assert errors


async def test_a_scenario_that_the_routine_no_longer_agrees_with_cannot_be_used(group: Class) -> None:
    await write(group)
    row = (await stored(group))[0]
    async with group.desk.api.db.write() as session:
        kept = await session.get(OwnScenarioRow, (row.id, row.version))
        assert kept is not None
        kept.body = kept.body.replace('"rule":"K8"', '"rule":"K7"')
        session.add(kept)
    assert "Rutinen säger något annat nu" in (await group.trainer.get(LIST)).text
    assert row.id not in (await group.trainer.get("/exercises/new?pack=halland-2024")).text
