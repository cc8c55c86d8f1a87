"""Which scenario is next for a person: what is due, then what is new from easy to treacherous. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.findings import PracticeCard
from bot.practice.schedule import Mark
from bot.requests import PracticeAnswer
from knowledge.scenario import Level, Scenario

LEVELS: Final = tuple(Level)


class Mode(StrEnum):
    """What a person has chosen to practise on."""

    NEXT = "next"
    WRONG = "wrong"
    CHANGED = "changed"


def pick(
    scenarios: Sequence[Scenario], cards: Iterable[PracticeCard], mode: Mode, done: Collection[str], now: datetime
) -> Scenario | None:
    """The next one; None where there is nothing more of that kind for now."""
    left = {scenario.id: scenario for scenario in scenarios if scenario.id not in done}
    known = sorted((card for card in cards if card.scenario in left), key=lambda card: (card.due_at, card.scenario))
    if mode is Mode.WRONG:
        return next((left[card.scenario] for card in known if card.wrong), None)
    due = next((left[card.scenario] for card in known if card.due_at <= now), None)
    if due is not None:
        return due
    met = {card.scenario for card in known}
    new = [scenario for scenario in left.values() if scenario.id not in met]
    return min(new, key=lambda scenario: LEVELS.index(scenario.level)) if new else None


def mark(answers: Iterable[PracticeAnswer]) -> Mark:
    """A go as a whole: one wrong answer makes it wrong."""
    told = tuple(answers)
    if any(not answer.right for answer in told):
        return Mark.WRONG
    return Mark.HELPED if any(answer.helped for answer in told) else Mark.RIGHT


def due_count(cards: Iterable[PracticeCard], now: datetime) -> int:
    return sum(card.due_at <= now for card in cards)
