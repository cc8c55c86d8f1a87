"""The summary of a session on one page, as a PDF to print or send on. Draws what it is told; names nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fpdf.enums import XPos, YPos

from api.exercise.figures import Line
from common.paper import FACE, MARGIN, PALE, SOFT, WIDTH, Paper

GROWN: Final = (11, 90, 99)
ROWS: Final = 8
"""Lines of each kind: the hardest ones, so that it stays one page."""
NAMED: Final = 88.0
"""Millimetres for what a bar is about; what is longer is cut off."""
Text = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Summary:
    title: str
    lines: tuple[str, ...]
    """When, how many, how it went as a whole."""
    groups: tuple[tuple[str, Sequence[tuple[str, Line]]], ...]
    """(heading, [(name, figures)]), the hardest first."""
    next: tuple[str, ...]
    small: str


def summary_pdf(text: Text, made: Summary, made_at: datetime) -> bytes:
    page = Paper(made.title, made_at)
    page.add_page()
    page.start_section(made.title)
    _words(page, made.title, 18, bold=True, high=9)
    for line in made.lines:
        _words(page, line, 10)
    for heading, lines in made.groups:
        if lines:
            _bars(page, text, heading, lines[:ROWS])
    if made.next:
        page.ln(3)
        _words(page, text("exercise.report.next"), 12, bold=True, high=7)
        for line in made.next:
            _words(page, f"• {line}", 10)
    page.set_xy(MARGIN, 280)
    page.set_text_color(*SOFT)
    _words(page, made.small, 8, high=4)
    return bytes(page.output())


def _words(page: Paper, words: str, size: float, *, bold: bool = False, high: float = 5.2) -> None:
    page.set_font(FACE, "B" if bold else "", size)
    page.multi_cell(WIDTH, high, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _cut(page: Paper, name: str) -> str:
    if page.get_string_width(name) <= NAMED:
        return name
    while page.get_string_width(f"{name}…") > NAMED:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _bars(page: Paper, text: Text, heading: str, lines: Sequence[tuple[str, Line]]) -> None:
    page.ln(3)
    page.start_section(heading)
    _words(page, heading, 12, bold=True, high=7)
    left, wide = MARGIN + 92, 50.0
    for name, line in lines:
        top = page.get_y()
        page.set_font(FACE, "", 9.5)
        page.cell(90, 6, _cut(page, name))
        page.set_fill_color(*PALE)
        page.rect(left, top + 1, wide, 4, style="F")
        page.set_fill_color(*GROWN)
        page.rect(left, top + 1, wide * line.share / 100, 4, style="F")
        page.set_xy(left + wide + 2, top)
        page.cell(0, 6, text("exercise.report.of", right=line.right, answered=line.answered, share=line.share))
        page.set_xy(MARGIN, top + 6)
