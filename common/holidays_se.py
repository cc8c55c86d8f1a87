"""Which days are free in Sweden: public holidays and the eves that working life treats as such. Knows no routine and no clock."""

from collections.abc import Callable
from datetime import date
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final

from holidays.holiday_base import HolidayBase

PUBLIC_AND_EVES: Final = ("public", "de_facto")
"""The package's category `de_facto` is midsommarafton, julafton and nyårsafton. Påskafton is always a Saturday."""


def swedish_free_days() -> Callable[[date], bool]:
    """A function that says whether a day is a Swedish public holiday or such an eve. Weekends are not its business."""
    return _sweden()(categories=PUBLIC_AND_EVES).__contains__


def _sweden() -> type[HolidayBase]:
    """The package's Sweden alone. Asked for by its name it would bring 280 other countries: 8 MB that every process would keep."""
    countries = find_spec("holidays.countries")
    places = countries.submodule_search_locations if countries else None
    spec = spec_from_file_location(f"{__name__}.sweden", Path(places[0]) / "sweden.py") if places else None
    if spec is None or spec.loader is None:
        raise ImportError("The package holidays has no calendar of Sweden; install the version of requirements.lock.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sweden: type[HolidayBase] = module.Sweden
    return sweden
