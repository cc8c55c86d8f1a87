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

    Where they are numbered, each number begins one. Else a topic counts by the words that name it; only where that finds no second matter does a mere likeness count too.
    """
    listed = numbered(text)
    if len(listed) > 1:
        return listed
    said = sentences(text, abbreviations)
    topics = [reader.read(sentence, Context(pack, sender, None)).facts.known.get(Fact.TOPIC) for sentence in said]
    named = _grouped(said, [topic.value if topic and _named(topic) else None for topic in topics])
    return named if len(named) > 1 else _grouped(said, [topic.value if topic else None for topic in topics])


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
