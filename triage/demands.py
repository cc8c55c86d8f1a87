"""What certain thing a question asks for: a sum, a number to ring, how long … By cues in the words. Pure; answers nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from knowledge.faq import Demand

Cue = tuple[tuple[str, ...], str]


class Demands:
    """Every cue, ready to be found. Immutable."""

    def __init__(self, demands: Iterable[Demand]) -> None:
        cues = [(tuple(cue.split()), demand.id) for demand in demands for cue in demand.cues]
        self._cues: tuple[Cue, ...] = tuple(sorted(cues, key=lambda cue: (-len(cue[0]), cue)))
        self._by_key = _by_key(self._cues)

    def of(self, words: Sequence[str]) -> frozenset[str]:
        """The demands of a question. A word counts once, for the longest cue it stands in: "hur många dagar" is no "hur många"."""
        free = [True] * len(words)
        found: set[str] = set()
        for number in sorted(self._near(words)):
            cue, demand = self._cues[number]
            for at in range(len(words) - len(cue) + 1):
                place = slice(at, at + len(cue))
                if all(free[place]) and all(map(_fits, cue, words[place])):
                    free[place] = [False] * len(cue)
                    found.add(demand)
        return frozenset(found)

    def _near(self, words: Sequence[str]) -> set[int]:
        """The cues whose key stands among the words: those that fit are among them."""
        return {number for word in set(words) for key in _keys(word) for number in self._by_key.get(key, ())}


def _by_key(cues: Sequence[Cue]) -> Mapping[str, tuple[int, ...]]:
    """The places of the cues by the longest of each one's words, its star kept."""
    turned: dict[str, list[int]] = defaultdict(list)
    for number, (cue, _) in enumerate(cues):
        turned[max(cue, key=len)].append(number)
    return {key: tuple(numbers) for key, numbers in turned.items()}


def _keys(word: str) -> Iterator[str]:
    """What a cue's word may look like that this word fits."""
    yield word
    for cut in range(len(word) + 1):
        yield f"{word[:cut]}*"
        yield f"*{word[cut:]}"


def _fits(cue: str, word: str) -> bool:
    if cue.startswith("*"):
        return word.endswith(cue[1:])
    return word.startswith(cue[:-1]) if cue.endswith("*") else word == cue
