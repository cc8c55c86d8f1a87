"""Takes a text with several matters apart, sentence by sentence. Pure; adds and drops no words."""

import re
from collections.abc import Sequence
from typing import Final

from knowledge.pack import Pack
from knowledge.vocabulary import Fact, UnitType, Value
from triage.facts import Known
from triage.reading import Context, Reader

NAMED: Final = 1.0
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

    A topic counts by the words that name it; only where that finds no second matter does a mere likeness count too.
    """
    said = sentences(text, abbreviations)
    topics = [reader.read(sentence, Context(pack, sender, None)).facts.known.get(Fact.TOPIC) for sentence in said]
    named = _grouped(said, [topic.value if topic and _named(topic) else None for topic in topics])
    return named if len(named) > 1 else _grouped(said, [topic.value if topic else None for topic in topics])


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
