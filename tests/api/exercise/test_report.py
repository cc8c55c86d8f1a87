"""What comes after a live exercise: figures, files that other programs read, nobody named, and everything gone on its day."""

import csv
import io
import json
import re
import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from openpyxl import load_workbook
from sqlmodel import func, select

from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow
from api.keeping.pruning import prune
from tests.api.exercise.conftest import Class
from tests.support.api import shared_knowledge

DURATION_FREE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def held(group: Class, **fields: str) -> str:
    """A session where one is right at once and one after the talk; the address of its report."""
    row = await group.begin(**fields)
    await group.join("Måsen", unit_type="municipal_health")
    await group.join("Tärnan", unit_type="primary_care")
    await group.act("next")
    right, wrong = await group.right_and_wrong()
    await group.vote("Måsen", right)
    await group.vote("Tärnan", wrong)
    await group.act("next")
    await group.act("again")
    await group.vote("Måsen", right)
    await group.vote("Tärnan", right)
    for act in ("next", "next", "end"):
        await group.act(act)
    return f"/exercises/{row.id}/report"


async def test_the_report_tells_by_question_way_rule_and_unit_and_names_nobody(group: Class) -> None:
    page = (await group.trainer.get(await held(group))).text
    assert "2 gick med, 2 svarade" in page
    assert "1 av 2 rätt (50\N{NO-BREAK SPACE}%)" in page
    assert "100\N{NO-BREAK SPACE}% efter samtalet" in page
    assert "1 av 1 rätt (100\N{NO-BREAK SPACE}%)" in page
    assert "0 av 1 rätt (0\N{NO-BREAK SPACE}%)" in page
    assert "exercise-heat__cell--2" in page
    columns = re.findall(r'exercise-heat__column" title="([^"]+)"><span aria-hidden="true">([^<]+)<', page)
    assert ("Meddelande utanför vårdtillfälle", "Meddelande") in columns
    assert not any(name.isdigit() and name != "112" for _, name in columns)
    assert "Måsen" not in page


def test_every_way_has_a_short_name_that_stands_over_a_column() -> None:
    knowledge = shared_knowledge()
    for language in ("sv", "en"):
        texts = knowledge.speaking(language).texts
        for pack in knowledge.registry.packs:
            for row in pack.rows:
                assert len(texts.text(f"exercise.report.short.{row.channel}")) <= 20, row.channel


async def test_the_answers_leave_as_csv_without_names_unless_they_were_promised_to_be_there(group: Class) -> None:
    text = (await group.trainer.get(f"{await held(group)}/csv")).text
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    given = [(one["Deltagare"], one["Omröstning"], one["Rätt svar (1 ja, 0 nej)"]) for one in lines]
    first = given[0][0]
    (other,) = {"Deltagare 1", "Deltagare 2"} - {first}
    assert given == [(first, "1", "1"), (other, "1", "0"), (first, "2", "1"), (other, "2", "1")]
    assert {one["Regel"] for one in lines} == {"K8"}
    assert {one["Enhetstyp"] for one in lines} == {""}, "so few come from each kind of unit that it would name them"
    named = (await group.trainer.get(f"{await held(group, named='yes')}/csv")).text
    assert "Måsen" in named


async def test_what_a_spreadsheet_would_run_is_only_text_in_the_files(group: Class) -> None:
    row = await group.begin(named="yes")
    await group.join("=1+1")
    await group.act("next")
    right, _ = await group.right_and_wrong()
    await group.vote("=1+1", right)
    text = (await group.trainer.get(f"/exercises/{row.id}/report/csv")).text
    assert "'=1+1" in text
    book = load_workbook(io.BytesIO((await group.trainer.get(f"/exercises/{row.id}/report/xlsx")).content))
    assert book.worksheets[0]["A2"].data_type == "s"
    assert book.worksheets[0]["A2"].value == "'=1+1"


async def test_the_workbook_has_the_answers_and_the_figures(group: Class) -> None:
    answer = await group.trainer.get(f"{await held(group)}/xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Svar", "Per fråga", "Per väg", "Per regel", "Per enhetstyp", "Vägar"]
    assert [cell.value for cell in book["Per fråga"][2]] == ["1", 1, 2, 2, 2]


