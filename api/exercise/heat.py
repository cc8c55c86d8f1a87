"""How warm each pair of ways is in the map of what is confused. Knows no words and no colours; the page draws it as a table."""

from dataclasses import dataclass
from typing import Final

from api.exercise.figures import Confusion

STRONG: Final = 0.5
"""Of the commonest mistake, from which a cell is the warmest."""


@dataclass(frozen=True, slots=True)
class Cell:
    count: int
    tone: str
    """`right`, or how warm a mistake it is: `0`, `1`, `2`."""


@dataclass(frozen=True, slots=True)
class Heat:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def heat(confusion: Confusion) -> Heat:
    return Heat(
        confusion.columns,
        tuple(
            (row, tuple(Cell(confusion.count(row, one), _tone(confusion, row, one)) for one in confusion.columns))
            for row in confusion.rows
        ),
    )


def _tone(confusion: Confusion, row: str, column: str) -> str:
    if row == column:
        return "right"
    count = confusion.count(row, column)
    if not count:
        return "0"
    return "2" if count >= STRONG * confusion.most else "1"
