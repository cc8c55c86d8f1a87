"""Checks that pass and fail: what begins an outage, what ends it, and that flapping is told once at most."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.outage.health import Change, Health, Limits, checked
from triage.outage.sbar import card

START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def told(checks: list[bool], limits: Limits | None = None) -> list[tuple[int, Change]]:
    """One check a minute: the minutes in which something was told."""
    health, found = Health(), []
    for minute, passed in enumerate(checks):
        health, change = checked(health, passed=passed, now=START + minute * MINUTE, limits=limits or Limits())
        if change is not None:
            found.append((minute, change))
    return found


def test_a_blip_is_no_outage() -> None:
    assert told([True] * 5 + [False] * 4 + [True] * 60) == []


def test_failures_that_go_on_begin_an_outage_and_a_long_calm_ends_it() -> None:
    assert told([False] * 90 + [True] * 30) == [(5, Change.BEGINS), (105, Change.ENDS)]


@pytest.mark.parametrize("length", range(1, 31))
def test_an_hour_of_flapping_is_told_once_at_most(length: int) -> None:
    checks = [(minute // length) % 2 == 1 for minute in range(60)]
    assert len(told(checks)) <= 1


@given(st.lists(st.booleans(), min_size=60, max_size=240))
def test_whatever_the_checks_say_they_tell_at_most_once_an_hour(checks: list[bool]) -> None:
    minutes = [minute for minute, _ in told(checks)]
    assert all(later - earlier >= 60 for earlier, later in pairwise(minutes))


def test_a_short_outage_that_was_told_is_ended_within_an_hour_and_a_bit() -> None:
    assert told([False] * 8 + [True] * 80) == [(5, Change.BEGINS), (65, Change.ENDS)]


def test_a_call_card_holds_what_was_said_and_nothing_else() -> None:
    said = "Sår på hälen luktar illa. Hon har diabetes och går på antibiotika. Jag misstänker infektion. Kan ni titta i dag?"
    found = card(said)
    assert found.situation == "Sår på hälen luktar illa."
    assert found.background == "Hon har diabetes och går på antibiotika."
    assert found.assessment == "Jag misstänker infektion."
    assert found.recommendation == "Kan ni titta i dag?"
    assert sorted(" ".join(text for _, text in found.parts()).split()) == sorted(said.split())


@pytest.mark.parametrize("said", ["", "Hon har ramlat", "Kan ni ringa?"])
def test_a_card_of_few_words_loses_none(said: str) -> None:
    assert " ".join(text for _, text in card(said).parts() if text) == said
