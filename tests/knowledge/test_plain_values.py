"""Hours, phone numbers, yes and no as people write them: understood, or told that they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import plain_values


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("mån-fre 8-17|lör 10.00-14.00", "vardagar 08:00-17:00\nlör 10:00-14:00"),
        ("Vardagar 07:30\N{EN DASH}16", "vardagar 07:30-16:00"),
        ("alla dagar 7-22", "alla dagar 07:00-22:00"),
        ("dygnet runt", "alla dagar 00:00-00:00"),
        ("mån, ons och fre 8-12", "mån, ons, fre 08:00-12:00"),
        ("tisdag kl. 8-24", "tis 08:00-00:00"),
        ("helger 9-15\n\nmån-tors 8-16", "helger 09:00-15:00\nmån, tis, ons, tors 08:00-16:00"),
        ("", ""),
    ],
)
def test_hours_are_read_and_written_back_the_same(written: str, read: str) -> None:
    found = plain_values.hours(written)
    assert found is not None
    assert plain_values.hours_text(found) == read
    assert plain_values.hours(read) == found


@pytest.mark.parametrize(
    "written", ["ibland", "mån 8-25", "mån 8-12:75", "fre-mån 8-9", "mån8-9", "helger-mån 8-9", "mån"]
)
def test_hours_that_say_nothing_sure_are_not_guessed(written: str) -> None:
    assert plain_values.hours(written) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("031-3900600", "031-390 06 00"),
        ("031-390 06 00", "031-390 06 00"),
        ("08-12345678", "08-123 456 78"),
        ("0300 12 34 5", "0300-123 45"),
        ("112", "112"),
        ("0313900600", None),
        ("+46 31 390 06 00", None),
        ("ring", None),
        ("031-12", None),
    ],
)
def test_a_phone_number_is_written_one_way_or_refused(written: str, read: str | None) -> None:
    assert plain_values.phone(written) == read


@given(st.text(max_size=40))
def test_any_text_at_all_is_an_answer_or_none(text: str) -> None:
    hours = plain_values.hours(text)
    assert hours is None or plain_values.hours(plain_values.hours_text(hours)) == hours
    assert plain_values.phone(text) is None or plain_values.phone(str(plain_values.phone(text))) is not None
    assert plain_values.yes(text) in (True, False, None)
