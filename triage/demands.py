"""What certain thing a question asks for: a sum, a number to ring, how long … By cues in the words. Pure; answers nothing."""

from collections.abc import Iterable, Sequence

from knowledge.faq import Demand


class Demands:
    """Every cue, ready to be found. Immutable."""

    def __init__(self, demands: Iterable[Demand]) -> None:
        cues = [(tuple(cue.split()), demand.id) for demand in demands for cue in demand.cues]
        self._cues = sorted(cues, key=lambda cue: (-len(cue[0]), cue))

    def of(self, words: Sequence[str]) -> frozenset[str]:
        """The demands of a question. A word counts once, for the longest cue it stands in: "hur många dagar" is no "hur många"."""
        free = [True] * len(words)
        found: set[str] = set()
        for cue, demand in self._cues:
            for at in range(len(words) - len(cue) + 1):
                place = slice(at, at + len(cue))
                if all(free[place]) and all(map(_fits, cue, words[place])):
                    free[place] = [False] * len(cue)
                    found.add(demand)
        return frozenset(found)


def _fits(cue: str, word: str) -> bool:
    if cue.startswith("*"):
        return word.endswith(cue[1:])
    return word.startswith(cue[:-1]) if cue.endswith("*") else word == cue
