"""How like a text is to others: by its telling words, evened out, and by its letters. Pure; knows nothing of what the texts are about."""

import math
import re
import sys
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, chain
from typing import Final

Vector = Mapping[str, float]

PART: Final = 6
"""Letters that a word keeps its meaning with inside a compound."""
GRAM: Final = 4
_TAIL: Final = 3
_SHORTEST_STEM: Final = 3
_WORD: Final = re.compile(r"[^\W_]+")
_ENDINGS: Final = (
    "ningarna", "ningen", "ningar", "ingarna", "ingens", "ingen", "ingar", "ning", "ing", "arnas", "ernas", "ornas", "arna", "erna", "orna", "aren",
    "andes", "ande", "ens", "ets", "ans", "ades", "ade", "ats", "ar", "er", "or", "en", "et", "an", "as", "es", "at", "na", "a", "e", "s", "n", "t", "r",
)  # fmt: skip
_BY_LAST_LETTER: Final = {
    last: tuple(ending for ending in _ENDINGS if ending[-1] == last) for last in {ending[-1] for ending in _ENDINGS}
}


def words_of(text: str) -> list[str]:
    """The text's words in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


class Language:
    """Which words mean the same, which tell little and which nothing. Immutable; keeps nothing of what it reads."""

    def __init__(
        self, written: Mapping[str, str], same: Mapping[str, str], soft: frozenset[str], stop: frozenset[str]
    ) -> None:
        self.soft = soft
        self._written, self._same, self._stop = written, same, stop
        tails: dict[str, list[str]] = defaultdict(list)
        for word in sorted(same, key=len, reverse=True):
            if len(word) > PART:
                tails[word[-_TAIL:]].append(word)
        self._tails = dict(tails)

    def spelled_out(self, text: str) -> list[str]:
        """The text's words, those that are written short, as they are said or with a common slip as they are spelled."""
        return [word for written in words_of(text) for word in self._written.get(written, written).split()]

    def stems(self, words: Iterable[str]) -> list[str]:
        """The words that tell something, each as its stem or the stem of the word that stands for it."""
        return [self._meaning(word) for word in words if word not in self._stop]

    def _meaning(self, word: str) -> str:
        if word in self.soft:
            return word
        if word in self._same or len(word) <= PART:
            return stem(self._same.get(word, word))
        tail = next((known for known in self._tails.get(word[-_TAIL:], ()) if word.endswith(known)), None)
        return stem(word if tail is None else self._same[tail])  # pappersblanketten → blankett


def stem(word: str) -> str:
    """The word without its ending. Crude, but the same for every text."""
    for ending in _BY_LAST_LETTER.get(word[-1:], ()):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def grams(words: Sequence[str]) -> Vector:
    """The words' runs of letters as a unit vector, so that parts of compounds count."""
    padded = f" {' '.join(words)} "
    return unit(Counter(padded[at : at + GRAM] for at in range(max(0, len(padded) - GRAM + 1))))


def rarity(documents: Sequence[AbstractSet[str]]) -> Mapping[str, float]:
    """How telling each stem is: the fewer documents it stands in, the more."""
    counts = Counter(word for document in documents for word in document)
    return {word: math.log(1 + len(documents) / count) for word, count in counts.items()}


def unit(weights: Mapping[str, float]) -> Vector:
    """The weights as a vector of length 1."""
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {key: weight / length for key, weight in weights.items()}


def covered(vector: Vector, words: Iterable[str]) -> float:
    """How much of a unit vector lies on these words, 0–1."""
    known = words if isinstance(words, (set, frozenset)) else set(words)
    return sum(weight * weight for key, weight in vector.items() if key in known)


class Postings:
    """Unit vectors by number, turned round: for each key the vectors that have it, all in two rows of plain numbers."""

    def __init__(self, vectors: Iterable[Vector]) -> None:
        numbers: dict[str, list[int]] = defaultdict(list)
        weights: dict[str, list[float]] = defaultdict(list)
        for number, vector in enumerate(vectors):
            for key, weight in vector.items():
                numbers[key].append(number)
                weights[key].append(weight)
        self._places = {sys.intern(key): place for place, key in enumerate(numbers)}
        self._ends = array("l", accumulate(map(len, numbers.values()), initial=0))
        self._numbers = array("l", chain.from_iterable(numbers.values()))
        self._weights = array("d", chain.from_iterable(weights.values()))

    def cosines(self, vector: Vector) -> dict[int, float]:
        """The likeness to every vector that shares a key, 0–1."""
        found: dict[int, float] = defaultdict(float)
        for key, weight in vector.items():
            place = self._places.get(key)
            if place is not None:
                having = slice(self._ends[place], self._ends[place + 1])
                for number, other in zip(self._numbers[having], self._weights[having], strict=True):
                    found[number] += weight * other
        return found
