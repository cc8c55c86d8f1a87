"""Answers about the routines as data: sources exist, nothing is copied, and errors name file and line."""

from functools import cache
from pathlib import Path

import pytest

from knowledge.errors import DataErrors
from knowledge.faq import LONGEST, Faq, copied_runs, load_faq, section_errors, unknown_sections
from knowledge.loader import load_packs
from knowledge.pack import Pack

ROOT = Path(__file__).parents[2]
SOURCES = ROOT.parent / "shared" / "sources"
PACKS = ("halland-2021", "halland-2024", "orebro", "vasternorrland", "vgr-skaraborg")

COMMON = """
about: prov
refusal: Nej ({routine}).
elsewhere: '{region}: {text}'
beside: '{text} {other}'
entries:
  - id: weather
    silent: true
    asks: |
      vilket väder blir det
      regnar det
demands:
  - id: money
    cues: |
      kostar
regions: {halland: [halland]}
written: {vad: va}
same: |
  svar svara
soft: vad
stop: och att
"""
VALID = """
pack: prov
about: prov
entries:
  - id: time
    sections: [Svar]
    text: Inom tre dagar.
    asks: |
      hur snabbt får man svar
      när svarar de
"""


@cache
def faq() -> Faq:
    return load_faq(ROOT / "knowledge" / "faq")


@cache
def packs() -> dict[str, Pack]:
    return {pack.id: pack for pack in load_packs(ROOT / "knowledge" / "packs")}


def from_text(folder: Path, text: str, common: str = COMMON) -> Faq:
    (folder / "prov.yaml").write_text(text, encoding="utf-8")
    (folder / "common.yaml").write_text(common, encoding="utf-8")
    return load_faq(folder)


def test_every_pack_has_its_own_answers() -> None:
    assert set(faq().by_pack) == set(packs()) == set(PACKS)


@pytest.mark.parametrize("pack_id", PACKS)
def test_every_answer_cites_a_heading_of_its_document(pack_id: str) -> None:
    assert unknown_sections(faq(), packs()[pack_id]) == ()


@pytest.mark.parametrize("pack_id", PACKS)
def test_every_answer_is_short_enough_also_when_another_region_is_named_before_it(pack_id: str) -> None:
    longest = max(len(pack.name) for pack in packs().values()) + 2
    texts = [entry.text or "" for entry in faq().by_pack[pack_id]]
    assert [text for text in texts if len(text) > LONGEST - longest] == []


@pytest.mark.parametrize("pack_id", PACKS)
def test_no_answer_copies_a_run_of_a_source(pack_id: str) -> None:
    if not SOURCES.is_dir():
        pytest.skip("the source documents are not on this machine")
    originals = [path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.txt"))]
    texts = [entry.text or "" for entry in faq().by_pack[pack_id]]
    assert [
        (text[:40], copied[0]) for text in texts for original in originals if (copied := copied_runs(text, original))
    ] == []


@pytest.mark.parametrize("pack_id", PACKS)
def test_every_heading_that_is_added_stands_in_the_document(pack_id: str) -> None:
    if not SOURCES.is_dir():
        pytest.skip("the source documents are not on this machine")
    document = " ".join((SOURCES / f"{packs()[pack_id].sources[0].id}.txt").read_text(encoding="utf-8").split())
    assert [section for section in faq().sections[pack_id] if section not in document] == []


def test_a_copied_run_is_found_whatever_its_case_and_line_breaks() -> None:
    original = "Den enhet som mottagit ett meddelande ska svara\nsnarast men senast inom tre dagar."
    assert copied_runs("den enhet som MOTTAGIT ett meddelande ska svara snarast men senast i morgon", original)
    assert not copied_runs("Svara snarast, senast inom tre dagar, om din enhet har mottagit ett meddelande", original)


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        pytest.param("    text: Inom tre dagar.\n", "", 5, "saknar text", id="no text"),
        pytest.param("    sections: [Svar]\n", "", 5, "sections", id="no heading"),
        pytest.param("      när svarar de\n", "", 8, "asks", id="a single way of asking"),
        pytest.param(
            "      när svarar de\n", "      hur snabbt får man svar\n", 5, "står både under", id="one question twice"
        ),
        pytest.param("text: Inom", "txt: Inom", 7, "felstavat", id="misspelt field"),
        pytest.param("Inom tre dagar.", "x" * 501, 7, "500", id="too long"),
        pytest.param("id: time", "id: Tid", 5, "fel form", id="id in another form"),
        pytest.param("id: time", "id: time\n    tells: [colour]", 6, "demands", id="tells what nothing demands"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path: Path, before: str, after: str, line: int, words: str) -> None:
    assert before in VALID
    with pytest.raises(DataErrors) as raised:
        from_text(tmp_path, VALID.replace(before, after))
    assert any(error.line == line and words in error.message for error in raised.value.errors), str(raised.value)


def test_an_id_used_twice_is_told(tmp_path: Path) -> None:
    twice = VALID + VALID.split("entries:\n")[1].replace("hur snabbt får man svar", "a b c").replace(
        "när svarar de", "d e f"
    )
    with pytest.raises(DataErrors, match="används två gånger"):
        from_text(tmp_path, twice)


def test_a_sound_file_is_loaded(tmp_path: Path) -> None:
    loaded = from_text(tmp_path, VALID)
    assert [entry.id for entry in loaded.by_pack["prov"]] == ["time"]
    assert loaded.same["svara"] == "svar"
    assert loaded.written["va"] == "vad"
    assert [demand.id for demand in loaded.demands] == ["money"]


def test_every_heading_and_pack_of_the_answers_is_known() -> None:
    assert section_errors(ROOT / "knowledge" / "faq", packs().values()) == ()


def test_a_heading_that_the_pack_does_not_cite_is_told_with_its_line(tmp_path: Path) -> None:
    from_text(tmp_path, VALID.replace("pack: prov", "pack: orebro"))
    (error,) = section_errors(tmp_path, packs().values())
    assert error.line == 6
    assert "Svar" in error.message
    assert "more_sections" in error.message


def test_answers_for_a_pack_that_is_not_there_are_told(tmp_path: Path) -> None:
    from_text(tmp_path, VALID)
    (error,) = section_errors(tmp_path, packs().values())
    assert error.line == 2
    assert "prov" in error.message
