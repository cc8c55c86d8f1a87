"""How practice has gone: by channel, by rule, week by week, and when a routine's certificate was earned. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.practice.store import CHANNEL, Go
from bot.requests import PracticeAnswer

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
TENTHS: Final = 8
"""Of ten: how many of a routine's scenarios must be right at the latest go, for a certificate."""
WEEKS: Final = 12


@dataclass(frozen=True, slots=True)
class Count:
    name: str
    right: int
    asked: int

    @property
    def percent(self) -> int:
        return _percent(self.right, self.asked)


@dataclass(frozen=True, slots=True)
class Week:
    """Answers of the week that begins on that Monday."""

    monday: date
    right: int
    asked: int

    @property
    def percent(self) -> int:
        return _percent(self.right, self.asked)


def _percent(right: int, asked: int) -> int:
    return round(100 * right / asked) if asked else 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person has come with one routine. `earned` is the moment its certificate was earned, if it is."""

    known: int
    """Scenarios that were right at the latest go."""
    needed: int
    scenarios: int
    channels_left: tuple[str, ...]
    """Channels that have not been chosen rightly yet."""
    earned: datetime | None
    known_then: int = 0
    """How many were right at that moment."""


def by_channel(goes: Iterable[Go]) -> tuple[Count, ...]:
    return _counted((a.channel, a.right) for a in _answers(goes) if a.kind == CHANNEL and a.channel)


def by_rule(goes: Iterable[Go]) -> tuple[Count, ...]:
    return _counted((answer.rule, answer.right) for answer in _answers(goes) if answer.rule)


def _answers(goes: Iterable[Go]) -> Iterable[PracticeAnswer]:
    return (answer for go in goes for answer in go.answers)


def _counted(told: Iterable[tuple[str, bool]]) -> tuple[Count, ...]:
    """The weakest first."""
    found: dict[str, list[bool]] = defaultdict(list)
    for name, right in told:
        found[name].append(right)
    counts = (Count(name, sum(right), len(right)) for name, right in found.items())
    return tuple(sorted(counts, key=lambda count: (count.percent, count.name)))


def weeks(goes: Iterable[Go], today: date) -> tuple[Week, ...]:
    """The last weeks, the oldest first; weeks without practice are there and empty."""
    this_monday = today - timedelta(days=today.weekday())
    found: dict[date, list[bool]] = defaultdict(list)
    for go in goes:
        day = go.at.astimezone(STOCKHOLM).date()
        found[day - timedelta(days=day.weekday())].extend(answer.right for answer in go.answers)
    mondays = (this_monday - timedelta(weeks=back) for back in reversed(range(WEEKS)))
    return tuple(Week(monday, sum(found[monday]), len(found[monday])) for monday in mondays)


def needed(scenarios: int) -> int:
    """How many of a routine's scenarios must be right at the latest go, for its certificate."""
    return -(-scenarios * TENTHS // 10)


def standing(goes: Sequence[Go], scenarios: Collection[str], channels: Collection[str]) -> Standing:
    """The routine's goes in order: when enough scenarios were right and every channel had been chosen rightly."""
    enough = needed(len(scenarios))
    latest: dict[str, bool] = {}
    met: set[str] = set()
    earned: datetime | None = None
    known_then = 0
    for go in goes:
        if go.scenario in scenarios:
            latest[go.scenario] = go.right
        met |= {answer.channel for answer in go.answers if answer.kind == CHANNEL and answer.right}
        if earned is None and scenarios and sum(latest.values()) >= enough and met >= set(channels):
            earned, known_then = go.at, sum(latest.values())
    left = tuple(channel for channel in channels if channel not in met)
    return Standing(sum(latest.values()), enough, len(scenarios), left, earned, known_then)
