"""Who may need a hand in a session, for the trainer alone. Pure: counts answers and shows nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.exercise.material import Asked
from api.exercise.state import Phase
from api.exercise.tables import ExerciseRow, ParticipantRow, VoteRow

SLOW: Final = timedelta(seconds=45)
"""After this long with an open vote, whoever has not answered may be stuck."""
IN_A_ROW: Final = 2
Given = Mapping[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Stuck:
    """`why`: `slow`, `silent` (the last questions are unanswered) or `wrong` (the last answers were wrong)."""

    participant: ParticipantRow
    why: str


def by_participant(votes: Iterable[VoteRow]) -> dict[str, dict[tuple[int, int], str]]:
    given: dict[str, dict[tuple[int, int], str]] = {}
    for vote in votes:
        given.setdefault(vote.participant_id, {})[vote.place, vote.round] = vote.option
    return given


def stuck(
    row: ExerciseRow,
    asked: Sequence[Asked],
    people: Sequence[ParticipantRow],
    given: Mapping[str, Given],
    now: datetime,
) -> list[Stuck]:
    found: list[Stuck] = []
    for one in people:
        why = _why(row, asked, one, given.get(one.id, {}), now)
        if why is not None:
            found.append(Stuck(one, why))
    return found


def _why(row: ExerciseRow, asked: Sequence[Asked], who: ParticipantRow, given: Given, now: datetime) -> str | None:
    phase = Phase(row.phase)
    told = row.place + (phase in (Phase.REVEAL, Phase.ENDED))
    past = [one for one in asked[:told] if one.votable][-IN_A_ROW:]
    last = [given.get((one.place, 2), given.get((one.place, 1))) for one in past]
    open_round = {Phase.VOTE: 1, Phase.AGAIN: 2}.get(phase)
    waiting = open_round is not None and asked[row.place].votable and (row.place, open_round) not in given
    if waiting and row.opened_at is not None and now - max(row.opened_at, who.joined_at) >= SLOW:
        return "slow"
    if len(last) < IN_A_ROW:
        return None
    if all(option is None for option in last):
        return "silent"
    if all(option is not None and option != one.right for option, one in zip(last, past, strict=True)):
        return "wrong"
    return None
