"""What leaves with the trainer as sheets: the answers as CSV, with the figures as XLSX. Names nobody unless the session says so."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.exercise.figures import Figures, Line
from api.exercise.material import Asked
from api.exercise.tables import VoteRow
from knowledge.texts import Catalogue
from triage.scenarios import label

if TYPE_CHECKING:  # the library is large, and few servers ever make a sheet
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

COLUMNS: Final = ("participant", "team", "unit_type", "question", "scenario", "kind", "round", "answer", "channel", "right_channel", "rule", "right", "at")  # fmt: skip
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run."""
Text = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer, ready to be written down."""

    who: str
    """A number, or the nickname where the session is a named one."""
    participant_id: str
    team: str
    unit_type: str
    vote: VoteRow
    asked: Asked
    answer: str
    channel: str

    @property
    def right(self) -> bool:
        return self.vote.option == self.asked.right

    def cells(self) -> tuple[str, ...]:
        question = self.asked.question
        return (
            self.who, self.team, self.unit_type, str(self.asked.place + 1), question.scenario.title, str(question.step.question),
            str(self.vote.round), self.answer, self.channel, question.key.channel or "", question.key.rule or "",
            "1" if self.right else "0", self.vote.at.isoformat(timespec="minutes"),
        )  # fmt: skip


def answers(
    asked: Sequence[Asked],
    votes: Sequence[VoteRow],
    who: Mapping[str, tuple[str, str, str]],
    texts: Catalogue,
) -> Iterator[Given]:
    """Every answer in the order it was given; `who`: participant → (name, team, kind of unit)."""
    for vote in sorted(votes, key=lambda one: (one.place, one.round, one.at, one.participant_id)):
        one = asked[vote.place]
        option = one.question.option(vote.option)
        if option is None or vote.participant_id not in who:
            continue
        name, team, unit_type = who[vote.participant_id]
        words = label(option.choice, one.pack, texts)
        yield Given(name, vote.participant_id, team, unit_type, vote, one, words, option.choice.channel or "")


def as_csv(given: Sequence[Given], text: Text) -> str:
    """As spreadsheets read it where a comma stands in numbers: a semicolon between."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_columns(text))
    writer.writerows([_harmless(cell) for cell in one.cells()] for one in given)
    return out.getvalue()


def _columns(text: Text) -> list[str]:
    return [text(f"exercise.report.column.{name}") for name in COLUMNS]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_xlsx(given: Sequence[Given], found: Figures, names: Mapping[str, str], text: Text) -> bytes:
    """Four sheets: answers, by question, by way and rule, confused ways. `names`: what ways and kinds of unit are called."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(text("exercise.report.answers"))
    _head(sheet, _columns(text))
    for one in given:
        sheet.append([int(cell) if cell.isdecimal() else _harmless(cell) for cell in one.cells()])
    groups = (
        ("questions", found.questions),
        ("channels", found.channels),
        ("rules", found.rules),
        ("units", found.units),
    )
    for key, lines in groups:
        sheet = book.create_sheet(text(f"exercise.report.{key}"))
        _head(
            sheet,
            [text(f"exercise.report.{name}") for name in (key, "right", "answered", "right_after", "answered_after")],
        )
        for line in lines:
            sheet.append([_name(line, key, names), line.right, line.answered, line.right_after, line.answered_after])
    sheet = book.create_sheet(text("exercise.report.confusion_short"))
    columns = found.confusion.columns
    _head(sheet, ["", *(names.get(column, column) for column in columns)])
    for row in found.confusion.rows:
        sheet.append([names.get(row, row), *(found.confusion.count(row, column) for column in columns)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _name(line: Line, key: str, names: Mapping[str, str]) -> str:
    return str(int(line.name) + 1) if key == "questions" else names.get(line.name, line.name)


def _head(sheet: "WriteOnlyWorksheet", words: Sequence[str]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells = []
    for word in words:
        cell = WriteOnlyCell(sheet, value=word)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
