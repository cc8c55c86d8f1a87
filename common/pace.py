"""How far apart many are told of one thing: each asks for something as soon as she is told. Waits for nobody itself."""

from typing import Final

EACH_SECONDS: Final = 0.025
"""How long after one the next is told."""
ALL_SECONDS: Final = 3.0
"""Within this, all of them are told."""


def moment(place: int, followers: int) -> float:
    """Seconds until the one in this place is told."""
    return place * min(EACH_SECONDS, ALL_SECONDS / followers)
