"""The picture of an outage in time: one line from start to end with what happened on it. Numbers for a template to draw; draws nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.outage.summary import Summary

WIDTH: Final = 600
LEFT: Final = 20
USED: Final = WIDTH - 2 * LEFT
BARS: Final = 24
HIGHEST: Final = 70


@dataclass(frozen=True, slots=True)
class Mark:
    x: int
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """Calls in one part of the time."""

    x: int
    width: int
    height: int
    count: int


@dataclass(frozen=True, slots=True)
class Picture:
    begin: datetime
    end: datetime
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    most: int


def picture(made: Summary, now: datetime) -> Picture:
    outage = made.outage
    begin = outage.started_at or outage.created_at
    end = max(outage.ended_at or now, begin + timedelta(minutes=1))
    moments = (
        ("began", begin),
        ("told", outage.confirmed_at),
        ("applies", outage.applies_at),
        ("ended", outage.ended_at),
    )
    marks = tuple(Mark(_x(at, begin, end), kind, at) for kind, at in moments if at is not None)
    bars, most = _bars(made.calls, begin, end)
    return Picture(begin, end, marks, bars, most)


def _x(at: datetime, begin: datetime, end: datetime) -> int:
    part = (at - begin) / (end - begin)
    return LEFT + round(min(1.0, max(0.0, part)) * USED)


def _bars(calls: Iterable[datetime], begin: datetime, end: datetime) -> tuple[tuple[Bar, ...], int]:
    counts = [0] * BARS
    for at in calls:
        if begin <= at <= end:
            counts[min(BARS - 1, int((at - begin) / (end - begin) * BARS))] += 1
    most = max(counts)
    wide = USED / BARS
    bars = tuple(
        Bar(LEFT + round(place * wide), max(1, round(wide) - 2), max(6, round(count / most * HIGHEST)), count)
        for place, count in enumerate(counts)
        if count
    )
    return bars, most
