"""When an answer is due by a routine's service level, in Swedish working time. Pure: no clock; free days come in as a function.

Days are weekdays that are not free; hours are of the clock. Moments come in aware and go out in UTC; what a day and an office hour
is follows Europe/Stockholm, summer time too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from knowledge.pack import ServiceLevel

FreeDay = Callable[[date], bool]
"""Whether a day is a public holiday or counts as one. Saturdays and Sundays need not be answered for."""

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
SATURDAY: Final = 5
LONGEST_REST: Final = 31
"""Days without a single working day in a row after which the calendar is certainly wrong."""


LAST_CALL: Final = timedelta(hours=1)
"""How long before a part of the day ends an inbox that nobody has opened is told of."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One of the readings that a routine wants in a working day: from `begins` to `ends`, told of at `remind_at`. Moments in UTC."""

    day: date
    number: int
    """1 for the day's first."""
    begins: datetime
    remind_at: datetime
    ends: datetime


class CalendarError(ValueError):
    """The calendar given leaves no working day within a month: check the function of free days."""


def due(level: ServiceLevel, received_at: datetime, free_day: FreeDay) -> datetime | None:
    """The last moment an answer is promised for, in UTC; None where the routine gives no time.

    Counted from the working day after the local day the message came, whatever the hour; the moment is the office's close.
    """
    if level.answer_within_days is None:
        return None
    day = _local(received_at).date()
    for _ in range(level.answer_within_days):
        day = _next_working_day(day + timedelta(days=1), free_day)
    close = _at(_next_working_day(day, free_day), level.office_closes)
    if close < received_at:  # only for a promise of the same day, received after its close
        close = _at(_next_working_day(day + timedelta(days=1), free_day), level.office_closes)
    return close


def earliest(level: ServiceLevel, received_at: datetime, free_day: FreeDay) -> datetime | None:
    """The first working moment when an answer can be expected, in UTC; None where the routine says nothing of it."""
    if level.earliest_answer_hours is None:
        return None
    after = _local(received_at).astimezone(UTC) + timedelta(hours=level.earliest_answer_hours)
    return next_working_moment(level, after, free_day)


def next_working_moment(level: ServiceLevel, moment: datetime, free_day: FreeDay) -> datetime:
    """The moment itself within office hours, else the next time the office opens, in UTC."""
    local = _local(moment)
    if local.timetz().replace(tzinfo=None) > level.office_closes:
        local = _at(local.date() + timedelta(days=1), level.office_opens).astimezone(STOCKHOLM)
    opens = _at(_next_working_day(local.date(), free_day), level.office_opens)
    return max(opens, local.astimezone(UTC))


def is_working_moment(level: ServiceLevel, moment: datetime, free_day: FreeDay) -> bool:
    """Whether the moment lies in office hours, both ends counted, on a weekday that is not free."""
    local = _local(moment)
    return _is_working_day(local.date(), free_day) and level.office_opens <= local.time() <= level.office_closes


def readings(level: ServiceLevel, day: date, free_day: FreeDay) -> tuple[Reading, ...]:
    """The day's readings: office hours in as many equal parts as the routine wants readings. The first counts from midnight.

    None on a day that is free, or where the routine says nothing of reading.
    """
    count = level.readings_per_weekday or 0
    if count < 1 or not _is_working_day(day, free_day):
        return ()
    opens, closes = _at(day, level.office_opens), _at(day, level.office_closes)
    part = (closes - opens) / count
    ends = [opens + part * number for number in range(1, count + 1)]
    begins = [_at(day, time()), *ends]
    return tuple(
        Reading(day, number, begin, end - min(LAST_CALL, part / 2), end)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=False), start=1)
    )


def next_reading(level: ServiceLevel, after: datetime, free_day: FreeDay) -> Reading | None:
    """The first reading that is told of after the moment; None where the routine says nothing of reading."""
    if not level.readings_per_weekday:
        return None
    day = _local(after).date()
    while True:
        day = _next_working_day(day, free_day)
        for reading in readings(level, day, free_day):
            if reading.remind_at > after:
                return reading
        day += timedelta(days=1)


def working_morning(level: ServiceLevel, day: date, free_day: FreeDay) -> datetime:
    """When the office opens on that day, or on the first working day after it, in UTC."""
    return _at(_next_working_day(day, free_day), level.office_opens)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be placed in a working day: give an aware datetime.")
    return moment.astimezone(STOCKHOLM)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=STOCKHOLM).astimezone(UTC)


def _is_working_day(day: date, free_day: FreeDay) -> bool:
    return day.weekday() < SATURDAY and not free_day(day)


def _next_working_day(day: date, free_day: FreeDay) -> date:
    """The day itself if it is a working day, else the first one after it."""
    for step in range(LONGEST_REST):
        if _is_working_day(day + timedelta(days=step), free_day):
            return day + timedelta(days=step)
    raise CalendarError(f"No working day in the {LONGEST_REST} days from {day}: check the function of free days.")
