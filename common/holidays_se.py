"""Which days are free in Sweden: public holidays and the eves that working life treats as such. Knows no routine and no clock."""

from collections.abc import Callable
from datetime import date

import holidays

PUBLIC_AND_EVES = ("public", "de_facto")
"""The package's category `de_facto` is midsommarafton, julafton and nyårsafton. Påskafton is always a Saturday."""


def swedish_free_days() -> Callable[[date], bool]:
    """A function that says whether a day is a Swedish public holiday or such an eve. Weekends are not its business."""
    calendar = holidays.country_holidays("SE", categories=PUBLIC_AND_EVES)
    return calendar.__contains__
