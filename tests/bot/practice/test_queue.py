"""Which scenario is next: what is due, then what is new from easy to treacherous; only one's own mistakes when one asks for them."""

from datetime import UTC, datetime, timedelta

from bot.findings import PracticeCard
from bot.practice.queue import Mode, due_count, mark, pick
from bot.practice.schedule import Mark
from bot.requests import PracticeAnswer
from knowledge.scenario import Level
from tests.bot.dialogue.world import knowledge

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OWN = knowledge().scenarios.of("halland-2024")


def card(number: int, days: int, *, wrong: bool = False) -> PracticeCard:
    return PracticeCard(OWN[number].id, NOW + timedelta(days=days), wrong)


def answer(*, right: bool, helped: bool = False) -> PracticeAnswer:
    return PracticeAnswer(0, "channel", "phone", "C2", "1", right, helped)


def test_the_whole_pack_is_gone_through_from_easy_to_treacherous_each_once() -> None:
    done: list[str] = []
    levels: list[Level] = []
    while (found := pick(OWN, (), Mode.NEXT, done, NOW)) is not None:
        done.append(found.id)
        levels.append(found.level)
    assert sorted(done) == sorted(scenario.id for scenario in OWN)
    assert levels == sorted(levels, key=list(Level).index)


def test_what_is_due_goes_before_what_is_new_and_the_longest_due_first() -> None:
    cards = (card(3, -1), card(4, -5), card(5, 2))
    assert pick(OWN, cards, Mode.NEXT, (), NOW) == OWN[4]
    assert pick(OWN, cards, Mode.NEXT, (OWN[4].id,), NOW) == OWN[3]
    assert due_count(cards, NOW) == 2


def test_what_is_not_due_waits_while_there_is_anything_new() -> None:
    found = pick(OWN, (card(0, 5),), Mode.NEXT, (), NOW)
    assert found is not None
    assert found != OWN[0]
    assert pick(OWN[:1], (card(0, 5),), Mode.NEXT, (), NOW) is None


def test_ones_own_mistakes_are_only_what_went_wrong_last() -> None:
    cards = (card(0, 1), card(1, 3, wrong=True), card(2, 2, wrong=True))
    assert pick(OWN, cards, Mode.WRONG, (), NOW) == OWN[2]
    assert pick(OWN, cards, Mode.WRONG, (OWN[2].id,), NOW) == OWN[1]
    assert pick(OWN, cards, Mode.WRONG, (OWN[1].id, OWN[2].id), NOW) is None


def test_cards_of_another_routine_are_let_be() -> None:
    other = PracticeCard("orebro-recept", NOW - timedelta(days=1), wrong=True)
    assert pick(OWN, (other,), Mode.WRONG, (), NOW) is None


def test_one_wrong_answer_makes_the_go_wrong_and_a_hint_makes_it_helped() -> None:
    assert mark((answer(right=True), answer(right=False))) is Mark.WRONG
    assert mark((answer(right=True), answer(right=True, helped=True))) is Mark.HELPED
    assert mark((answer(right=True),)) is Mark.RIGHT
