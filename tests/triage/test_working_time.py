"""When an answer is due: tables of real Swedish dates, and laws over any moment."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from common.holidays_se import PUBLIC_AND_EVES, swedish_free_days
from knowledge.pack import Grounds, ServiceLevel
from knowledge.vocabulary import Basis
from triage.working_time import (
    STOCKHOLM,
    CalendarError,
    due,
    earliest,
    is_working_moment,
    next_reading,
    next_working_moment,
    readings,
    working_morning,
)

FREE = swedish_free_days()
GROUNDS = Grounds(basis=Basis.LOTS_BASELINE, note="test")
THREE_DAYS = ServiceLevel(readings_per_weekday=2, answer_within_days=3, grounds=GROUNDS, text="Inom 3 dagar.")
SEVEN_DAYS = ServiceLevel(
    earliest_answer_hours=48, answer_within_days=7, grounds=GROUNDS, text="Efter 48 timmar, inom 7 dagar."
)
SAME_DAY = ServiceLevel(answer_within_days=0, grounds=GROUNDS, text="Samma dag.")
NO_TIME = ServiceLevel(readings_per_weekday=2, grounds=GROUNDS, text="Ingen tid.")

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
levels = st.builds(
    ServiceLevel,
    earliest_answer_hours=st.integers(0, 200),
    answer_within_days=st.integers(0, 12),
    grounds=st.just(GROUNDS),
    text=st.just("Nivå"),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


def shown(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        pytest.param("2027-02-01 10:00", "2027-02-04 17:00", id="monday to thursday"),
        pytest.param("2027-02-01 23:30", "2027-02-04 17:00", id="late on monday still counts from tuesday"),
        pytest.param("2027-02-05 08:00", "2027-02-10 17:00", id="friday skips the weekend"),
        pytest.param("2027-02-06 12:00", "2027-02-10 17:00", id="saturday counts from monday"),
        pytest.param("2027-03-24 09:00", "2027-03-31 17:00", id="wednesday before easter 2027"),
        pytest.param("2027-03-26 09:00", "2027-04-01 17:00", id="good friday 2027"),
        pytest.param("2027-05-05 09:00", "2027-05-11 17:00", id="the day before ascension 2027"),
        pytest.param("2027-06-23 09:00", "2027-06-29 17:00", id="over midsummer eve 2027, a friday"),
        pytest.param("2026-06-17 09:00", "2026-06-23 17:00", id="over midsummer eve 2026"),
        pytest.param("2026-12-22 09:00", "2026-12-29 17:00", id="over christmas 2026, eve on a thursday"),
        pytest.param("2026-12-29 09:00", "2027-01-05 17:00", id="over new year's eve and day"),
        pytest.param("2027-01-05 09:00", "2027-01-11 17:00", id="over epiphany"),
        pytest.param("2025-06-05 09:00", "2025-06-11 17:00", id="over the national day 2025, a friday"),
    ],
)
def test_three_weekdays_are_counted_past_weekends_holidays_and_eves(received: str, expected: str) -> None:
    assert shown(due(THREE_DAYS, local(received), FREE)) == expected


@pytest.mark.parametrize(
    ("received", "first", "last"),
    [
        pytest.param("2021-09-06 10:00", "2021-09-08 10:00", "2021-09-15 17:00", id="monday morning"),
        pytest.param("2021-09-06 19:00", "2021-09-09 08:00", "2021-09-15 17:00", id="monday evening: thursday opening"),
        pytest.param("2021-09-09 10:00", "2021-09-13 08:00", "2021-09-20 17:00", id="thursday: not before monday"),
        pytest.param("2021-12-22 10:00", "2021-12-27 08:00", "2022-01-04 17:00", id="christmas 2021"),
    ],
)
def test_an_answer_comes_not_before_48_hours_and_within_seven_weekdays(received: str, first: str, last: str) -> None:
    assert shown(earliest(SEVEN_DAYS, local(received), FREE)) == first
    assert shown(due(SEVEN_DAYS, local(received), FREE)) == last


@pytest.mark.parametrize(
    ("received", "utc"),
    [
        pytest.param("2027-03-25 10:00", "2027-04-01T15:00:00+00:00", id="over easter and the change to summer time"),
        pytest.param("2026-10-23 10:00", "2026-10-28T16:00:00+00:00", id="over the change to winter time"),
        pytest.param("2026-10-20 10:00", "2026-10-23T15:00:00+00:00", id="before it"),
    ],
)
def test_the_office_closes_at_five_by_the_wall_clock_on_both_sides_of_a_time_change(received: str, utc: str) -> None:
    moment = due(THREE_DAYS, local(received), FREE)
    assert moment is not None
    assert moment.isoformat() == utc


def test_the_day_a_message_came_is_the_swedish_day_and_not_the_one_of_utc() -> None:
    just_after_midnight = datetime(2027, 2, 1, 23, 30, tzinfo=UTC)  # 00:30 on Tuesday in Sweden
    assert shown(due(THREE_DAYS, just_after_midnight, FREE)) == "2027-02-05 17:00"


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        pytest.param("2027-02-01 10:00", "2027-02-01 17:00", id="within the day"),
        pytest.param("2027-02-01 17:30", "2027-02-02 17:00", id="after its close"),
        pytest.param("2027-02-06 10:00", "2027-02-08 17:00", id="on a saturday"),
    ],
)
def test_a_promise_of_the_same_day_means_the_next_close_of_office_hours(received: str, expected: str) -> None:
    assert shown(due(SAME_DAY, local(received), FREE)) == expected


def test_a_routine_without_a_time_gives_no_due_moment() -> None:
    assert due(NO_TIME, local("2027-02-01 10:00"), FREE) is None
    assert earliest(NO_TIME, local("2027-02-01 10:00"), FREE) is None


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(THREE_DAYS, datetime(2027, 2, 1, 10), FREE)  # noqa: DTZ001


def test_a_calendar_that_is_always_free_is_reported_instead_of_counting_for_ever() -> None:
    with pytest.raises(CalendarError, match="No working day"):
        due(THREE_DAYS, local("2027-02-01 10:00"), lambda _: True)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2027, 3, 26), id="långfredagen"),
        pytest.param(date(2027, 3, 29), id="annandag påsk"),
        pytest.param(date(2027, 6, 25), id="midsommarafton"),
        pytest.param(date(2026, 12, 24), id="julafton"),
        pytest.param(date(2026, 12, 31), id="nyårsafton"),
        pytest.param(date(2027, 5, 6), id="kristi himmelsfärdsdag"),
        pytest.param(date(2025, 6, 6), id="nationaldagen"),
    ],
)
def test_holidays_and_the_great_eves_are_free(day: date) -> None:
    assert FREE(day)


def test_free_days_are_those_of_the_package_s_own_sweden() -> None:
    theirs = country_holidays("SE", categories=PUBLIC_AND_EVES)
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(366 * 15)]
    assert [day for day in days if FREE(day)] == [day for day in days if day in theirs]


@pytest.mark.parametrize("day", [date(2027, 3, 25), date(2027, 4, 30), date(2027, 1, 5), date(2027, 5, 7)])
def test_half_days_and_squeeze_days_are_working_days(day: date) -> None:
    assert not FREE(day)


@given(levels, moments)
def test_due_and_earliest_are_working_moments_never_before_the_message_came(
    level: ServiceLevel, received: datetime
) -> None:
    for moment in (due(level, received, FREE), earliest(level, received, FREE)):
        assert moment is not None
        assert moment >= received
        assert is_working_moment(level, moment, FREE)


@given(levels, moments, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_a_later_message_is_never_due_earlier(level: ServiceLevel, received: datetime, later: timedelta) -> None:
    for reckon in (due, earliest):
        first, second = reckon(level, received, FREE), reckon(level, received + later, FREE)
        assert first is not None
        assert second is not None
        assert first <= second


@given(moments)
def test_the_next_working_moment_of_a_working_moment_is_itself(moment: datetime) -> None:
    once = next_working_moment(THREE_DAYS, moment, FREE)
    assert next_working_moment(THREE_DAYS, once, FREE) == once
    assert (once == moment) == is_working_moment(THREE_DAYS, moment, FREE)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        pytest.param("2026-03-04 07:00", "2026-03-04 11:30", id="the first of two"),
        pytest.param("2026-03-04 11:30", "2026-03-04 16:00", id="strictly after"),
        pytest.param("2026-03-06 16:00", "2026-03-09 11:30", id="Friday afternoon"),
        pytest.param("2026-03-27 16:30", "2026-03-30 11:30", id="over the last Sunday of March"),
        pytest.param("2026-10-23 16:30", "2026-10-26 11:30", id="over the last Sunday of October"),
        pytest.param("2026-04-02 16:30", "2026-04-07 11:30", id="over Easter"),
        pytest.param("2026-06-18 16:30", "2026-06-22 11:30", id="over midsummer's eve"),
        pytest.param("2026-12-23 16:30", "2026-12-28 11:30", id="over Christmas, from its eve"),
    ],
)
def test_a_reading_is_told_of_an_hour_before_its_part_of_the_working_day_ends(after: str, told: str) -> None:
    found = next_reading(THREE_DAYS, local(after), FREE)
    assert found is not None
    assert shown(found.remind_at) == told


@pytest.mark.parametrize(
    ("day", "utc"), [(date(2026, 3, 27), 10), (date(2026, 3, 30), 9), (date(2026, 10, 23), 9), (date(2026, 10, 26), 10)]
)
def test_readings_follow_the_wall_clock_on_both_sides_of_a_time_change(day: date, utc: int) -> None:
    first, second = readings(THREE_DAYS, day, FREE)
    assert (first.remind_at.hour, first.remind_at.minute, second.remind_at.hour) == (utc, 30, utc + 5)


def test_the_days_readings_follow_each_other_from_midnight_to_the_close_without_a_gap() -> None:
    for count in range(1, 7):
        level = THREE_DAYS.model_copy(update={"readings_per_weekday": count})
        found = readings(level, date(2026, 3, 4), FREE)
        assert [one.number for one in found] == list(range(1, count + 1))
        assert [shown(found[0].begins), shown(found[-1].ends)] == ["2026-03-04 00:00", "2026-03-04 17:00"]
        assert all(one.ends == other.begins for one, other in pairwise(found))
        assert all(one.begins < one.remind_at < one.ends for one in found)


def test_no_reading_is_told_of_on_a_free_day_or_where_the_routine_asks_for_none() -> None:
    assert readings(THREE_DAYS, date(2026, 12, 24), FREE) == ()
    assert readings(THREE_DAYS, date(2026, 3, 7), FREE) == ()
    assert next_reading(SEVEN_DAYS, local("2026-03-04 07:00"), FREE) is None


@given(after=moments)
def test_the_next_reading_comes_after_the_moment_on_a_working_day(after: datetime) -> None:
    found = next_reading(THREE_DAYS, after, FREE)
    assert found is not None
    assert found.remind_at > after
    assert is_working_moment(THREE_DAYS, found.remind_at, FREE)


@given(day=st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_a_working_morning_is_when_the_office_opens_on_the_day_or_the_first_working_day_after(day: date) -> None:
    found = working_morning(THREE_DAYS, day, FREE)
    assert is_working_moment(THREE_DAYS, found, FREE)
    assert found.astimezone(STOCKHOLM).date() >= day
