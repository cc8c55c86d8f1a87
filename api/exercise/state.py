"""Where a session stands and what the trainer can do next: pure. Knows no database and no participant.

Each question goes vote → spread → (vote again → shift) → reveal; the trainer chooses whether there is a second vote, and may go back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    LOBBY = "lobby"
    VOTE = "vote"
    SPREAD = "spread"
    AGAIN = "again"
    """The second vote, after discussion."""
    SHIFT = "shift"
    """How the second vote differs from the first."""
    REVEAL = "reveal"
    ENDED = "ended"


class Act(StrEnum):
    NEXT = "next"
    AGAIN = "again"
    BACK = "back"
    SKIP = "skip"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


ROUNDS: Final = {Phase.VOTE: 1, Phase.AGAIN: 2}
"""The phases in which people vote, and the round that their votes count in."""


@dataclass(frozen=True, slots=True)
class Position:
    place: int
    phase: Phase
    paused: bool = False

    @property
    def round(self) -> int | None:
        """The round that is open; None when nobody can vote."""
        return None if self.paused else ROUNDS.get(self.phase)


Left = Mapping[int, Phase]
"""The questions whose answer was passed by, and where each stood then."""


def possible(at: Position, votable: Sequence[bool], *, second: bool) -> tuple[Act, ...]:
    """What the trainer can do now, in the order of its buttons."""
    return tuple(act for act in Act if after(at, act, votable, second=second) is not None)


def after(
    at: Position, act: Act, votable: Sequence[bool], *, second: bool, left: Left | None = None
) -> Position | None:
    """Where the act leads; None where it cannot be done. `votable`: which questions have choices; `second`: whether this one's second vote was held."""
    if at.phase is Phase.ENDED:
        return _stood(at.place, left or {}) if act is Act.BACK and votable else None
    match act:
        case Act.PAUSE:
            return replace(at, paused=True) if not at.paused else None
        case Act.RESUME:
            return replace(at, paused=False) if at.paused else None
        case Act.END:
            return Position(at.place, Phase.ENDED)
        case Act.BACK:
            return _back(at, votable, left or {}, second=second)
        case Act.SKIP:
            return None if at.phase in (Phase.LOBBY, Phase.REVEAL) else _following(at.place, votable)
        case Act.AGAIN:
            return Position(at.place, Phase.AGAIN) if at.phase is Phase.SPREAD else None
        case Act.NEXT:
            return _on(at, votable)


def _on(at: Position, votable: Sequence[bool]) -> Position:
    match at.phase:
        case Phase.LOBBY:
            return Position(0, Phase.VOTE)
        case Phase.VOTE:
            return Position(at.place, Phase.SPREAD if votable[at.place] else Phase.REVEAL)
        case Phase.AGAIN:
            return Position(at.place, Phase.SHIFT)
        case Phase.SPREAD | Phase.SHIFT:
            return Position(at.place, Phase.REVEAL)
        case _:
            return _following(at.place, votable)


def _following(place: int, votable: Sequence[bool]) -> Position:
    return Position(place + 1, Phase.VOTE) if place + 1 < len(votable) else Position(place, Phase.ENDED)


def _stood(place: int, left: Left) -> Position:
    """Back to a question where it was left: its answer is shown only if it was shown before."""
    return Position(place, left.get(place, Phase.REVEAL))


def passed_by(left: Left, at: Position, to: Position) -> Left:
    """`left` when the session has gone from `at` to `to`: a question that is left before its answer was shown is remembered."""
    kept = {place: phase for place, phase in left.items() if place not in (at.place, to.place)}
    onward = to.place > at.place or to.phase is Phase.ENDED
    return {**kept, at.place: at.phase} if onward and at.phase is not Phase.REVEAL else kept


def _back(at: Position, votable: Sequence[bool], left: Left, *, second: bool) -> Position | None:
    match at.phase:
        case Phase.LOBBY:
            return None
        case Phase.VOTE:
            return _stood(at.place - 1, left) if at.place else Position(0, Phase.LOBBY)
        case Phase.SPREAD:
            return Position(at.place, Phase.VOTE)
        case Phase.AGAIN:
            return Position(at.place, Phase.SPREAD)
        case Phase.SHIFT:
            return Position(at.place, Phase.AGAIN)
        case _:
            before = Phase.SHIFT if second else Phase.SPREAD
            return Position(at.place, before if votable[at.place] else Phase.VOTE)
