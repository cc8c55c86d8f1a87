"""The notation of data files: stricter than YAML, and every value knows its line."""

from pathlib import Path

import pytest

from knowledge.errors import DataError
from knowledge.yaml_tree import Table, parse_tree, place_of, plain, read_tree


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("true", True, id="true"),
        pytest.param("false", False, id="false"),
        pytest.param("null", None, id="null"),
        pytest.param("7", 7, id="whole-number"),
        pytest.param("'7'", "7", id="quoted-number-is-text"),
        pytest.param("'true'", "true", id="quoted-true-is-text"),
        pytest.param("1.0", "1.0", id="a-version-stays-as-written"),
        pytest.param("08:00", "08:00", id="a-time-is-no-number-in-base-sixty"),
        pytest.param("2024-02-01", "2024-02-01", id="a-date-stays-as-written"),
        pytest.param("nej", "nej", id="nej-is-text"),
        pytest.param("no", "no", id="no-is-text"),
        pytest.param("0660", "0660", id="a-leading-zero-makes-text"),
    ],
)
def test_only_true_false_null_and_whole_numbers_are_anything_but_text(written: str, value: object) -> None:
    tree, errors = parse_tree(f"key: {written}\n", "x.yaml")

    assert not errors
    assert tree is not None
    assert plain(tree) == {"key": value}


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    _, errors = parse_tree("a: 1\nb: 2\na: 3\n", "x.yaml")

    assert errors == (DataError("x.yaml", 3, "”a” står två gånger (först på rad 1). Behåll bara det ena."),)


def test_a_recursive_alias_is_refused_and_not_followed_for_ever() -> None:
    _, errors = parse_tree("a: &x\n  b: *x\n", "x.yaml")

    assert ["Alias" in error.message for error in errors] == [True]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("# bara en kommentar\n", 1, id="only-a-comment"),
        pytest.param("a: [1, 2\nb: 3\n", 2, id="bracket-left-open"),
        pytest.param("a: 1\n\tb: 2\n", 2, id="tab"),
        pytest.param("a: 1\n---\nb: 2\n", 2, id="two-documents"),
        pytest.param("? [a, b]\n: c\n", 1, id="key-that-is-a-list"),
        pytest.param("a: \x00\n", 1, id="control-character"),
    ],
)
def test_what_cannot_be_read_gives_an_error_on_its_line(text: str, line: int) -> None:
    _, errors = parse_tree(text, "x.yaml")

    assert [(error.file, error.line) for error in errors] == [("x.yaml", line)]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        pytest.param("a: så här: nej\n", "kolon i en text", id="colon-in-text"),
        pytest.param("a: 1\n\tb: 2\n", "tabb", id="tab"),
        pytest.param("a: [1, 2\nb: 3\n", "inte stängd", id="bracket"),
        pytest.param("a: 'hej\n", "citattecken", id="quote"),
        pytest.param("a:\n  - x\n y: 2\n", "Indraget", id="indent"),
        pytest.param("a: *b\n", "stjärna", id="star"),
        pytest.param("a: @b\n", "citattecken runt text", id="at-sign"),
        pytest.param("a: 1\n---\nb: 2\n", "tre bindestreck", id="two-documents"),
    ],
)
def test_a_slip_in_the_notation_gives_advice_in_plain_words(text: str, advice: str) -> None:
    _, errors = parse_tree(text, "x.yaml")

    assert [advice in error.message for error in errors] == [True], errors


def test_a_file_that_is_not_there_is_an_error_and_no_exception(tmp_path: Path) -> None:
    tree, errors = read_tree(tmp_path / "saknas.yaml")

    assert tree is None
    assert ["går inte att öppna" in error.message for error in errors] == [True]


def test_a_file_in_another_encoding_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("namn: Ånge\n".encode("latin-1"))

    tree, errors = read_tree(path)

    assert tree is None
    assert ["UTF-8" in error.message for error in errors] == [True]


def test_the_place_of_something_missing_is_that_of_what_it_should_stand_in() -> None:
    tree, _ = parse_tree("rules:\n  - id: A1\n    when:\n      topic: [x]\n", "x.yaml")

    assert isinstance(tree, Table)
    assert place_of(tree, ("rules", 0, "when", "topic")).line == 4
    assert place_of(tree, ("rules", 0, "reason")).line == 2
    assert place_of(tree, ("rules", 7)).line == 1
