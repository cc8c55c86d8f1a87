"""Typed words as choices: a number, a label or nearly one; what is unsure is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.choices import pick, says

LABELS = (("Fara för livet nu",), ("Brådskar", "bråttom"), ("Kan vänta", "nej, det kan vänta"))


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("Kan vänta", 2),
        ("kan vänta!", 2),
        ("KAN VÄNTA", 2),
        ("kan vännta", 2),
        ("bråttom", 1),
        ("2", 1),
        ("2.", 1),
        ("nr 2", 1),
        ("alternativ 3", 2),
        ("4", None),
        ("0", None),
        ("", None),
        ("🙂", None),
        ("kanske", None),
        ("hon kan vänta till i morgon säger läkaren men jag vet inte", None),
    ],
)
def test_words_pick_the_choice_they_mean(said: str, place: int | None) -> None:
    assert pick(said, LABELS) == place


def test_two_choices_alike_are_not_guessed_between() -> None:
    assert pick("Vårdcentralen", (("Vårdcentralen Ek",), ("Vårdcentralen Al",))) is None


@pytest.mark.parametrize(
    ("said", "place"),
    [("hur bråttom", 0), ("om personen", None), ("om personen sam", None), ("hur", None)],
)
def test_how_a_single_label_begins_is_enough_in_whole_words(said: str, place: int | None) -> None:
    assert pick(said, (("Hur bråttom det är",), ("Om personen samtycker",), ("Om personen är inlagd",))) == place


def test_where_free_text_is_asked_for_only_the_very_words_count() -> None:
    assert pick("2", LABELS, exact=True) is None
    assert pick("kan vännta", LABELS, exact=True) is None
    assert pick("kan vänta", LABELS, exact=True) == 2


def test_a_command_is_the_whole_text_and_not_a_part_of_it() -> None:
    assert says("Avbryt!", ("avbryt",))
    assert not says("avbryt behandlingen", ("avbryt",))


@given(st.text(max_size=60), st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=3), max_size=5))
def test_the_answer_is_one_of_the_choices_or_none(said: str, choices: list[list[str]]) -> None:
    place = pick(said, choices)
    assert place is None or 0 <= place < len(choices)
