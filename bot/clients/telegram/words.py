"""What Lots says as Telegram shows it: HTML with everything escaped, split at a sentence where it is too long. Sends nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from bot.gateways.records import Line
from bot.render import Rendered, RenderedChoice, RenderedLink
from bot.replies import Look, Tone

LIMIT: Final = 4096
"""UTF-16 units in a message, after its entities are read."""
MARGIN: Final = 96
"""Left for a mark in front."""
KEPT: Final = (Tone.CARD, Tone.COPY, Tone.EMERGENCY, Tone.PREVIEW, Tone.RECEIPT)
"""What is read again later; a question gives way to the next one."""
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+")
_OPENS: Final = {Look.HEADLINE: "<b>", Look.TITLE: "<b>", Look.SMALL: "<i>"}
_CLOSES: Final = {Look.HEADLINE: "</b>", Look.TITLE: "</b>", Look.SMALL: "</i>"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that are shown as one message (or several, where they are too long): what was said in one answer."""

    cause: str
    first: int
    last: int
    parts: tuple[str, ...]
    """HTML, each short enough."""
    choices: tuple[RenderedChoice, ...]
    links: tuple[RenderedLink, ...]
    lasting: bool
    """It stays as it is: the routine's answer, a receipt, a text to copy, danger, or a link that must be found again."""


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def batches(lines: Sequence[Line]) -> Iterator[Batch]:
    """What is said in one answer is one message; a text to copy, or what a danger needs, is one of its own."""
    group: list[Line] = []
    for line in lines:
        if line.author != "lots":
            continue
        if group and (line.cause != group[-1].cause or _alone(line) or _alone(group[-1])):
            yield _batch(group)
            group = []
        group.append(line)
    if group:
        yield _batch(group)


def _alone(line: Line) -> bool:
    return line.said.tone in (Tone.COPY, Tone.EMERGENCY)


def _batch(group: Sequence[Line]) -> Batch:
    said = [line.said for line in group]
    choices = next((one.choices for one in reversed(said) if one.choices), ())
    links = tuple(link for one in said for link in one.links if not link.url.startswith("tel:"))
    lasting = bool(links) or any(one.tone in KEPT for one in said)
    parts = tuple(_parts([piece for one in said for piece in _pieces(one)]))
    return Batch(group[0].cause, group[0].number, group[-1].number, parts, choices, links, lasting)


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    opens: str = ""
    closes: str = ""
    apart: bool = False
    """A blank line goes before it."""

    @property
    def html(self) -> str:
        return f"{self.opens}{escape(self.text)}{self.closes}" if self.text.strip() else self.text


def _pieces(said: Rendered) -> Iterator[_Piece]:
    """Line by line with its look; numbers to ring stand in the text, where a phone makes them a link."""
    pre = said.tone is Tone.COPY
    bold = said.tone is Tone.EMERGENCY
    if pre:
        yield _Piece(said.text, "<pre>", "</pre>", apart=True)
    else:
        for place, (line, look) in enumerate(said.lines):
            opens, closes = _OPENS.get(look, ""), _CLOSES.get(look, "")
            if bold and not opens:
                opens, closes = "<b>", "</b>"
            yield _Piece(line, opens, closes, apart=place == 0)
    for link in said.links:
        if link.url.startswith("tel:") and link.label.rpartition(", ")[2] not in said.text:
            yield _Piece(link.label)
    if said.assumed:
        yield _Piece(said.assumed, apart=True)


def _parts(pieces: Sequence[_Piece]) -> Iterator[str]:
    """As many messages as are needed, broken between lines where that is possible and else after a sentence."""
    html, length = "", 0
    for piece in (short for whole in pieces for short in _short(whole)):
        gap = "\n\n" if piece.apart else "\n"
        more = units(piece.text) + (len(gap) if html else 0)
        if html and length + more > LIMIT - MARGIN:
            yield html
            html, length, more = "", 0, units(piece.text)
        html = f"{html}{gap}{piece.html}" if html else piece.html
        length += more
    if html:
        yield html


def _short(piece: _Piece) -> Iterator[_Piece]:
    """A line that is too long for a message, in pieces that are not."""
    if units(piece.text) <= LIMIT - MARGIN:
        yield piece
        return
    for place, text in enumerate(split(piece.text, LIMIT - MARGIN)):
        yield _Piece(text, piece.opens, piece.closes, apart=piece.apart and place == 0)


def split(text: str, limit: int) -> Iterator[str]:
    """After a sentence where one ends in time, else between words, else wherever it must."""
    gathered = ""
    for sentence in (part for whole in _SENTENCE.split(text) for part in _pressed(whole, limit)):
        joined = f"{gathered} {sentence}" if gathered else sentence
        if units(joined) <= limit:
            gathered = joined
            continue
        yield gathered
        gathered = sentence
    if gathered:
        yield gathered


def _pressed(sentence: str, limit: int) -> Iterator[str]:
    while units(sentence) > limit:
        cut = _fits(sentence, limit)
        space = sentence.rfind(" ", 0, cut)
        cut = space if space > 0 else cut
        yield sentence[:cut]
        sentence = sentence[cut:].lstrip()
    if sentence:
        yield sentence


def _fits(text: str, limit: int) -> int:
    """How many characters fit; never half of one."""
    used = 0
    for place, sign in enumerate(text):
        used += units(sign)
        if used > limit:
            return place
    return len(text)
