"""The report: sums that hold together, words for every id, one page that stands alone, and two measurements compared."""

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lots as front_door
from knowledge.bundle import Knowledge, load_knowledge
from knowledge.vocabulary import Fact, Provenance
from tests.triage.test_evaluate import EXAMPLE, MESSAGE, URGENT, case, outcome
from triage.evaluate import AlarmCase, AlarmOutcome, Harm, Misread, Outcome
from triage.report.build import build
from triage.report.figures import UNDECIDED, Counts, Figures, measures
from triage.report.page import changes, lines
from triage.report.words import Words

PNG = b"\x89PNG\r\n\x1a\n"
CALM_TEXT = AlarmCase.model_validate({"id": "du-1", "text": "…", "urgency": "can_wait"})
DANGER_TEXT = AlarmCase.model_validate({"id": "du-2", "text": "…", "urgency": "urgent"})


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="module")
def words(knowledge: Knowledge) -> Words:
    return Words.of(knowledge.texts, knowledge.registry.packs)


def right(name: str = "a-1", **labels: object) -> Outcome:
    return outcome(case(id=name, **labels), at_once=MESSAGE, channel=MESSAGE, sends=True)


def wrong(name: str = "a-2", channel: str | None = "care_request", **labels: object) -> Outcome:
    return outcome(case(id=name, **labels), at_once=channel, channel=channel, sends=True)


def missed(name: str = "b-1") -> Outcome:
    return outcome(case(id=name, **URGENT), at_once=MESSAGE, channel=MESSAGE, sends=True)


def alarms() -> list[AlarmOutcome]:
    return [
        AlarmOutcome(CALM_TEXT, "matter", alarm=True, channel=None),
        AlarmOutcome(DANGER_TEXT, "matter", alarm=False, channel=MESSAGE),
    ]


def test_every_grouping_adds_up_to_the_whole() -> None:
    figures = Figures.of([right(), wrong(), missed(), wrong("b-2", None, pack="orebro", trap="place")])

    for groups in (figures.by_pack, figures.by_channel, figures.by_voice):
        assert sum(counts.cases for counts in groups.values()) == figures.total.cases
        assert sum(counts.right for counts in groups.values()) == figures.total.right == 1
        assert sum(counts.danger_missed for counts in groups.values()) == figures.total.danger_missed == 1
    assert set(figures.by_voice) == {"a", "b"}
    assert figures.by_trap == {"place": Counts.of([wrong("b-2", None, pack="orebro", trap="place")])}


def test_the_matrix_holds_every_case_and_a_channel_that_is_right_too_is_no_mixing_up() -> None:
    figures = Figures.of([right(), wrong(), wrong("a-3", None), wrong("a-4", "phone", also_ok=["phone"])])

    assert {(cell.wanted, cell.got): cell.cases for cell in figures.confusion} == {
        (MESSAGE, MESSAGE): 2,
        (MESSAGE, "care_request"): 1,
        (MESSAGE, UNDECIDED): 1,
    }
    assert len(figures.wrong) == 2


def test_the_worst_harm_comes_first_among_the_misses() -> None:
    figures = Figures.of([right(), wrong(), missed()])

    assert [(miss.id, miss.worst) for miss in figures.misses] == [
        ("b-1", Harm.DANGER_MISSED),
        ("a-2", Harm.WRONG_CHANNEL),
    ]


def test_only_what_there_are_cases_for_is_measured() -> None:
    assert {measure.key for measure in measures(Figures.of([], alarms()))} == {
        "alarm_danger_missed",
        "alarm_false_alarms",
        "alarm_calm_asked",
    }
    assert "alarm_calm_asked" not in {measure.key for measure in measures(Figures.of([right()]))}


