"""Swedish public holidays, with the eves that are free days in practice. Knows no routine and counts no time."""

from datetime import date
from functools import lru_cache

import holidays

CATEGORIES = ("public", "de_facto")
"""`de_facto` holds midsommarafton, julafton and nyårsafton."""


@lru_cache(maxsize=16)
def _year(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("SE", years=year, categories=CATEGORIES))


def is_holiday(day: date) -> bool:
    """Whether an office is closed on this day though it may be a weekday. Saturdays and Sundays are the caller's."""
    return day in _year(day.year)
