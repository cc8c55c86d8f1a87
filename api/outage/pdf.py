"""The outage form on paper: a Sheet as a PDF in A4, with its fonts, title and language inside. Decides nothing about what stands on it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from fpdf import FontFace
from fpdf.enums import TableBordersLayout, XPos, YPos

from api.outage.paper import SayLine, Sheet
from common.paper import FACE, INK, MARGIN, PALE, SOFT, WIDTH, Paper

Text = Callable[..., str]


class Form(Paper):
    """A page with its number at the foot, and the band of an exercise at the head."""

    def __init__(self, text: Text, sheet: Sheet, made_at: datetime) -> None:
        super().__init__(sheet.title, made_at, bottom=14)
        self.words = text
        self.sheet = sheet
        self.set_subject(sheet.subtitle)
        self.set_draw_color(*SOFT)

    def header(self) -> None:
        if self.sheet.filled.exercise:
            self.set_font(FACE, "B", 11)
            self.set_fill_color(*PALE)
            self.cell(
                WIDTH, 7, self.words("outage.paper.exercise"), fill=True, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT
            )
            self.ln(1)

    def footer(self) -> None:
        self.set_y(-11)
        self.set_font(FACE, "", 8)
        self.set_text_color(*SOFT)
        self.cell(WIDTH / 2, 5, self.sheet.title)
        page = self.words("outage.paper.page", page=self.page_no(), pages="{nb}")
        self.cell(WIDTH / 2, 5, page, align="R")
        self.set_text_color(*INK)

    def heading(self, words: str) -> None:
        if self.will_page_break(22):
            self.add_page()
        self.ln(1.5)
        self.start_section(words)
        self.set_font(FACE, "B", 11)
        self.cell(WIDTH, 6, words, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def line_of(self, words: str, *, size: float = 9, style: str = "", mark: str = "") -> None:
        self.set_font(FACE, style, size)
        if mark:
            self.cell(5, 4.6, mark)
        self.multi_cell(WIDTH - (5 if mark else 0), 4.6, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def rows(self, head: Sequence[str], widths: Sequence[int], body: Sequence[Sequence[str]], high: float) -> None:
        """A table whose rows leave room to write by hand."""
        self.set_font(FACE, "", 8.5)
        style = FontFace(emphasis="BOLD", fill_color=PALE, color=INK)
        with self.table(
            headings_style=style, line_height=4.2, padding=(1, 1.2, high, 1.2), text_align="LEFT",
            col_widths=tuple(widths), width=WIDTH, borders_layout=TableBordersLayout.ALL,
        ) as table:  # fmt: skip
            for line in (head, *body):
                row = table.row()
                for cell in line:
                    row.cell(cell)


def form_pdf(text: Text, sheet: Sheet, made_at: datetime) -> bytes:
    """The form as the bytes of a PDF."""
    pdf = Form(text, sheet, made_at)
    pdf.add_page()
    _head(pdf)
    _calls(pdf)
    _say(pdf)
    _stop(pdf)
    pdf.add_page()
    _numbers(pdf)
    _after(pdf)
    if sheet.sip is not None:
        _sip(pdf)
    return bytes(pdf.output())


def pages_of(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


def _head(pdf: Form) -> None:
    sheet, text, filled = pdf.sheet, pdf.words, pdf.sheet.filled
    pdf.start_section(sheet.title)
    pdf.set_font(FACE, "B", 15)
    pdf.multi_cell(WIDTH, 7, sheet.title, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_text_color(*SOFT)
    pdf.line_of(sheet.subtitle)
    pdf.set_text_color(*INK)
    pdf.ln(1)
    top, high, left = pdf.get_y(), 34.0, WIDTH * 0.52
    pdf.rect(MARGIN, top, left, high)
    pdf.set_xy(MARGIN + 1.5, top + 1)
    pdf.set_font(FACE, "", 8)
    pdf.cell(left, 4, text("outage.paper.label"))
    pdf.set_xy(MARGIN + 1.5, top + 7)
    pdf.set_font(FACE, "", 10)
    pdf.multi_cell(left - 3, 5, filled.person, align="L")
    boxes = (
        ("unit", filled.unit), ("number", filled.number), ("date", filled.date),
        ("admitted", filled.admitted), ("discharged", filled.discharged),
    )  # fmt: skip
    right = MARGIN + left + 3
    for place, (name, value) in enumerate(boxes):
        y = top + place * high / len(boxes)
        pdf.set_xy(right, y + 0.8)
        pdf.set_font(FACE, "", 8)
        pdf.cell(34, 5, text(f"outage.paper.{name}"))
        pdf.set_font(FACE, "", 9)
        pdf.cell(WIDTH - left - 37, 5, value)
        pdf.line(right, y + high / len(boxes), MARGIN + WIDTH, y + high / len(boxes))
    pdf.set_xy(MARGIN, top + high + 1)


def _calls(pdf: Form) -> None:
    text, sheet = pdf.words, pdf.sheet
    pdf.heading(text("outage.paper.calls"))
    body = [
        (f"{place}. {line.to}", "\n".join(line.numbers) or text("outage.paper.see_numbers"), line.reached)
        for place, line in enumerate(sheet.calls, start=1)
    ]
    head = (text("outage.paper.calls").partition(". ")[2], text("outage.paper.numbers"), text("outage.paper.reached"))
    pdf.rows(head, (38, 38, 24), body, 1.4)
    pdf.ln(1)
    pdf.line_of(sheet.one_way_in, size=8.5)
    pdf.line_of(sheet.repeat, size=8.5)


def _say(pdf: Form) -> None:
    text = pdf.words
    pdf.heading(text("outage.paper.say"))
    head = [text(f"outage.paper.{name}") for name in ("what", "given", "received", "when", "signature", "comment")]
    pdf.rows(head, (30, 10, 8, 15, 13, 24), [_said(line, text) for line in pdf.sheet.say], 3.4)


def _said(line: SayLine, text: Text) -> tuple[str, ...]:
    boxes = tuple("☑" if ticked else "☐" for ticked in (line.given, line.received))
    return (line.what or text("outage.paper.rows_free"), *boxes, line.when, line.signature, line.comment)


def _stop(pdf: Form) -> None:
    text, sheet = pdf.words, pdf.sheet
    pdf.heading(text("outage.paper.stop"))
    pdf.line_of(sheet.stop, style="B", size=10)
    pdf.heading(text("outage.paper.how"))
    for line in sheet.how:
        pdf.line_of(line, mark="•")


def _after(pdf: Form) -> None:
    text, sheet = pdf.words, pdf.sheet
    pdf.heading(text("outage.paper.after"))
    pdf.line_of(text("outage.paper.after_who"), style="B")
    for line in sheet.after:
        pdf.line_of(line)
    for title, lines in (("do", sheet.do), ("leave", sheet.leave)):
        if lines:
            pdf.line_of(text(f"outage.paper.{title}"), style="B")
        for line in lines:
            pdf.line_of(line, mark="☐" if title == "do" else "×")
    pdf.heading(text("outage.paper.paper"))
    for place, line in enumerate(sheet.paper, start=1):
        pdf.line_of(line, mark=f"{place}.")


def _numbers(pdf: Form) -> None:
    text, sheet = pdf.words, pdf.sheet
    pdf.heading(text("outage.paper.support"))
    for line in sheet.support:
        pdf.line_of(line)
    pdf.heading(text("outage.paper.switchboard"))
    for name, phone, note in sheet.numbers:
        pdf.line_of(text("outage.paper.number_line", name=name, phone=phone), size=10)
        if note:
            pdf.line_of(note, size=8)


def _sip(pdf: Form) -> None:
    text, sip = pdf.words, pdf.sheet.sip
    if sip is None:
        return
    pdf.add_page()
    pdf.heading(text("outage.paper.sip"))
    pdf.line_of(text("outage.paper.sip_lead"))
    pdf.ln(1)
    head = [text(f"outage.paper.{name}") for name in ("party", "reached", "comment")]
    pdf.rows(head, (40, 25, 35), [(f"☐ {party}", "", "") for party in sip.parties], 2.6)
    for title, high in (("sip_date", 16.0), *((note, 26.0) for note in sip.notes)):
        words = text("outage.paper.sip_date") if title == "sip_date" else title
        if pdf.will_page_break(high + 8):
            pdf.add_page()
        pdf.ln(2)
        pdf.line_of(words, style="B")
        pdf.rect(MARGIN, pdf.get_y(), WIDTH, high - 6)
        pdf.set_y(pdf.get_y() + high - 6)
    pdf.ln(3)
    for name in ("sip_copy", "sip_formal"):
        pdf.line_of(text(f"outage.paper.{name}"))
