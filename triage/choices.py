"""Which of the offered choices typed words mean: a number, a label, or nearly a label. Pure; unsure means none."""

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

NEAR: Final = 86.0
"""How alike a short answer and a label must be, of 100."""
APART: Final = 8.0
"""How much better the best must be than the next."""
TELLING: Final = 4
"""Letters that a telling word of a name has at least."""
LIKE: Final = 75.0
"""How alike a word that was written and a word of a name must be, of 100."""
BEGUN: Final = 8
FEWEST_BEGUN: Final = 2
"""Letters and words that the beginning of a label has at least, to stand for all of it."""
SHORT: Final = 6
"""More words than this are no answer by label, but something told."""
_NUMBER: Final = re.compile(r"(?:nr|nummer|alternativ|val)?\s*(\d{1,2})[.)]?")
_NOT_WORDS: Final = re.compile(r"[^\w]+")


def plain(text: str) -> str:
    """Lower case, words only."""
    return " ".join(_NOT_WORDS.sub(" ", text.casefold()).split())


def says(text: str, words: Sequence[str]) -> bool:
    """Whether the whole text is one of the words or phrases."""
    return plain(text) in {plain(word) for word in words}


def pick(text: str, choices: Sequence[Sequence[str]], *, exact: bool = False, numbers: bool = True) -> int | None:
    """The place of the choice meant: each choice is the ways to say it, its label first.

    `exact`: no numbers and nothing nearly. `numbers` false: the choices are not numbered for the person.
    """
    said = plain(text)
    if not said:
        return None
    ways = [[plain(way) for way in choice] for choice in choices]
    same = [place for place, here in enumerate(ways) if said in here]
    if len(same) == 1:
        return same[0]
    if exact or same:
        return None
    if (number := number_in(said)) is not None:
        return number - 1 if numbers and 0 < number <= len(ways) else None
    begun = [place for place, here in enumerate(ways) if _begins(said, here)]
    return begun[0] if len(begun) == 1 else _nearest(said, ways)


def _begins(said: str, ways: Sequence[str]) -> bool:
    """Whether the words are how one of the ways begins: "hur bråttom" of "hur bråttom det är"."""
    enough = len(said) >= BEGUN and len(said.split()) >= FEWEST_BEGUN
    return enough and any(way.startswith(f"{said} ") for way in ways)


def number_in(text: str) -> int | None:
    """The number, where the text is one: "2", "nr 2"."""
    found = _NUMBER.fullmatch(plain(text))
    return int(found[1]) if found else None


def resembles(text: str, name: str) -> bool:
    """Whether some word of the text is, nearly, a telling word of the name."""
    telling = [word for word in plain(name).split() if len(word) >= TELLING]
    return any(_alike(said, word) >= LIKE for said in plain(text).split() for word in telling)


def _nearest(said: str, ways: Sequence[Sequence[str]]) -> int | None:
    if len(said) < 4 or len(said.split()) > SHORT:
        return None
    scores = sorted(((max(_alike(said, way) for way in here), place) for place, here in enumerate(ways)), reverse=True)
    if not scores or scores[0][0] < NEAR:
        return None
    if len(scores) > 1 and scores[0][0] - scores[1][0] < APART:
        return None
    return scores[0][1]


def _alike(said: str, way: str) -> float:
    return fuzz.ratio(said, way)
