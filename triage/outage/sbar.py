"""A call card: what was said, sorted into situation, background, assessment and recommendation. Invents and rewords nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEADINGS: Final = ("situation", "background", "assessment", "recommendation")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-ZÅÄÖ0-9])|\n+")
_ASKS: Final = re.compile(r"\b(behöver|önskar|vill att|ber er|kan ni|går det|ska vi|hur gör)\b", re.IGNORECASE)
_ASSESSES: Final = re.compile(r"\b(bedöm\w*|misstänk\w*|tror|verkar|oro(lig|ar)\w*|befarar)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """Empty parts are for the caller to fill in."""

    situation: str = ""
    background: str = ""
    assessment: str = ""
    recommendation: str = ""

    def parts(self) -> tuple[tuple[str, str], ...]:
        return tuple((heading, str(getattr(self, heading))) for heading in HEADINGS)


def card(said: str) -> Card:
    """The first that is no question is the situation; what is wanted goes last, judgements under assessment, the rest is background."""
    sentences = [part.strip() for part in _SENTENCE.split(said) if part.strip()]
    first = next((one for one in sentences if not one.endswith("?")), "")
    others = list(sentences)
    if first:
        others.remove(first)
    elif len(sentences) == 1:
        return Card(situation=sentences[0])
    wanted = [one for one in others if one.endswith("?") or _ASKS.search(one)]
    judged = [one for one in others if one not in wanted and _ASSESSES.search(one)]
    told = [one for one in others if one not in wanted and one not in judged]
    return Card(first, _joined(told), _joined(judged), _joined(wanted))


def _joined(sentences: Sequence[str]) -> str:
    return " ".join(sentences)