def test_a_target_is_met_or_not_in_the_direction_of_its_measure() -> None:
    asked = outcome(case(), at_once=None, channel=MESSAGE, asked=(Fact.TOPIC,))
    met = {measure.key: measure.is_met for measure in measures(Figures.of([right(), missed(), asked]))}

    assert met["danger_missed"] is False
    assert met["right"] is False
    assert met["questions"] is True
    assert met["needless_questions"] is None


def test_measurements_of_different_sizes_are_compared_by_their_shares(words: Words) -> None:
    small, large = Figures.of([right(), wrong()]), Figures.of([*(right(f"a-{n}") for n in range(18)), wrong(), wrong()])

    changed = {line.name: line.change for line in lines(large, small, words)}

    assert changed[words.say("measure.right")] == "better"
    assert changed[words.say("measure.false_alarms")] == "same"


def test_cases_that_went_from_wrong_to_right_and_back_are_named() -> None:
    old, new = Figures.of([wrong("a-1"), right("a-2")]), Figures.of([right("a-1"), wrong("a-2")])

    assert changes(new, old).mended == ("a-1",)
    assert changes(new, old).broken == ("a-2",)


def test_figures_are_the_same_after_a_round_on_disk_and_hold_no_text() -> None:
    figures = Figures.of([right(), wrong(text="En hemlig mening")], alarms()).model_copy(
        update={"made": date(2026, 3, 1)}
    )
    stored = figures.model_dump_json()

    assert Figures.model_validate_json(stored) == figures
    assert "hemlig" not in stored


def test_numbers_are_written_as_in_swedish(words: Words) -> None:
    shown = {measure.key: words.shown(measure) for measure in measures(Figures.of([right(), right("a-5"), wrong()]))}

    assert shown["right"] == "66,7 % (2 av 3)"
    assert shown["questions"] == "0,00"
    assert words.percent(0.98) == "98 %"


def test_every_harm_measure_and_way_of_knowing_has_words(words: Words) -> None:
    for harm in Harm:
        assert words.say(f"harm.{harm}")
    for measure in measures(Figures.of([right(), outcome(case(facts={"consent": "refused"}), at_once=None, channel=None, asked=(Fact.TOPIC,)), missed()], alarms())):  # fmt: skip
        assert words.name(measure)
        assert words.target(measure)
    for how in (Provenance.STATED, Provenance.INFERRED, Provenance.ASSUMED):
        assert words.say(f"provenance.{how}")


TRICKY = "<script>alert('x')</script> & en mening"


def pages(words: Words, *, old: Figures | None = None) -> tuple[dict[str, bytes], str]:
    misread = Misread(Fact.TOPIC, "prescription_renewal", "sampling", Provenance.INFERRED, ("models.topic",))
    lost = Outcome(case(id="a-2", text=TRICKY), "matter", None, (Fact.URGENCY,), "phone", sends=False, misread=(misread,))  # fmt: skip
    figures = Figures.of([right(), lost, missed()], alarms())
    files = build(figures, old, {"a-2": TRICKY}, words)
    return files, files["index.html"].decode()


def test_the_report_is_figures_a_page_and_pictures(words: Words) -> None:
    files, _ = pages(words)

    assert set(files) == {"figures.json", "index.html", "harm.png", "confusion.png", "groups.png"}
    assert all(content.startswith(PNG) for name, content in files.items() if name.endswith(".png"))


def test_the_same_figures_give_the_same_files(words: Words) -> None:
    assert pages(words)[0] == pages(words)[0]


def test_the_page_stands_alone_and_every_picture_has_words(words: Words) -> None:
    _, html = pages(words)

    assert not re.search(r'(?:src|href)="(?!data:image/png)', html)
    assert "<script" not in html
    assert html.count("<img") == len(re.findall(r'<img [^>]*alt="[^"]{20,}"', html)) == 3
    assert '<html lang="sv">' in html


def test_the_page_tells_a_miss_with_its_text_and_why(words: Words) -> None:
    _, html = pages(words)

    assert "&lt;script&gt;alert" in html
    assert "en slutsats" in html
    assert words.topics["sampling"] in html


