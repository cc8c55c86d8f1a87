"""Whom the words point to, by unit type. Only a guess from the text: what the sender has chosen comes first, elsewhere."""

from collections.abc import Sequence

from knowledge.vocabulary import Fact, UnitType
from triage.facts import Evidence
from triage.reading.classify import evidence, weigh
from triage.reading.match import Hit
from triage.reading.normalise import Token

_POINTERS = frozenset({"till", "nå", "be", "fråga", "meddela", "informera", "kontakta", "skriva", "söker", "tipsa"})
_ENOUGH = 2.0
_MARGIN = 1.0


def read_recipient(
    hits: Sequence[Hit], tokens: Sequence[Token], words: Sequence[str], sender: UnitType
) -> tuple[UnitType | None, tuple[Evidence, ...]]:
    """The one unit type that the words point out, other than the sender's own; None where it is only mentioned, or two are close."""
    others = [hit for hit in hits if hit.entry.value != sender]
    weights = weigh(others)
    for hit in others:
        if _pointed_at(hit, words):
            weights[hit.entry.value] += 1.0
    ranked = sorted(weights, key=lambda value: -weights[value])
    if not ranked or weights[ranked[0]] < _ENOUGH:
        return None, ()
    if len(ranked) > 1 and weights[ranked[0]] - weights[ranked[1]] < _MARGIN:
        return None, ()
    own = tuple(evidence(Fact.RECIPIENT_TYPE, hit, tokens) for hit in others if hit.entry.value == ranked[0])
    return UnitType(str(ranked[0])), own


def _pointed_at(hit: Hit, words: Sequence[str]) -> bool:
    return any(word in _POINTERS for word in words[max(0, hit.first - 2) : hit.first])
