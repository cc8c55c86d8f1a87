"""The catalogue of texts: every fact and value has words, and nothing missing is passed over in silence."""

from pathlib import Path

import pytest

from knowledge.errors import DataErrors, UnknownText
from knowledge.texts import Catalogue
from knowledge.vocabulary import FIXED_VALUES, NEVER_ASKED, Fact, UnitType
from tests.knowledge.packs import KNOWLEDGE

SWEDISH = KNOWLEDGE / "texts" / "sv"


@pytest.fixture(scope="module")
def texts() -> Catalogue:
    return Catalogue.load(SWEDISH)


@pytest.mark.parametrize("fact", list(Fact))
def test_every_fact_has_a_name_and_so_has_each_of_its_values(texts: Catalogue, fact: Fact) -> None:
    assert texts.text(f"fact.{fact}")
    if fact not in {Fact.TOPIC, Fact.SENDER_TYPE, Fact.RECIPIENT_TYPE}:
        for value in FIXED_VALUES[fact]:
            word = str(value).lower() if isinstance(value, bool) else value
            assert texts.text(f"value.{fact}.{word}")


@pytest.mark.parametrize("fact", [*(f for f in Fact if f not in NEVER_ASKED), Fact.CONSENT])
def test_every_fact_that_is_asked_about_has_a_question_and_why_it_is_asked(texts: Catalogue, fact: Fact) -> None:
    assert texts.text(f"question.{fact}").endswith(("?", "."))
    assert texts.text(f"question_why.{fact}").endswith(".")


def test_the_question_of_hurry_says_112_and_to_call(texts: Catalogue) -> None:
    question = texts.text("question.urgency")
    assert "112" in question
    assert "ring" in question.lower()


@pytest.mark.parametrize("unit_type", list(UnitType))
def test_every_unit_type_has_a_name(texts: Catalogue, unit_type: UnitType) -> None:
    assert texts.text(f"unit_type.{unit_type}")


def test_every_text_can_be_written_out_with_its_placeholders_filled(texts: Catalogue) -> None:
    for key in texts.keys():  # noqa: SIM118 – a catalogue is no mapping
        assert texts.text(key, **dict.fromkeys(texts.placeholders(key), "x"))


def catalogue(folder: Path, **files: str) -> Catalogue:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Catalogue.load(folder)


def test_nested_keys_are_joined_with_dots_and_placeholders_filled(tmp_path: Path) -> None:
    texts = catalogue(tmp_path, a="hello:\n  name: 'Hej {name}!'\n", b="plain: Hej\n")

    assert texts.keys() == {"hello.name", "plain"}
    assert texts.text("hello.name", name="Åsa") == "Hej Åsa!"
    assert texts.placeholders("hello.name") == {"name"}
    assert "plain" in texts


@pytest.mark.parametrize("params", [{}, {"other": 1}])
def test_a_placeholder_without_a_value_is_an_error(tmp_path: Path, params: dict[str, int]) -> None:
    texts = catalogue(tmp_path, a="hello: Hej {name}\n")

    with pytest.raises(UnknownText, match="name"):
        texts.text("hello", **params)


def test_a_key_that_is_not_there_is_an_error_and_never_an_empty_text(tmp_path: Path) -> None:
    texts = catalogue(tmp_path, a="hello: Hej\n")

    with pytest.raises(UnknownText, match="goodbye"):
        texts.text("goodbye")
    with pytest.raises(UnknownText, match="goodbye"):
        texts.placeholders("goodbye")
    with pytest.raises(KeyError):
        texts.text("goodbye")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a: [x, y]\n", "inte en lista", id="list"),
        pytest.param("a: 7\n", "Sätt citattecken", id="number"),
        pytest.param("a: true\n", "Sätt citattecken", id="true"),
        pytest.param("a: ''\n", "är tom", id="empty"),
        pytest.param("a: 'Hej {name'\n", "trasig", id="open-brace"),
        pytest.param("a: 'Hej {0}'\n", "trasig", id="numbered-placeholder"),
        pytest.param("a: x\na: y\n", "två gånger", id="key-twice"),
    ],
)
def test_a_broken_text_file_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataErrors) as caught:
        catalogue(tmp_path, a=text)

    assert words in str(caught.value)
    assert {error.line for error in caught.value.errors} <= {1, 2}


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataErrors, match="annan fil"):
        catalogue(tmp_path, a="x: ett\n", b="x: två\n")


def test_another_language_stands_above_the_home_language_and_keeps_its_typed_words(tmp_path: Path) -> None:
    home = catalogue(tmp_path, a="hello: Hej {name}\nlater: Sedan\nchat:\n  words:\n    stop: avbryt\n")
    (tmp_path / "en").mkdir()
    english = Catalogue.load(tmp_path / "missing", home)
    assert english.text("hello", name="Åsa") == "Hej Åsa"

    (tmp_path / "en" / "a.yaml").write_text("hello: Hello {name}\nchat:\n  words:\n    stop: cancel\n", "utf-8")
    english = Catalogue.load(tmp_path / "en", home)

    assert english.text("hello", name="Åsa") == "Hello Åsa"
    assert english.text("later") == "Sedan"
    assert english.text("chat.words.stop") == "cancel, avbryt"


def test_english_texts_have_the_same_placeholders_as_the_swedish_and_no_key_of_their_own(texts: Catalogue) -> None:
    english = Catalogue.load(KNOWLEDGE / "texts" / "en")

    assert not english.keys() - texts.keys()
    assert {key for key in english.keys() if english.placeholders(key) != texts.placeholders(key)} == set()  # noqa: SIM118


def test_every_swedish_text_has_its_english_but_the_word_lists_that_are_for_reading_swedish(texts: Catalogue) -> None:
    english = Catalogue.load(KNOWLEDGE / "texts" / "en")
    missing = {key for key in texts.keys() - english.keys() if ".words." not in key}

    assert missing == set()
