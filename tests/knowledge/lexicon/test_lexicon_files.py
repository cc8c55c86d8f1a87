"""The lexicon's files: what they give, and that everything wrong in one is told with file and line at once."""

import shutil
from pathlib import Path

import pytest

from knowledge.lexicon import LexiconErrors, load_lexicon, well_formed

LEXICON = Path(__file__).parents[3] / "knowledge" / "lexicon"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("spoken.yaml", "measures.yaml"):
        shutil.copy(LEXICON / name, tmp_path / name)
    return tmp_path


def sheet(folder: Path, text: str) -> None:
    (folder / "sheet.yaml").write_text(text, encoding="utf-8")


GOOD = "gives: urgency\nabout: x\nentries:\n  - {id: a, value: danger, phrases: [andas inte]}\n"


def test_a_sheet_is_loaded_with_its_entries(folder: Path) -> None:
    sheet(folder, GOOD)

    lexicon = load_lexicon(folder)

    assert lexicon.sheets["sheet"].entries[0].phrases == ("andas inte",)
    assert lexicon.models is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param(GOOD + "  - {id: a, value: danger, phrases: [b]}\n", 5, "två gånger", id="same id twice"),
        pytest.param(GOOD.replace("danger", "farligt"), 4, "Välj bland", id="unknown value"),
        pytest.param(GOOD.replace("andas inte", "Andas"), 4, "små bokstäver", id="capital letter"),
        pytest.param(GOOD.replace("andas inte", "an*das"), 4, "små bokstäver", id="star inside a word"),
        pytest.param(GOOD.replace("andas inte", "'.. inte'"), 4, "små bokstäver", id="begins with a gap"),
        pytest.param(GOOD.replace("phrases: [andas inte]", "phrases: []"), 4, "", id="no phrases"),
        pytest.param(GOOD + "colour: red\n", 5, "", id="unknown field"),
    ],
)
def test_what_is_wrong_in_a_sheet_is_told_with_its_line(folder: Path, text: str, line: int, words: str) -> None:
    sheet(folder, text)

    with pytest.raises(LexiconErrors) as caught:
        load_lexicon(folder)

    (error,) = caught.value.errors
    assert (Path(error.file).name, error.line) == ("sheet.yaml", line)
    assert words in error.message


def test_every_error_in_every_file_is_told_at_once(folder: Path) -> None:
    sheet(folder, GOOD.replace("danger", "farligt"))
    (folder / "other.yaml").write_text(GOOD.replace("andas", "ANDAS"), encoding="utf-8")

    with pytest.raises(LexiconErrors) as caught:
        load_lexicon(folder)

    assert {Path(error.file).name for error in caught.value.errors} == {"sheet.yaml", "other.yaml"}


def test_a_spoken_form_may_mean_only_one_word(folder: Path) -> None:
    (folder / "spoken.yaml").write_text("about: x\nwords:\n  inte: [int]\n  och: [int]\n", encoding="utf-8")

    with pytest.raises(LexiconErrors, match="redan under"):
        load_lexicon(folder)


def test_weights_that_no_trainer_wrote_are_refused(folder: Path) -> None:
    (folder / "models.json").write_text('{"about": "x"}', encoding="utf-8")

    with pytest.raises(LexiconErrors, match="Träna om"):
        load_lexicon(folder)


@pytest.mark.parametrize(
    "phrase", ["recept*", "*kateter", "a|b c", "slut .. dag", "räcker till #", "slut på? insulin", "a ... b"]
)
def test_the_phrase_grammar_takes(phrase: str) -> None:
    assert well_formed(phrase)


@pytest.mark.parametrize(
    "phrase", ["", "Recept", "re*cept", ".. slut", "slut ..", "på? slut", "slut på?", "a  b", "a, b"]
)
def test_the_phrase_grammar_refuses(phrase: str) -> None:
    assert not well_formed(phrase)


def test_no_topic_in_the_lexicon_is_unknown_to_the_packs() -> None:
    from knowledge.loader import load_packs

    packs = load_packs(LEXICON.parent / "packs")
    known = {topic.id for pack in packs for topic in pack.topics}
    lexicon = load_lexicon(LEXICON)

    assert {entry.value for entry in lexicon.sheets["topics"].entries} <= known
    assert lexicon.models is not None
    assert set(lexicon.models.topic.labels) <= known