async def test_the_summary_is_one_page(group: Class) -> None:
    answer = await group.trainer.get(f"{await held(group)}/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.count(b"/Type /Page\n") == 1


async def test_every_xapi_statement_keeps_the_specifications_rules(group: Class) -> None:
    address = f"{await held(group)}/xapi"
    told = json.loads((await group.trainer.get(address)).text)
    assert len(told) == 4
    for one in told:
        assert_statement(one)
    assert len({one["id"] for one in told}) == 4
    assert len({one["actor"]["account"]["name"] for one in told}) == 2
    again = json.loads((await group.trainer.get(address)).text)
    assert [one["id"] for one in again] == [one["id"] for one in told]


def assert_statement(one: dict[str, dict[str, object]]) -> None:
    """xAPI 1.0.3, part two: 2.2 to 2.4.7, 4.1 and 4.2, for the parts that are used."""
    assert set(one) <= {"id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority"}
    uuid.UUID(str(one["id"]))
    actor = one["actor"]
    assert set(actor) <= {"objectType", "name", "account"}
    assert actor["objectType"] == "Agent"
    account = actor["account"]
    assert isinstance(account, dict)
    assert set(account) == {"homePage", "name"}
    assert is_iri(account["homePage"])
    assert is_iri(one["verb"]["id"])
    assert_language_map(one["verb"]["display"])
    thing = one["object"]
    assert thing["objectType"] == "Activity"
    assert is_iri(thing["id"])
    definition = thing["definition"]
    assert isinstance(definition, dict)
    assert is_iri(definition["type"])
    assert_language_map(definition["name"])
    assert_language_map(definition["description"])
    ids = [choice["id"] for choice in definition["choices"]]
    assert len(ids) == len(set(ids)) >= 3
    assert not any(" " in name for name in ids)
    assert set(definition["correctResponsesPattern"]) <= set(ids)
    result = one["result"]
    assert set(result) <= {"score", "success", "completion", "response", "duration", "extensions"}
    assert isinstance(result["success"], bool)
    assert isinstance(result["completion"], bool)
    assert result["response"] in ids
    score = result["score"]
    assert isinstance(score, dict)
    assert -1 <= score["scaled"] <= 1
    assert score["min"] <= score["raw"] <= score["max"]
    context = one["context"]
    uuid.UUID(str(context["registration"]))
    activities = context["contextActivities"]
    assert isinstance(activities, dict)
    assert set(activities) <= {"parent", "grouping", "category", "other"}
    for parent in activities["parent"]:
        assert is_iri(parent["id"])
    extensions = context["extensions"]
    assert isinstance(extensions, dict)
    assert all(is_iri(key) for key in extensions)
    assert DURATION_FREE.fullmatch(str(one["timestamp"]))
    assert datetime.fromisoformat(str(one["timestamp"])).tzinfo is not None
    assert not any(value is None for value in one.values())


def is_iri(value: object) -> bool:
    parts = urlsplit(str(value))
    return bool(parts.scheme and parts.netloc)


def assert_language_map(value: object) -> None:
    assert isinstance(value, dict)
    assert value
    for tag, words in value.items():
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", tag)
        assert isinstance(words, str)


async def test_a_session_is_gone_with_everyone_and_every_answer_on_its_day(group: Class) -> None:
    await held(group, days="7")
    desk = group.desk
    desk.clock.advance(timedelta(days=6))
    await prune(desk.api)
    assert await counted(group) == [1, 2, 4]
    desk.clock.advance(timedelta(days=1))
    await prune(desk.api)
    assert await counted(group) == [0, 0, 0]


async def counted(group: Class) -> list[int]:
    async with group.desk.api.db.read() as session:
        return [
            (await session.exec(select(func.count()).select_from(table))).one()
            for table in (ExerciseRow, ParticipantRow, VoteRow)
        ]


async def test_a_report_is_for_the_one_who_held_the_session(group: Class) -> None:
    address = await held(group)
    async with group.browse("tomas-ek") as other:
        assert (await other.get(address)).status_code == 404
    async with group.browse("maja-lindqvist") as nurse:
        assert (await nurse.get(address)).status_code == 403
    async with group.browse() as nobody:
        assert (await nobody.get(address)).status_code == 401