def test_a_comparison_is_told_in_words_beside_the_figures(words: Words) -> None:
    _, html = pages(words, old=Figures.of([wrong("a-1"), right("a-2"), right("b-1")]))

    for said in ("sämre", "Rätt nu, fel före (1)", "Fel nu, rätt före (2)"):
        assert said in html


def test_texts_with_only_hurry_labelled_make_a_report_too(words: Words) -> None:
    files = build(Figures.of([], alarms()), None, {}, words)

    assert set(files) == {"figures.json", "index.html", "harm.png"}


# the command


def written(folder: Path, *cases: object) -> str:
    path = folder / "cases.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in cases), encoding="utf-8")
    return str(path)


CASE = {**EXAMPLE, "pack": "halland-2024", "channel": MESSAGE}


def test_the_command_prints_the_figures_and_writes_the_report(tmp_path: Path) -> None:
    file = written(tmp_path, CASE, {"id": "du-1", "text": "Hon andas knappt", "urgency": "life_threatening"})

    done = CliRunner().invoke(front_door.app, ["eval", file, "--report", str(tmp_path / "ut")])

    assert done.exit_code == 0, done.output
    assert "Fara missad i tysthet" in done.output
    figures = Figures.model_validate_json((tmp_path / "ut" / "figures.json").read_bytes())
    assert (figures.total.cases, figures.alarm.danger, figures.files) == (1, 1, ("cases.jsonl",))


def test_the_command_compares_with_older_figures(tmp_path: Path) -> None:
    file, report = written(tmp_path, CASE), tmp_path / "ut"
    CliRunner().invoke(front_door.app, ["eval", file, "--report", str(report)])

    done = CliRunner().invoke(front_door.app, ["eval", file, "--against", str(report / "figures.json")])

    assert done.exit_code == 0, done.output
    assert "lika" in done.output


def test_lines_without_a_routine_are_dealt_out_or_put_to_the_one_named(tmp_path: Path) -> None:
    file, report = written(tmp_path, *(EXAMPLE for _ in range(4))), tmp_path / "ut"

    def packs(*options: str) -> set[str]:
        CliRunner().invoke(front_door.app, ["eval", file, "--report", str(report), *options])
        return set(Figures.model_validate_json((report / "figures.json").read_bytes()).by_pack)

    assert len(packs()) == 4
    assert packs("--pack", "halland-2021") == {"halland-2021"}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(['{"id": "x"}'], "cases.jsonl:1: ", id="no case"),
        pytest.param([json.dumps(CASE), "{"], "cases.jsonl:2: ", id="no JSON"),
        pytest.param([], "Inga fall att mäta", id="no lines"),
    ],
)
def test_a_file_that_cannot_be_measured_is_told_with_its_line(tmp_path: Path, lines: list[str], says: str) -> None:
    (tmp_path / "cases.jsonl").write_text("\n".join(lines), encoding="utf-8")

    done = CliRunner().invoke(front_door.app, ["eval", str(tmp_path / "cases.jsonl")])

    assert done.exit_code == 1
    assert says in done.output


def test_figures_that_are_none_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}", encoding="utf-8")

    done = CliRunner().invoke(
        front_door.app, ["eval", written(tmp_path, CASE), "--against", str(tmp_path / "old.json")]
    )

    assert done.exit_code == 1
    assert "old.json är ingen mätning från lots eval" in done.output


def test_without_matplotlib_the_report_says_what_to_install_and_the_table_needs_none(tmp_path: Path) -> None:
    file, report = written(tmp_path, CASE), str(tmp_path / "ut")
    program = "import sys; sys.modules['matplotlib'] = None; import lots; lots.main()"

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", program, "eval", file, *arguments], capture_output=True, text=True)  # noqa: PLW1510

    assert without().returncode == 0
    refused = without("--report", report)
    assert refused.returncode == 1
    assert "pip install" in refused.stderr
    assert not Path(report).exists()
