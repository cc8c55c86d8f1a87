"""Takes a text with several matters apart, sentence by sentence. Pure; adds and drops no words."""

import re
from collections.abc import Sequence
from typing import Final

from knowledge.pack import Pack
from knowledge.vocabulary import Fact, UnitType, Value
from triage.facts import Known
from triage.reading import Context, Reader

NAMED: Final = 1.0
LIST: Final = 3
"""Bare numbers are a list from this many on: "1 tablett … 2 tabletter" is none."""
HEADING: Final = 4
"""Words before a list that only say that it comes: "Fem saker till vc:"."""
_NUMBER: Final = re.compile(r"(?:^|(?<=\s))([1-9])(?:[.):]\s*|\s+)(?=[^\W\d_]{2})")
"""A number of a list: alone before a word. "2 ggr" is none unless it is next in the list."""
_AND: Final = re.compile(r",?\s+(?:och|samt|dessutom|plus)\s+(?=\S+\s+\S+)", re.IGNORECASE)
_END: Final = re.compile(r"(?<=[.!?])\s+")


def sentences(text: str, abbreviations: Sequence[str] = ()) -> tuple[str, ...]:
    """The sentences in order, each trimmed. A full stop after an abbreviation, or a single letter or figure, ends none."""
    short = frozenset(abbreviations)
    whole: list[str] = []
    for line in text.splitlines():
        open_end = False
        for piece in filter(None, map(str.strip, _END.split(line))):
            if open_end:
                whole[-1] = f"{whole[-1]} {piece}"
            else:
                whole.append(piece)
            last = piece.split()[-1].lstrip("(").removesuffix(".").casefold()
            open_end = piece.endswith(".") and (len(last) == 1 or last in short)
    return tuple(whole)


def part(reader: Reader, text: str, pack: Pack, sender: UnitType, abbreviations: Sequence[str] = ()) -> tuple[str, ...]:
    """The matters: a sentence with a topic of its own begins a new one, the others belong to the one before.

    Where they are numbered, each number begins one. Else a topic counts by the words that name it; only where that finds no second matter
    does a mere likeness count too, and last whether an "och" stands between two that are named.
    """
    listed = numbered(text)
    if len(listed) > 1:
        return listed
    said = sentences(text, abbreviations)
    topics = _topics(reader, said, pack, sender)
    named = _grouped(said, [topic.value if topic and _named(topic) else None for topic in topics])
    if len(named) > 1:
        return named
    alike = _grouped(said, [topic.value if topic else None for topic in topics])
    return alike if len(alike) > 1 else _joined(reader, said, pack, sender)


def _joined(reader: Reader, said: Sequence[str], pack: Pack, sender: UnitType) -> tuple[str, ...]:
    """Matters that stand in one sentence with an "och" between, each named by its own words."""
    pieces = tuple(piece for sentence in said for piece in _AND.split(sentence) if piece)
    topics = _topics(reader, pieces, pack, sender)
    parts = _grouped(pieces, [topic.value if topic and _named(topic) else None for topic in topics])
    return parts if len(parts) > 1 else (" ".join(said),)


def _topics(reader: Reader, pieces: Sequence[str], pack: Pack, sender: UnitType) -> list[Known | None]:
    return [reader.read(piece, Context(pack, sender, None)).facts.known.get(Fact.TOPIC) for piece in pieces]


def numbered(text: str) -> tuple[str, ...]:
    """The items of a list that is numbered from one, without their numbers. What is told before it goes with the first; a mere
    "fem saker:" goes with none.
    """
    marks: list[re.Match[str]] = []
    for found in _NUMBER.finditer(text):
        if int(found[1]) == len(marks) + 1:
            marks.append(found)
    if not marks:
        return ()
    before = " ".join(text[: marks[0].start()].split())
    bare = not any(sign in mark[0] for mark in marks for sign in ".):")
    if bare and len(marks) < LIST and not before.endswith(":"):
        return ()
    if before.endswith(":") and len(before.split()) <= HEADING:
        before = ""
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    items = [" ".join(text[mark.end() : end].split()) for mark, end in zip(marks, ends, strict=True)]
    return (f"{before} {items[0]}".strip(), *items[1:])


def _named(topic: Known) -> bool:
    return any(found.weight >= NAMED for found in topic.evidence)


def _grouped(said: Sequence[str], topics: Sequence[Value | None]) -> tuple[str, ...]:
    groups: list[tuple[Value | None, list[str]]] = []
    for sentence, topic in zip(said, topics, strict=True):
        if groups and (topic is None or groups[-1][0] in (None, topic)):
            groups[-1] = (groups[-1][0] or topic, [*groups[-1][1], sentence])
        else:
            groups.append((topic, [sentence]))
    return tuple(" ".join(sentences_here) for _, sentences_here in groups)
