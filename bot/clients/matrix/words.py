"""What Lots says as Matrix shows it: numbered choices, plain text and the same with its looks. Sends nothing."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from bot.clients.matrix.homeserver import Words
from bot.gateways.records import Line
from bot.render import Rendered, RenderedChoice, RenderedLink, Texts
from bot.replies import Look, Tone, Weight

LIMIT: Final = 6_000
"""Characters in a message: encrypted and with its looks it stays under the 64 KiB that an event may have."""
KEPT: Final = (Tone.CARD, Tone.COPY, Tone.EMERGENCY, Tone.PREVIEW, Tone.RECEIPT)
"""What is read again later; a question gives way to the next one."""
SIGNS: Final = (*(f"{number}\ufe0f\u20e3" for number in range(1, 10)), "\N{KEYCAP TEN}")
"""What a choice begins with, and what is put on the message to pick it."""
_BARE: Final = {sign.replace("\ufe0f", ""): number for number, sign in enumerate(SIGNS, start=1)}
_TAGS: Final = {Look.HEADLINE: "strong", Look.TITLE: "strong", Look.SMALL: "em"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that are shown as one message (or several, where they are too long): what was said in one answer."""

    cause: str
    first: int
    last: int
    parts: tuple[Words, ...]
    choices: tuple[RenderedChoice, ...]
    lasting: bool
    """It stays as it is: the routine's answer, a receipt, a text to copy, danger, or a link that must be found again."""


def sign(number: int) -> str:
    """How a choice's number is shown."""
    return SIGNS[number - 1] if number <= len(SIGNS) else f"{number}."


def number_of(shown: str) -> int | None:
    """The choice that someone means by a sign, or by digits; None for anything else."""
    bare = shown.strip().replace("\ufe0f", "")
    if bare in _BARE:
        return _BARE[bare]
    digits = bare.removesuffix(".")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 2 else None


def choices_of(lines: Sequence[Line]) -> tuple[RenderedChoice, ...]:
    """Those that stand under what was said: the last ones."""
    return next((line.said.choices for line in reversed(lines) if line.author == "lots" and line.said.choices), ())


def batches(lines: Sequence[Line], texts: Texts, address: str) -> Iterator[Batch]:
    """What is said in one answer is one message; a text to copy, or what a danger needs, is one of its own."""
    group: list[Line] = []
    for line in lines:
        if line.author != "lots":
            continue
        if group and (line.cause != group[-1].cause or _alone(line) or _alone(group[-1])):
            yield _batch(group, texts, address)
            group = []
        group.append(line)
    if group:
        yield _batch(group, texts, address)


def _alone(line: Line) -> bool:
    return line.said.tone in (Tone.COPY, Tone.EMERGENCY)


def _batch(group: Sequence[Line], texts: Texts, address: str) -> Batch:
    said = [line.said for line in group]
    choices = choices_of(group)
    pieces = [piece for one in said for piece in _pieces(one, texts, address)]
    assumed = next((one.assumed for one in reversed(said) if one.assumed), "")
    pieces += _numbered(choices, assumed)
    lasting = any(one.links for one in said) or any(one.tone in KEPT for one in said)
    return Batch(group[0].cause, group[0].number, group[-1].number, tuple(_parts(pieces)), choices, lasting)


@dataclass(frozen=True, slots=True)
class _Piece:
    plain: str
    html: str
    apart: bool = False
    """A blank line goes before it."""


def _pieces(said: Rendered, texts: Texts, address: str) -> Iterator[_Piece]:
    if said.tone is Tone.COPY:
        for place, part in enumerate(_short(said.text)):
            yield _Piece(part, f"<pre>{escape(part)}</pre>", apart=place == 0)
    else:
        for place, (line, look) in enumerate(said.lines):
            tag = _TAGS.get(look) or ("strong" if said.tone is Tone.EMERGENCY else "")
            for begins, part in enumerate(_short(line)):
                yield _Piece(part, _tagged(part, tag), apart=place == 0 and begins == 0)
    for link in said.links:
        yield from _link(link, said.text, texts, address)


def _link(link: RenderedLink, text: str, texts: Texts, address: str) -> Iterator[_Piece]:
    """A number to ring that stands in the text already is tapped there; a page needs its whole address."""
    if link.url.startswith("tel:"):
        if link.label.rpartition(", ")[2] not in text:
            yield _Piece(link.label, escape(link.label))
        return
    url = f"{address}{link.url}" if link.url.startswith("/") else link.url
    plain = texts.text("matrix.link", label=link.label, url=url)
    yield _Piece(plain, f'<a href="{escape(url)}">{escape(link.label)}</a>')


def _numbered(choices: Sequence[RenderedChoice], assumed: str) -> Iterator[_Piece]:
    apart = True
    for number, choice in enumerate(choices, start=1):
        if assumed and choice.weight is Weight.ASSUMPTION:
            yield _Piece(assumed, escape(assumed), apart=True)
            assumed, apart = "", False
        line = f"{sign(number)} {choice.label}"
        yield _Piece(line, escape(line), apart=apart)
        apart = False
    if assumed:
        yield _Piece(assumed, escape(assumed), apart=True)


def _tagged(text: str, tag: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if tag and text.strip() else escape(text)


def _short(text: str) -> list[str]:
    """A line that is too long for a message, in pieces that are not."""
    if len(text) <= LIMIT:
        return [text]
    return textwrap.wrap(text, LIMIT, replace_whitespace=False, drop_whitespace=False)


def _parts(pieces: Sequence[_Piece]) -> Iterator[Words]:
    """As many messages as are needed, broken between lines."""
    plain, html = "", ""
    for piece in pieces:
        if plain and len(plain) + len(piece.plain) > LIMIT:
            yield Words(plain, html)
            plain, html = "", ""
        gap = ("\n\n", "<br><br>") if piece.apart else ("\n", "<br>")
        plain = f"{plain}{gap[0]}{piece.plain}" if plain else piece.plain
        html = f"{html}{gap[1]}{piece.html}" if html else piece.html
    if plain:
        yield Words(plain, html)
