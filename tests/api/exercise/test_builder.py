"""A trainer writes scenarios of her own: the answer is the engine's, an identity never gets in, colleagues may share."""

import re
from html.parser import HTMLParser

from sqlmodel import select

from api.exercise import drafting, own
from api.exercise.tables import OwnScenarioRow
from common.web.forms import LIMIT_FIELDS, Form
from tests.api.exercise.conftest import Class
from tests.support.api import PERSON_ID, shared_knowledge

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
        learn1_source="duty no_typed_dose",
        learn2="Skriv när det kan vänta.",
    )
    learnt = own.scenario_of((await stored(group))[0]).learn
    assert [(point.rule, point.duty) for point in learnt] == [("K3", None), (None, "no_typed_dose"), ("K8", None)]
    at = f"{LIST}/{(await stored(group))[0].id}"
    form = (await group.trainer.get(at)).text
    assert "Ingen bilaga." in form
    assert '<option value="duty no_typed_dose" selected>' in form


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


def test_every_scenario_of_the_house_fits_the_form_and_comes_back_from_it_as_the_same() -> None:
    knowledge = shared_knowledge()
    for scenario in knowledge.scenarios.all:
        pack = knowledge.registry.pack(scenario.pack)
        assert drafting.fits_form(scenario), scenario.id
        form = drafting.as_form(scenario, pack)
        assert drafting.sketch(Form(tuple(form.items())), pack, scenario.id).scenario == scenario
        recipients = {value for name, value in form.items() if name.endswith("_to") and value}
        assert {*recipients, scenario.unit_type} <= {str(unit) for unit in pack.unit_labels}


class Filled(HTMLParser):
    """Every field of the page's last form, as the browser would send it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "input" and held.get("type") != "checkbox":
            self.fields[held["name"]] = held.get("value", "")
        elif tag == "select":
            self._select = held["name"]
        elif tag == "option" and (self._select not in self.fields or "selected" in held):
            self.fields[self._select] = held["value"]
        elif tag == "textarea":
            self._area = held["name"]
            self.fields[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


async def test_a_case_of_the_house_is_changed_in_the_form_and_saved_as_ones_own(group: Class) -> None:
    ids = (
        "h24-tryck-over-brostet",
        "h24-kallar-till-sip",
        "h24-sar-som-luktar",
        "vn-in-och-ut",
        "vn-kallelse-en-vanlig-dag",
    )
    for scenario_id in ids:
        page = await group.trainer.get(f"{LIST}/new?from={scenario_id}")
        form = Filled(page.text).fields
        assert len(form) < LIMIT_FIELDS
        await group.trainer.send(page, LIST, {**form, "title": "Vårt eget fall", "act": "save"})
    rows = await stored(group)
    for row, scenario_id in zip(rows, ids, strict=True):
        assert row.id.startswith("egen-")
        saved, shipped = own.scenario_of(row), group.desk.api.knowledge.scenarios.by_id[scenario_id]
        assert saved.title == "Vårt eget fall"
        assert saved.model_copy(update={"id": shipped.id, "title": shipped.title}) == shipped


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


async def test_the_engine_speaks_of_each_kind_of_question_and_refuses_one_that_it_has_no_answer_to(
    group: Class,
) -> None:
    for question, words in {
        "first": "Ingenting behöver frågas: det är redan avgjort",
        "include": "Det här måste vara med: ",
        "exclude": "Det här får inte vara med: ",
        "call": "Rutinen säger inte att man ringer någon här.",
        "write": "Rubriker: ",
    }.items():
        assert words in await write(group, act="ask", s0_question=question)
    for question, field in {"first": "question", "include": "ground", "call": "who", "write": "question"}.items():
        page = await write(group, expect=422, s0_question=question, s0_text="Vad ni vill ha svar på.")
        assert f'id="s0_{field}-error"' in page, question
    assert await stored(group) == []


async def test_whom_to_call_is_the_engines_answer_and_a_ground_that_does_not_hold_is_refused(group: Class) -> None:
    call = {"s0_question": "call", "s0_d0_who": "unit:home_help", "s0_d1_who": "number:112"}
    await write(group, s0_fact_urgency="urgent", **call)
    answer = own.scenario_of((await stored(group))[0]).steps[0].answer
    assert answer is not None
    assert answer.named == ("unit:primary_care",)
    texts = {"s0_question": "exclude", "s0_text": "Dosen.", "s0_d0_text": "Frågan.", "s0_d1_text": "Vad ni vill."}
    page = await write(group, expect=422, s0_ground="duty call_first", **texts)
    assert 'id="s0_ground-error"' in page
    assert len(await stored(group)) == 1


async def test_copies_are_numbered_and_a_case_of_the_house_is_started_from_under_a_name_of_its_own(
    group: Class,
) -> None:
    await write(group)
    row = (await stored(group))[0]
    for _ in range(2):
        await group.trainer.post(f"{LIST}/{row.id}/change", {"act": "copy"}, at=f"{LIST}/{row.id}/preview")
    names = {one.title: one.id for one in await stored(group)}
    first = names["Blodtrycket i pärmen (kopia)"]
    assert "Blodtrycket i pärmen (kopia 2)" in names
    await group.trainer.post(f"{LIST}/{first}/change", {"act": "copy"}, at=f"{LIST}/{first}/preview")
    assert {one.title for one in await stored(group)} - names.keys() == {"Blodtrycket i pärmen (kopia 3)"}
    for mark in ("(kopia)", "(kopia 2)"):
        page = await group.trainer.get(f"{LIST}/new?from=h24-kallar-till-sip")
        form = Filled(page.text).fields
        assert form["title"].endswith(mark)
        await group.trainer.send(page, LIST, {**form, "act": "save"})
