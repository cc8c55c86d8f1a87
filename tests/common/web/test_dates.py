"""Moments as Swedes write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from common.web.dates import SwedishTime
from tests.common.web.words import words

FRIDAY = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)


def swedish(now: datetime = FRIDAY) -> SwedishTime:
    return SwedishTime(words(), lambda: now, ZoneInfo("Europe/Stockholm"))


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        pytest.param(FRIDAY, "i dag kl. 14.05", id="today"),
        pytest.param(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "i morgon kl. 00.30", id="tomorrow-in-sweden-only"),
        pytest.param(datetime(2026, 11, 19, 7, 0, tzinfo=UTC), "i går kl. 08.00", id="yesterday"),
        pytest.param(datetime(2026, 11, 24, 16, 0, tzinfo=UTC), "tisdag 24 november kl. 17.00", id="next-week"),
        pytest.param(datetime(2027, 1, 4, 16, 0, tzinfo=UTC), "måndag 4 januari 2027 kl. 17.00", id="another-year"),
        pytest.param(datetime(2026, 7, 1, 12, 5, tzinfo=UTC), "onsdag 1 juli kl. 14.05", id="summer-time"),
    ],
)
def test_a_moment_is_written_as_swedes_write_it(moment: datetime, written: str) -> None:
    assert swedish().moment(moment) == written


def test_what_is_printed_never_says_today() -> None:
    assert swedish().full_moment(FRIDAY) == "fredag 20 november kl. 14.05"
    assert swedish().full_day(date(2026, 11, 20)) == "fredag 20 november"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        swedish().moment(datetime(2026, 11, 20, 14, 5))  # noqa: DTZ001
