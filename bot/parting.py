"""Takes a text with several matters apart, sentence by sentence. Pure; adds and drops no words."""

import re
from typing import Final

from knowledge.pack import Pack
from knowledge.vocabulary import Fact, UnitType, Value
from triage.reading import Context, Reader

_SENTENCE: Final = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|\n|$)|[^\n]+?(?:\n|$)")
_ABBREVIATED: Final = re.compile(
    r"(?:^|[\s(])(?:\w|ca|tel|t\.?ex|bl\.?a|dvs|kl|nr|resp|ang|mvh|inkl|forts|pat|ssk|avd|dr|tabl|st)\.$", re.IGNORECASE
)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences in order, each trimmed. A full stop after an abbreviation ends none."""
    whole: list[str] = []
    open_end = False
    for found in _SENTENCE.finditer(text):
        piece = found.group().strip()
        if not piece:
            continue
        if open_end:
            whole[-1] = f"{whole[-1]} {piece}"
        else:
            whole.append(piece)
        open_end = bool(_ABBREVIATED.search(piece)) and not found.group().endswith("\n")
    return tuple(whole)


def part(reader: Reader, text: str, pack: Pack, sender: UnitType) -> tuple[str, ...]:
    """The matters: a sentence with a topic of its own begins a new one, the others belong to the one before."""
    groups: list[tuple[Value | None, list[str]]] = []
    for sentence in sentences(text):
        topic = reader.read(sentence, Context(pack, sender, None)).facts.value(Fact.TOPIC)
        if groups and (topic is None or groups[-1][0] in (None, topic)):
            groups[-1] = (groups[-1][0] or topic, [*groups[-1][1], sentence])
        else:
            groups.append((topic, [sentence]))
    return tuple(" ".join(said) for _, said in groups)
