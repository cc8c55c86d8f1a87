"""When a scenario comes again: FSRS by the library's own scheduler, without chance. Reads no clock; knows no scenario."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from fsrs import Card, Rating, Scheduler, State


class Mark(StrEnum):
    """How a go went, as a whole."""

    WRONG = "wrong"
    HELPED = "helped"
    """Right, with a hint or at a second try."""
    RIGHT = "right"


RATINGS: Final = {Mark.WRONG: Rating.Again, Mark.HELPED: Rating.Hard, Mark.RIGHT: Rating.Good}


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of how well one person remembers one scenario: the library's card, as a value of our own."""

    state: int
    step: int | None
    stability: float | None
    difficulty: float | None
    due: datetime
    last_review: datetime | None = None
    last_mark: Mark = Mark.RIGHT
    times: int = 0


def review(memory: Memory | None, mark: Mark, at: datetime) -> Memory:
    """The memory after a go at that moment. Fuzz is off: two who do the same meet the same again on the same day."""
    now = at.astimezone(UTC)
    card, _ = Scheduler(enable_fuzzing=False).review_card(_card(memory, now), RATINGS[mark], now)
    times = 1 if memory is None else memory.times + 1
    return Memory(card.state.value, card.step, card.stability, card.difficulty, card.due, card.last_review, mark, times)


def _card(memory: Memory | None, now: datetime) -> Card:
    """An id and a due moment are given, so that the library reads no clock of its own."""
    if memory is None:
        return Card(card_id=0, due=now)
    return Card(
        0, State(memory.state), memory.step, memory.stability, memory.difficulty, memory.due, memory.last_review
    )
