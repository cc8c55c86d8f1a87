"""Whom the words point to, by unit type. Only a guess from the text: what the sender has chosen comes first, elsewhere."""

from collections.abc import Sequence

from knowledge.vocabulary import Fact, UnitType
from triage.facts import Evidence
from triage.reading.classify import evidence, weigh
from triage.reading.match import Hit
from triage.reading.normalise import Token

_POINTERS = frozenset({"till", "nå", "be", "fråga", "meddela", "informera", "kontakta", "skriva", "söker", "tipsa"})
_AT = frozenset({"hos", "på", "vid", "av", "via"})
"""Point out whom it is for when something is to be done there: "följas upp hos vårdcentralen"."""
_LEADING = frozenset(
    {
        "från",
        "i",
        "med",
        "om",
        "och",
        "eller",
        "som",
        "för",
        "en",
        "ett",
        "enligt",
        "åt",
        "inte",
        "utan",
        "mellan",
        "under",
        "efter",
    }
)
"""Before a unit they say what it is to the rest of the sentence: it is no address then."""
_BEEN_THERE = frozenset(
    {
        "var", "varit", "besökte", "besökt", "träffade", "träffat", "inlagd", "inskriven", "ligger", "låg", "legat", "vårdas", "vårdats",
        "togs", "tog", "tagit", "tagits", "sattes", "satt", "insatt", "ordinerad", "ordinerat", "skrev", "fick", "fått", "bor",
        "bodde", "jobbar", "arbetar", "listad", "känd", "opererad", "opererades", "utskriven", "hemma", "kom", "kommit", "vaknade",
    }
)  # fmt: skip
"""… and only where she has been or is, when one of these stands shortly before."""
_ASKED = frozenset({"kan", "bör", "ska", "skulle", "behöver", "måste"})
"""Beside the unit itself: "kan vårdcentralen ta prover", "vårdcentralen behöver bedöma"."""
_TALKED_WITH = frozenset({"prata", "tala", "samtala", "samråda", "stämma", "diskutera", "höra"})
"""With "med" between: "behöver prata med vårdcentralen"."""
_SHORTLY = 6
_AT_THE_END = 2
"""As many words of a name may follow a unit that ends the text as an address: "kan ni förnya levaxin, vårdcentralen ekliden"."""
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
    before = words[max(0, hit.first - _SHORTLY) : hit.first]
    if _POINTERS & set(before[-2:]):
        return True
    if _BEEN_THERE & set(before):
        return False
    beside = set(before[-1:])
    if "med" in beside and _TALKED_WITH & set(before[-3:]):
        return True
    if not _LEADING & beside and before and len(words) - hit.last <= _AT_THE_END:
        return True
    return bool(_AT & beside or _ASKED & (beside | set(words[hit.last : hit.last + 2])))
