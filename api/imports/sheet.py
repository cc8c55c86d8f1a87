"""From a file's bytes to numbered lines of named cells: encodings, separators and headings. Knows no column's meaning; never half of a line.

Problems carry a line, a column and the key of a sentence; the words are in `knowledge/texts/sv/people.yaml`.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Final

from common.web.dates import Text

LONGEST_CELL: Final = 2_000
MOST_LINES: Final = 50_000
ENCODINGS: Final = ("utf-8-sig", "cp1252", "latin-1")
SEPARATORS: Final = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where. `params` hold headings, ids and other lines' numbers."""

    line: int
    column: str
    code: str
    params: tuple[tuple[str, str], ...] = ()

    def words(self, text: Text) -> str:
        return text(f"people.problem.{self.code}", **dict(self.params))


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is where the line begins in the file. `cells` hold only the columns that the file has."""

    number: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "")

    def problem(self, column: str, code: str, **params: str) -> Problem:
        return Problem(self.number, column, code, tuple(params.items()))


@dataclass(frozen=True, slots=True)
class Headings:
    """The columns a file may have: name → every heading that means it, in lower case."""

    names: Mapping[str, frozenset[str]]
    required: tuple[str, ...]

    def name_of(self, heading: str) -> str | None:
        word = heading.strip().casefold()
        return next((name for name, words in self.names.items() if word in words), None)


@dataclass(frozen=True, slots=True)
class Sheet:
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


def headings(text: Text, kind: str, columns: tuple[str, ...], required: tuple[str, ...]) -> Headings:
    """Each column by its own name and by the name that the catalogue gives it."""
    names = {column: frozenset({column, text(f"people.column.{kind}.{column}").casefold()}) for column in columns}
    return Headings(names, required)


def decoded(content: bytes) -> str:
    """The file's text. Each of these encodings is tried in turn; the last one reads anything."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 reads every byte")


def read_sheet(text: str, known: Headings) -> Sheet:
    """Every line that can be read, and everything that is wrong with the others and with the headings."""
    if not text.strip():
        return Sheet((), (Problem(1, "", "empty"),))
    problems: list[Problem] = []
    rows = _rows(text, problems)
    first = next(rows, None)
    if first is None:
        return Sheet((), tuple(problems))
    columns = _columns(first[0], first[1], known, problems)
    if problems:
        return Sheet((), tuple(problems))
    lines: list[Line] = []
    for number, cells in rows:
        if len(lines) == MOST_LINES:
            problems.append(Problem(number, "", "too_many_lines", (("most", str(MOST_LINES)),)))
            break
        line = _line(number, cells, columns, problems)
        if line is not None:
            lines.append(line)
    if not lines and not problems:
        problems.append(Problem(2, "", "no_lines"))
    return Sheet(tuple(lines), tuple(problems))


def _rows(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line where it begins."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            problems.append(Problem(begins, "", "quotes"))
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _separator(text: str) -> str:
    heading = text.lstrip().split("\n", 1)[0]
    return max(SEPARATORS, key=heading.count)


def _columns(number: int, cells: list[str], known: Headings, problems: list[Problem]) -> list[str]:
    columns: list[str] = []
    for cell in cells:
        name = known.name_of(cell)
        if name is None:
            problems.append(Problem(number, cell.strip()[:40], "column_unknown"))
        elif name in columns:
            problems.append(Problem(number, name, "column_twice"))
        columns.append(name or "")
    problems.extend(Problem(number, name, "column_missing") for name in known.required if name not in columns)
    return columns


def _line(number: int, cells: list[str], columns: list[str], problems: list[Problem]) -> Line | None:
    if len(cells) != len(columns):
        counts = (("cells", str(len(cells))), ("columns", str(len(columns))))
        problems.append(Problem(number, "", "wrong_width", counts))
        return None
    bad = [column for column, cell in zip(columns, cells, strict=True) if not _readable(cell)]
    problems.extend(Problem(number, column, "unreadable") for column in bad)
    if bad:
        return None
    named = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
    return Line(number, named)


def _readable(cell: str) -> bool:
    return len(cell) <= LONGEST_CELL and all(sign.isprintable() or sign in "\n\t\r\u00a0\u00ad" for sign in cell)
