"""The unit directory: who can be reached, how and when, from `directory/*.yaml`. Searches nothing and decides nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from knowledge.data_file import read_model, yaml_files
from knowledge.errors import DataError, DataErrors, KnowledgeError
from knowledge.vocabulary import UnitType
from knowledge.yaml_tree import Tree, place_of

Text = Annotated[str, Field(min_length=1)]
UnitId = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z0-9]+)+$")]
Phone = Annotated[str, Field(pattern=r"^(0\d{1,3}-\d{2,3}( \d{2,3}){1,2}|112|1177)$")]
HsaId = Annotated[str, Field(pattern=r"^SE\d{10}-[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=31)]
"""Who a unit or a person is in the national directory of health and social care."""
Clock = Annotated[time, WithJsonSchema({"type": "string", "pattern": r"^[0-2]\d:[0-5]\d:[0-5]\d$"})]
"""A time of the day in Swedish time; JSON Schema's own `time` would need a zone."""


class UnknownUnit(KnowledgeError):  # noqa: N818 - a domain outcome, named as in errors.py
    """No unit has this id."""

    def __init__(self, unit_id: str) -> None:
        self.unit_id = unit_id
        super().__init__(f"Det finns ingen enhet med id {unit_id!r}. ”lots units” listar dem som finns.")


class Weekday(StrEnum):
    """In the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK: Final = tuple(Weekday)
_SHORTHANDS: Final[Mapping[str, tuple[Weekday, ...]]] = {"weekdays": WEEK[:5], "weekend": WEEK[5:], "every_day": WEEK}


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenHours(Model):
    """Hours on some days of the week. In a file `days` may be `weekdays`, `weekend` or `every_day`.

    A close at or before the opening is on the next day, so 00:00–00:00 is round the clock.
    """

    days: tuple[Weekday, ...]
    opens: Clock
    closes: Clock

    @field_validator("days", mode="before")
    @classmethod
    def _spell_out(cls, value: object) -> object:
        return _SHORTHANDS.get(value, value) if isinstance(value, str) else value

    def cover(self, day: Weekday, clock: time) -> bool:
        """Whether the unit is open on this day of the week at this time."""
        if self.opens < self.closes:
            return day in self.days and self.opens <= clock < self.closes
        day_before = WEEK[WEEK.index(day) - 1]
        return (day in self.days and clock >= self.opens) or (day_before in self.days and clock < self.closes)


class Unit(Model):
    id: UnitId
    name: Text
    type: UnitType
    region: Text
    organisation: Text
    municipality: Text | None = None
    phone: Phone
    opening_hours: tuple[OpenHours, ...] = ()
    opening_text: Text
    """The hours as a person says them: "vardagar 8–17"."""
    on_call_phone: Phone | None = None
    """Whom to call outside the hours; None where nobody is known."""
    on_call_note: Text | None = None
    has_access: bool = True
    """Whether the unit takes part in the region's message system."""
    no_access_in: frozenset[str] = frozenset()
    """Versions of the routine under which it does not take part, by pack id, though it does in others."""
    aliases: tuple[Text, ...] = ()
    does: tuple[Text, ...] = ()
    """What the unit does, in words that staff look for: "såromläggning", "god man"."""
    takes_renewals_by_care_request: bool = False
    receives: tuple[str, ...] = ()
    """Channel ids; empty means every channel of the pack."""
    demo: bool = False
    verify: bool = False
    """The number is public but its sources disagree: say so beside it."""
    hsa_id: HsaId | None = None
    closed: bool = False
    """No longer there: nothing can be sent to it."""

    @property
    def always_open(self) -> bool:
        """Round the clock, every day."""
        return {day for hours in self.opening_hours if hours.opens == hours.closes for day in hours.days} == set(WEEK)

    def takes_part(self, pack_id: str) -> bool:
        """Whether it takes part in the message system under this version of the routine."""
        return self.has_access and not self.closed and pack_id not in self.no_access_in

    def open_at(self, local: datetime, *, free_day: bool = False) -> bool:
        """Whether the unit is open at a Swedish local time. A public holiday counts as a Sunday."""
        day = Weekday.SUN if free_day else WEEK[local.weekday()]
        return any(hours.cover(day, local.time()) for hours in self.opening_hours)


class _File(Model):
    """One file of units. `region` and `demo` hold for every unit in it that does not say otherwise."""

    about: Text
    region: Text
    demo: bool = False
    units: tuple[Unit, ...]

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, value: object) -> object:
        if not isinstance(value, dict) or not isinstance(value.get("units"), list):
            return value
        common = {key: value[key] for key in ("region", "demo") if key in value}
        units = [{**common, **unit} if isinstance(unit, dict) else unit for unit in value["units"]]
        return {**value, "units": units}


class Directory:
    """Every unit, by id. Immutable."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = tuple(units)

    @cached_property
    def by_id(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    def unit(self, unit_id: str) -> Unit:
        try:
            return self.by_id[unit_id]
        except KeyError:
            raise UnknownUnit(unit_id) from None

    def of_region(self, region: str, unit_type: UnitType | None = None) -> tuple[Unit, ...]:
        """The region's units in file order, of one type if asked for."""
        return tuple(u for u in self.units if u.region == region and unit_type in (None, u.type))


def load_directory(folder: Path) -> Directory:
    """Every file of the folder. Raises DataErrors with everything that is wrong in any of them."""
    units: list[Unit] = []
    errors: list[DataError] = []
    seen: dict[str, str] = {}
    for path in yaml_files(folder):
        file, tree, problems = read_model(path, _File)
        errors.extend(problems)
        if file is not None and tree is not None:
            errors.extend(_conflicts(file, tree, seen))
            units.extend(file.units)
    if errors:
        raise DataErrors(errors)
    return Directory(units)


def _conflicts(file: _File, tree: Tree, seen: dict[str, str]) -> Iterable[DataError]:
    """What is wrong between units: an id used twice, or one that does not begin with its region's first word."""
    for number, unit in enumerate(file.units):
        place = place_of(tree, ("units", number, "id"))
        if unit.id in seen:
            yield place.error(f"Id ”{unit.id}” används redan i {seen[unit.id]}. Varje enhet behöver ett eget id.")
        seen.setdefault(unit.id, f"{place.file} rad {place.line}")
        if unit.on_call_phone is None and unit.on_call_note is None and not unit.always_open:
            yield place.error(
                f"”{unit.id}” har varken on_call_phone eller on_call_note. Skriv on_call_note om vart man vänder sig när enheten är stängd."
            )
