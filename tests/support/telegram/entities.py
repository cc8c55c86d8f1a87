"""Telegram's HTML as its server reads it: the text that is shown and its entities, or the refusal in its own words."""

import re
from dataclasses import dataclass
from typing import Final

TAGS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler",
}  # fmt: skip
NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TOKEN: Final = re.compile(r"<(/?)([^<>]*)>|&(#?\w+);|([<>&])|([^<>&]+)")
_HREF: Final = re.compile(r'^\s*href="([^"]*)"\s*$')


class CannotParse(Exception):  # noqa: N818 - the server's refusal
    """The part after "can't parse entities: "."""


@dataclass(frozen=True, slots=True)
class Entity:
    type: str
    offset: int
    length: int
    url: str | None = None

    def as_json(self) -> dict[str, object]:
        told: dict[str, object] = {"type": self.type, "offset": self.offset, "length": self.length}
        return told if self.url is None else {**told, "url": self.url}


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> tuple[str, tuple[Entity, ...]]:
    """Raises CannotParse for what Telegram does not take: unknown or open tags, a bare `<`."""
    shown = ""
    open_tags: list[tuple[str, int, str | None]] = []
    entities: list[Entity] = []
    for match in _TOKEN.finditer(source):
        closing, tag, reference, stray, words = match.groups()
        place = len(source[: match.start()].encode())
        if stray == "<":
            raise CannotParse(f"Unclosed start tag at byte offset {place}")
        if stray is not None or words is not None:
            shown += stray or words
        elif reference is not None:
            shown += _character(reference)
        elif closing:
            if not open_tags or open_tags[-1][0] != tag.strip():
                raise CannotParse(f"Unexpected end tag at byte offset {place}")
            name, start, url = open_tags.pop()
            length = units(shown) - start
            if length and (name != "a" or url):
                entities.append(Entity(TAGS[name], start, length, url))
        else:
            name, _, rest = tag.partition(" ")
            if name not in TAGS:
                raise CannotParse(f'Unsupported start tag "{name}" at byte offset {place}')
            href = _HREF.match(rest)
            open_tags.append((name, units(shown), href.group(1) if href else None))
    if open_tags:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return shown, tuple(sorted(entities, key=lambda entity: (entity.offset, -entity.length)))


def _character(reference: str) -> str:
    if reference in NAMED:
        return NAMED[reference]
    if reference.startswith("#"):
        digits = reference[1:]
        try:
            return chr(int(digits[1:], 16) if digits[:1] in "xX" else int(digits))
        except (ValueError, OverflowError):
            pass
    return f"&{reference};"
