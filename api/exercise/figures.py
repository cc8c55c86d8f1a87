"""A session's answers as figures: by question, way, rule and kind of unit; which ways are confused; what to train next. Pure; names nobody."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from api.exercise.material import Asked
from api.exercise.showing import percent
from api.exercise.tables import ParticipantRow
from knowledge.scenario import Scenario

WEAK: Final = 70
"""Per cent right, in the first vote, under which something is worth training."""
MOST: Final = 5
Given = Mapping[str, Mapping[tuple[int, int], str]]
"""Participant → (question, round) → option."""


@dataclass(frozen=True, slots=True)
class Line:
    """`right` of `answered` in the first vote, `right_after` of `answered_after` after the second: who did not change hers stands by it."""

    name: str
    right: int
    answered: int
    right_after: int = 0
    answered_after: int = 0

    @property
    def share(self) -> int:
        return percent(self.right, self.answered)

    @property
    def in_the_end(self) -> int:
        """After the second vote where there was one."""
        return self.share if self.share_after is None else self.share_after

    @property
    def share_after(self) -> int | None:
        return percent(self.right_after, self.answered_after) if self.answered_after else None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Rows are the right way, columns the way that was chosen; ids in the order of the routine."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    def count(self, row: str, column: str) -> int:
        return self.counts.get((row, column), 0)

    @property
    def most(self) -> int:
        """The commonest mistake."""
        return max((count for (row, column), count in self.counts.items() if row != column), default=0)


@dataclass(frozen=True, slots=True)
class Figures:
    joined: int
    took_part: int
    whole: Line
    questions: tuple[Line, ...]
    """`name` is the question's place, from 0."""
    channels: tuple[Line, ...]
    rules: tuple[Line, ...]
    units: tuple[Line, ...]
    """By where the participants work; empty for those who did not say."""
    confusion: Confusion

    @property
    def weak_rules(self) -> tuple[str, ...]:
        return tuple(line.name for line in self.rules if line.answered and line.share < WEAK)

    @property
    def weak_channels(self) -> tuple[str, ...]:
        return tuple(line.name for line in self.channels if line.answered and line.share < WEAK)


@dataclass
class _Count:
    right: int = 0
    answered: int = 0
    right_after: int = 0
    answered_after: int = 0

    def add(self, number: int, *, right: bool) -> None:
        if number == 1:
            self.answered += 1
            self.right += right
        else:
            self.answered_after += 1
            self.right_after += right

    def line(self, name: str) -> Line:
        return Line(name, self.right, self.answered, self.right_after, self.answered_after)


def figures(asked: Sequence[Asked], people: Sequence[ParticipantRow], given: Given) -> Figures:
    counts: dict[str, defaultdict[str, _Count]] = {
        kind: defaultdict(_Count) for kind in ("whole", "question", "channel", "rule", "unit")
    }
    units = {one.id: one.unit_type or "" for one in people}
    confused: Counter[tuple[str, str]] = Counter()
    again = {place for votes in given.values() for place, number in votes if number == 2}
    for who, votes in given.items():
        for (place, number), option in _with_those_that_stand(votes, again).items():
            one = asked[place]
            right = option == one.right
            names = {
                "whole": "",
                "question": str(place),
                "channel": one.question.key.channel or "",
                "rule": one.question.key.rule or "",
                "unit": units.get(who, ""),
            }
            for kind, name in names.items():
                counts[kind][name].add(number, right=right)
            if number == 1 and one.is_channel:
                chosen = one.question.option(option)
                confused[names["channel"], (chosen.choice.channel if chosen else None) or ""] += 1
    return Figures(
        joined=len(people),
        took_part=len(given),
        whole=counts["whole"][""].line(""),
        questions=tuple(counts["question"][str(one.place)].line(str(one.place)) for one in asked if one.votable),
        channels=_hardest(counts["channel"]),
        rules=_hardest(counts["rule"]),
        units=_hardest(counts["unit"]),
        confusion=_confusion(asked, confused),
    )


def _with_those_that_stand(votes: Mapping[tuple[int, int], str], again: AbstractSet[int]) -> dict[tuple[int, int], str]:
    """A first answer is also the second where others changed theirs. `again`: the questions with a second vote."""
    stands = {(place, 2): option for (place, number), option in votes.items() if number == 1 and place in again}
    return {**stands, **votes}


def _hardest(counts: Mapping[str, _Count]) -> tuple[Line, ...]:
    """The hardest first; what has no rule or way, as before anything is decided, is left out."""
    lines = [count.line(name) for name, count in counts.items() if name]
    return tuple(sorted(lines, key=lambda line: (line.share, line.name)))


def _confusion(asked: Sequence[Asked], counts: Mapping[tuple[str, str], int]) -> Confusion:
    order = {channel.id: place for one in asked for place, channel in enumerate(one.pack.channels)}
    rows = {row for row, _ in counts}
    columns = rows | {column for _, column in counts}
    ranked = sorted(columns, key=lambda channel: order.get(channel, len(order)))
    return Confusion(tuple(one for one in ranked if one in rows), tuple(ranked), dict(counts))


def train_next(found: Figures, asked: Sequence[Asked], scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """Scenarios that were not in the session and ask what went worst, the weakest rule first."""
    done = {one.question.scenario.id for one in asked}
    packs = {one.pack.id for one in asked}
    ranks = {rule: place for place, rule in enumerate(found.weak_rules)}
    chosen: list[tuple[int, Scenario]] = []
    for scenario in scenarios:
        if scenario.id in done or scenario.pack not in packs:
            continue
        rules = [step.answer.rule for step in scenario.steps if step.answer and step.answer.rule in ranks]
        if rules:
            chosen.append((min(ranks[rule] for rule in rules if rule), scenario))
    return tuple(scenario for _, scenario in sorted(chosen, key=lambda one: one[0]))[:MOST]
