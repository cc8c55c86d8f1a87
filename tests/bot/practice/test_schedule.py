"""When a scenario comes again: the same as the library's own, step by step, and never by chance."""

from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.practice.schedule import RATINGS, Mark, Memory, review

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GOES = st.lists(st.tuples(st.sampled_from(list(Mark)), st.integers(0, 60 * 24 * 40)), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(GOES)
def test_every_interval_is_the_librarys_own(goes: list[tuple[Mark, int]]) -> None:
    scheduler, card, memory, now = Scheduler(enable_fuzzing=False), Card(card_id=7, due=START), None, START
    for mark, minutes in goes:
        now += timedelta(minutes=minutes)
        card, _ = scheduler.review_card(card, RATINGS[mark], now)
        memory = review(memory, mark, now)
        assert (memory.due, memory.state, memory.step) == (card.due, card.state.value, card.step)
        assert (memory.stability, memory.difficulty) == (card.stability, card.difficulty)
    assert memory is not None
    assert memory.times == len(goes)
    assert memory.last_mark is goes[-1][0]


def test_wrong_again_and_right_good_and_helped_in_between() -> None:
    assert [RATINGS[mark] for mark in Mark] == [Rating.Again, Rating.Hard, Rating.Good]


def test_right_answers_move_it_further_and_further_away_and_a_wrong_one_brings_it_back() -> None:
    memory: Memory | None = None
    now, gaps = START, []
    for _ in range(5):
        memory = review(memory, Mark.RIGHT, now)
        gaps.append(memory.due - now)
        now = memory.due
    assert gaps == sorted(gaps)
    assert gaps[-1] > timedelta(days=20)
    assert review(memory, Mark.WRONG, now).due - now < timedelta(hours=1)


@pytest.mark.parametrize("mark", list(Mark))
def test_two_who_do_the_same_meet_the_same_again_at_the_same_moment(mark: Mark) -> None:
    first = review(review(None, Mark.RIGHT, START), mark, START + timedelta(days=3))
    assert first == review(review(None, Mark.RIGHT, START), mark, START + timedelta(days=3))
