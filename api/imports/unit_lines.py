"""A line of a unit file → a unit, on top of what is known of it. Pure: knows no database; all that is wrong with a line at once.

A column that the file does not have leaves what is there; an empty cell empties it, or is a fault where something must stand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from api.imports.sheet import Line, Problem
from api.messages.delivery import Delivery
from common.web.dates import Text
from knowledge import plain_values
from knowledge.directory import Unit
from knowledge.registry import Registry
from knowledge.vocabulary import SENDING_KINDS, UnitType

COLUMNS: Final = (
    "hsa_id",
    "id",
    "name",
    "type",
    "region",
    "organisation",
    "municipality",
    "phone",
    "opening_hours",
    "opening_text",
    "on_call_phone",
    "on_call_note",
    "has_access",
    "receives",
    "aliases",
    "does",
    "takes_renewals_by_care_request",
    "delivery",
)
REQUIRED: Final = ("hsa_id",)
NEEDED: Final = ("name", "type", "region", "organisation", "phone", "opening_hours")
PLAIN: Final = ("name", "organisation", "municipality", "opening_text", "on_call_note")


@dataclass(frozen=True, slots=True)
class UnitLine:
    """`delivery` is None where the file says nothing of it."""

    number: int
    unit: Unit
    delivery: Mapping[str, Delivery] | None


@dataclass(frozen=True, slots=True)
class Words:
    """How types, regions and channels may be written."""

    types: Mapping[str, UnitType]
    regions: Mapping[str, str]
    channels: Mapping[str, frozenset[str]]
    """Region → the channels that messages can be sent through there."""


def words_of(text: Text, registry: Registry) -> Words:
    types = {word: kind for kind in UnitType for word in (str(kind), text(f"unit_type.{kind}").casefold())}
    regions = {word: pack.region for pack in registry.packs for word in (pack.region, pack.name.casefold())}
    channels: dict[str, set[str]] = {}
    for pack in registry.packs:
        sent = {channel.id for channel in pack.channel_by_id.values() if channel.kind in SENDING_KINDS}
        channels.setdefault(pack.region, set()).update(sent)
    return Words(types, regions, {region: frozenset(ids) for region, ids in channels.items()})


def id_of(hsa_id: str) -> str:
    """The id of a unit that a file brings: the same whoever imports it."""
    return f"hsa-{hsa_id.lower()}"


def read_line(line: Line, known: Unit | None, words: Words) -> UnitLine | list[Problem]:
    """`known`: the unit as it is in the directory, or None for a new one."""
    given = line.cells
    expected = [column for column in NEEDED if known is None or column in given]
    problems = [line.problem(column, "needed") for column in expected if not line.get(column)]
    values: dict[str, Any] = {"id": id_of(line.get("hsa_id"))} if known is None else known.model_dump()
    values |= {"hsa_id": line.get("hsa_id"), "closed": False}
    values |= {column: line.get(column) or None for column in PLAIN if column in given}
    for column, read in _READERS.items():
        if column not in given:
            continue
        value = read(line.get(column), words)
        if value is None and line.get(column):
            problems.append(line.problem(column, f"not_{column}", value=line.get(column)[:60]))
        else:
            values[column] = value if value is not None else _EMPTY.get(column)
    if "opening_hours" in given and not line.get("opening_text") and _hours_changed(values, known):
        values["opening_text"] = ", ".join(plain_values.several(line.get("opening_hours").replace("\n", "|")))
    elif "opening_text" in given and not line.get("opening_text") and known is not None:
        values["opening_text"] = known.opening_text
    region = values.get("region")
    receives, more = _receives(line, region, words)
    delivery, wrong = _delivery(line, region, words)
    problems += more + wrong
    if receives is not None:
        values["receives"] = receives
    if problems:
        return problems
    return _unit(line, values, delivery)


def _unit(line: Line, values: dict[str, Any], delivery: Mapping[str, Delivery] | None) -> UnitLine | list[Problem]:
    try:
        unit = Unit.model_validate(values)
    except ValidationError as error:
        columns = dict.fromkeys(str(fault["loc"][0]) if fault["loc"] else "" for fault in error.errors())
        return [line.problem(column, "invalid") for column in columns]
    if unit.on_call_phone is None and unit.on_call_note is None and not unit.always_open:
        return [line.problem("on_call_note", "no_on_call")]
    return UnitLine(line.number, unit, delivery)


def _hours_changed(values: Mapping[str, Any], known: Unit | None) -> bool:
    return known is None or values.get("opening_hours") != known.opening_hours


def _receives(line: Line, region: str | None, words: Words) -> tuple[tuple[str, ...] | None, list[Problem]]:
    if "receives" not in line.cells:
        return None, []
    chosen = plain_values.several(line.get("receives"))
    unknown = [channel for channel in chosen if channel not in words.channels.get(region or "", frozenset())]
    return chosen, [line.problem("receives", "channel_unknown", value=channel[:60]) for channel in unknown]


def _delivery(line: Line, region: str | None, words: Words) -> tuple[Mapping[str, Delivery] | None, list[Problem]]:
    """`message=copy_out|planning=built_in`."""
    if "delivery" not in line.cells:
        return None, []
    chosen: dict[str, Delivery] = {}
    problems: list[Problem] = []
    for part in plain_values.several(line.get("delivery")):
        channel, _, way = (word.strip() for word in part.partition("="))
        if channel not in words.channels.get(region or "", frozenset()):
            problems.append(line.problem("delivery", "channel_unknown", value=channel[:60]))
        elif way not in set(Delivery):
            problems.append(line.problem("delivery", "not_delivery", value=part[:60]))
        else:
            chosen[channel] = Delivery(way)
    return chosen, problems


_READERS: Final[Mapping[str, Callable[[str, Words], object]]] = {
    "type": lambda cell, words: words.types.get(cell.casefold()),
    "region": lambda cell, words: words.regions.get(cell.casefold()),
    "phone": lambda cell, _words: plain_values.phone(cell),
    "on_call_phone": lambda cell, _words: plain_values.phone(cell),
    "opening_hours": lambda cell, _words: plain_values.hours(cell),
    "has_access": lambda cell, _words: plain_values.yes(cell),
    "takes_renewals_by_care_request": lambda cell, _words: plain_values.yes(cell),
    "aliases": lambda cell, _words: plain_values.several(cell),
    "does": lambda cell, _words: plain_values.several(cell),
}
_EMPTY: Final[Mapping[str, object]] = {
    "has_access": True,
    "takes_renewals_by_care_request": False,
    "aliases": (),
    "does": (),
}
