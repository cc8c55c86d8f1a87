"""The picture of practice over time, as places on a drawing: a bar a week. Knows no words and no colours; the page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.practice.progress import Week

WIDTH: Final = 600
HEIGHT: Final = 180
FLOOR: Final = 150
TOP: Final = 10
GAP: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A week's bar: what was asked, and within it what was right."""

    week: Week
    x: int
    width: int
    asked_y: int
    asked_height: int
    right_y: int
    right_height: int


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    floor: int
    most: int
    bars: tuple[Bar, ...]


def picture(weeks: Sequence[Week]) -> Picture:
    """Heights are shares of the busiest week; an empty picture has bars without height."""
    most = max((week.asked for week in weeks), default=0)
    step = WIDTH // max(len(weeks), 1)
    bars = tuple(_bar(week, place * step + GAP // 2, step - GAP, most) for place, week in enumerate(weeks))
    return Picture(WIDTH, HEIGHT, FLOOR, most, bars)


def _bar(week: Week, x: int, width: int, most: int) -> Bar:
    room = FLOOR - TOP
    asked = room * week.asked // most if most else 0
    right = room * week.right // most if most else 0
    return Bar(week, x, width, FLOOR - asked, asked, FLOOR - right, right)
