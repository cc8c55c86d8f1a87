"""A sheet to print: A4 as a PDF, with our own fonts, title, language and maker inside. Knows nothing of what is drawn on it.

Imported only where something is drawn: its library is large, and few servers ever draw anything.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from fpdf import FPDF, ViewerPreferences

FONTS: Final = Path(__file__).parent / "fonts"
FACE: Final = "FormSans"
LANGUAGE: Final = "sv-SE"
MARGIN: Final = 12
WIDTH: Final = 210 - 2 * MARGIN
INK: Final = (16, 40, 44)
SOFT: Final = (70, 96, 95)
PALE: Final = (232, 239, 239)


class Paper(FPDF):
    """In our own fonts, within the same margins everywhere. `bottom`: where a new page begins; None: one page, come what may."""

    def __init__(self, title: str, made_at: datetime, *, bottom: int | None = None) -> None:
        super().__init__(format="A4")
        describe(self, title, made_at)
        self.add_font(FACE, "", FONTS / "FormSans.ttf")
        self.add_font(FACE, "B", FONTS / "FormSans-Bold.ttf")
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(bottom is not None, margin=bottom or 0)
        self.set_text_color(*INK)


def describe(page: FPDF, title: str, made_at: datetime) -> None:
    """What a reader of the file is told about it, whoever or whatever reads it out."""
    page.set_lang(LANGUAGE)
    page.set_title(title)
    page.set_creator("Lots")
    page.set_creation_date(made_at)
    page.viewer_preferences = ViewerPreferences(display_doc_title=True)
