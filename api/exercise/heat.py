"""The heat map of confused ways as places on a drawing. Knows no words and no colours; the page draws it."""

from dataclasses import dataclass
from typing import Final

from api.exercise.figures import Confusion

LEFT: Final = 190
TOP: Final = 30
CELL_HIGH: Final = 34
WIDTH: Final = 640
STRONG: Final = 0.5
"""Of the commonest mistake, from which a cell is the warmest."""


@dataclass(frozen=True, slots=True)
class Cell:
    x: int
    y: int
    width: int
    count: int
    tone: str
    """`right`, or how warm a mistake it is: `0`, `1`, `2`."""

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Heat:
    width: int
    height: int
    cell_high: int
    columns: tuple[tuple[str, int], ...]
    """(way, where its number stands)"""
    rows: tuple[tuple[str, int], ...]
    cells: tuple[Cell, ...]


def heat(confusion: Confusion) -> Heat:
    wide = (WIDTH - LEFT) // max(len(confusion.columns), 1)
    cells = tuple(
        Cell(
            LEFT + wide * across,
            TOP + CELL_HIGH * down,
            wide,
            confusion.count(row, column),
            _tone(confusion, row, column),
        )
        for down, row in enumerate(confusion.rows)
        for across, column in enumerate(confusion.columns)
    )
    return Heat(
        WIDTH,
        TOP + CELL_HIGH * len(confusion.rows) + 4,
        CELL_HIGH,
        tuple((column, LEFT + wide * across + wide // 2) for across, column in enumerate(confusion.columns)),
        tuple((row, TOP + CELL_HIGH * down + 22) for down, row in enumerate(confusion.rows)),
        cells,
    )


def _tone(confusion: Confusion, row: str, column: str) -> str:
    if row == column:
        return "right"
    count = confusion.count(row, column)
    if not count:
        return "0"
    return "2" if count >= STRONG * confusion.most else "1"
