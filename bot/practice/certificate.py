"""The certificate of one routine's version as a PDF to print. Draws what it is told; knows neither the person nor the routine."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the library is large, and few servers ever draw anything
    from fpdf import FPDF

INK: Final = (16, 40, 44)
ACCENT: Final = (11, 90, 99)
ENCODING: Final = "cp1252"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The words, from top to bottom; `small` stands at the foot."""

    title: str
    name: str
    unit: str
    text: str
    lines: tuple[str, ...]
    small: str
    earned: datetime


def pdf(certificate: Certificate) -> bytes:
    """One page, A4. Signs outside what the built-in fonts hold are replaced, never an error."""
    from fpdf import FPDF

    from common.paper import describe

    page = FPDF(format="A4")
    page.core_fonts_encoding = ENCODING
    describe(page, _safe(certificate.title), certificate.earned)
    page.set_auto_page_break(auto=False)
    page.add_page()
    page.set_draw_color(*ACCENT)
    page.set_line_width(1.2)
    page.rect(12, 12, 186, 273)
    _line(page, certificate.title, 30, 34, ACCENT, bold=True)
    _line(page, certificate.name, 22, 24, INK, bold=True)
    _line(page, certificate.unit, 13, 12, INK)
    page.ln(8)
    _line(page, certificate.text, 13, 8, INK)
    page.ln(4)
    for line in certificate.lines:
        _line(page, line, 12, 8, INK)
    page.set_y(255)
    _line(page, certificate.small, 9, 5, INK)
    return bytes(page.output())


def _line(page: "FPDF", text: str, size: int, height: int, color: tuple[int, int, int], *, bold: bool = False) -> None:
    page.set_font("Helvetica", "B" if bold else "", size)
    page.set_text_color(*color)
    page.set_x(25)
    page.multi_cell(160, height, _safe(text), align="C", new_x="LMARGIN", new_y="NEXT")


def _safe(text: str) -> str:
    return text.encode(ENCODING, "replace").decode(ENCODING)
