"""Points, computed from the votes each time, so that nobody can lose them. Pure; fast answers give nothing."""

from collections.abc import Mapping, Sequence

from api.exercise.material import Asked

Given = Mapping[tuple[int, int], str]
"""(question, round) → option"""


def points(asked: Sequence[Asked], given: Given) -> int:
    """Two for right at once, one for right after discussion, none for leaving the right answer."""
    return sum(_points(one, given) for one in asked)


def _points(asked: Asked, given: Given) -> int:
    if asked.right is None:
        return 0
    first, second = given.get((asked.place, 1)), given.get((asked.place, 2))
    if first == asked.right:
        return 2 if second in (None, asked.right) else 0
    return 1 if second == asked.right else 0
