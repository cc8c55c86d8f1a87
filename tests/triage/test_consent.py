"""An answer in own words to the question of consent: read with what the question has said, and danger is never taken for it."""

import pytest

from knowledge.vocabulary import ConsentState, UnitType
from tests.support.api import shared_knowledge, shared_reader
from triage.consent import answer, danger_beside, is_plain_yes, left_out, says_it_was_fine, says_only_consent
from triage.reading import Context


def _context() -> Context:
    return Context(shared_knowledge().registry.pack("halland-2024"), UnitType.MUNICIPAL_HEALTH, UnitType.PRIMARY_CARE)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("hon sa ja när jag var där igår", ConsentState.GIVEN),
        ("ja hon sa ja", ConsentState.GIVEN),
        ("hon är med på det", ConsentState.GIVEN),
        ("nej hon vill inte", ConsentState.REFUSED),
        ("hon vill inte", ConsentState.REFUSED),
        ("anhörig säger nej", None),
        ("hon har demens och förstår inte frågan", ConsentState.UNABLE),
        ("patienten är dement och kan inte säga ja", ConsentState.UNABLE),
        ("hon sa inte ja", None),
        ("vet inte", None),
        ("blodtrycket är högt", None),
    ],
)
def test_an_answer_is_read_with_the_question_it_leaves_out(said: str, meant: ConsentState | None) -> None:
    assert answer(shared_reader(), said, _context(), left_out(shared_knowledge().texts)) is meant


@pytest.mark.parametrize(
    ("said", "danger"),
    [
        ("patienten är dement och kan inte säga ja", False),
        ("nej hon vill inte", False),
        ("nej hon vill inte, och hon andas inte", True),
        ("hon är medvetslös", True),
    ],
)
def test_words_that_say_who_can_consent_are_no_danger_and_danger_beside_them_is(said: str, danger: bool) -> None:
    assert danger_beside(shared_reader().read(said, _context())) is danger


@pytest.mark.parametrize(("said", "plain"), [("ja det har hon", True), ("ja men hon vill inte", False), ("nja", False)])
def test_a_few_words_that_begin_with_yes_are_a_yes_unless_they_take_it_back(said: str, plain: bool) -> None:
    assert is_plain_yes(said, left_out(shared_knowledge().texts)) is plain


@pytest.mark.parametrize(
    ("said", "fine"),
    [
        ("jo hon sa att det gick bra när jag var där", True),
        ("han sa att det är okej", True),
        ("det är inte okej för henne", False),
        ("dottern sa att det gick bra", False),
        ("hon tror att det går bra", False),
        ("blodtrycket är högt", False),
        ("det gick bra att ta provet i går men det tog tid, och sedan åkte vi hem till henne och väntade", False),
    ],
)
def test_that_it_was_fine_is_the_persons_own_yes_unless_something_takes_it_back(said: str, fine: bool) -> None:
    assert says_it_was_fine(said, left_out(shared_knowledge().texts)) is fine


def test_words_that_also_say_where_the_person_is_say_more_than_consent() -> None:
    assert not says_only_consent(shared_reader().read("hon samtycker och är inlagd på sjukhus nu", _context()))
    assert says_only_consent(shared_reader().read("hon samtycker", _context()))
