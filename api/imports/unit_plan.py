"""What a unit file would do to the directory: new, changed, opened again, closed, and what is wrong. Pure; changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import TypeAdapter, ValidationError

from api.imports.sheet import Line, Problem, Sheet
from api.imports.unit_lines import UnitLine, Words, id_of, read_line
from api.messages.delivery import Delivery
from knowledge.directory import HsaId, Unit

HSA_ID: Final = TypeAdapter(HsaId)
FEW: Final = 5
SHARE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Known:
    """The directory as it is: every unit, closed ones too, and each unit's own deliveries."""

    units: Mapping[str, Unit]
    deliveries: Mapping[str, Mapping[str, Delivery]]
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """`fields` are the columns that differ; for a new unit only its deliveries, if it has any."""

    line: int
    unit: Unit
    fields: tuple[str, ...]
    delivery: Mapping[str, Delivery] | None

    @property
    def delivers(self) -> Mapping[str, Delivery] | None:
        """The unit's deliveries where they are other than before."""
        return self.delivery if "delivery" in self.fields else None


@dataclass(frozen=True, slots=True)
class UnitPlan:
    version: int
    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    opened: tuple[Change, ...]
    closed: tuple[Unit, ...]
    same: int
    problems: tuple[Problem, ...]
    many_closed: bool
    """More than a fifth of what was open would be closed: is the file whole?"""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Organisations that come into being with units of another, by that one's name before: its settings follow."""

    @property
    def writes(self) -> tuple[Change, ...]:
        return (*self.new, *self.changed, *self.opened)

    @property
    def empty(self) -> bool:
        return not self.writes and not self.closed


def plan(sheet: Sheet, known: Known, words: Words, allowed: frozenset[str] | None) -> UnitPlan:
    """`allowed`: the organisations that the sender may change; None for whoever runs Lots.

    Units that a file once brought, of the organisations that are in this one, and that are not in it themselves are closed. While something is wrong
    nobody can tell what is missing, so nothing is closed then.
    """
    by_hsa = {unit.hsa_id: unit for unit in known.units.values() if unit.hsa_id is not None}
    problems = list(sheet.problems)
    read: dict[str, UnitLine] = {}
    there: set[str] = set()
    for line, hsa_id in _identified(sheet.lines, problems):
        there.add(hsa_id)
        found = _known_unit(line, hsa_id, known, by_hsa)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        made = read_line(Line(line.number, {**line.cells, "hsa_id": hsa_id}), found, words)
        if not isinstance(made, UnitLine):
            problems.extend(made)
        elif (wrong := _wrong(line, made.unit, found, allowed, read)) is not None:
            problems.append(wrong)
        else:
            read[made.unit.id] = made
    return _sorted_out(tuple(read.values()), there, known, problems)


def _identified(lines: Iterable[Line], problems: list[Problem]) -> Iterable[tuple[Line, str]]:
    seen: dict[str, int] = {}
    for line in lines:
        hsa_id = line.get("hsa_id").upper()
        try:
            HSA_ID.validate_python(hsa_id)
        except ValidationError:
            problems.append(line.problem("hsa_id", "needed" if not hsa_id else "not_hsa_id"))
            continue
        if hsa_id in seen:
            problems.append(line.problem("hsa_id", "twice", other=str(seen[hsa_id])))
            continue
        seen[hsa_id] = line.number
        yield line, hsa_id


def _known_unit(line: Line, hsa_id: str, known: Known, by_hsa: Mapping[str, Unit]) -> Unit | Problem | None:
    """By HSA-id; else, the first time, by the id that the unit has in Lots."""
    found, wanted = by_hsa.get(hsa_id), line.get("id")
    if found is not None:
        return line.problem("id", "other_id", id=found.id) if wanted and wanted != found.id else found
    if not wanted:
        taken = known.units.get(id_of(hsa_id))
        return None if taken is None else line.problem("hsa_id", "id_taken", id=taken.id)
    unit = known.units.get(wanted)
    if unit is None:
        return line.problem("id", "id_unknown")
    return unit if unit.hsa_id is None else line.problem("id", "id_taken", id=unit.id)


def _wrong(
    line: Line, unit: Unit, before: Unit | None, allowed: frozenset[str] | None, read: Mapping[str, UnitLine]
) -> Problem | None:
    if unit.id in read:
        return line.problem("id", "twice", other=str(read[unit.id].number))
    if allowed is not None and not {unit.organisation, (before or unit).organisation} <= allowed:
        return line.problem("organisation", "not_yours")
    return None


def _sorted_out(read: tuple[UnitLine, ...], there: set[str], known: Known, problems: list[Problem]) -> UnitPlan:
    new, changed, opened, same = [], [], [], 0
    for one in read:
        before = known.units.get(one.unit.id)
        if before is None:
            new.append(Change(one.number, one.unit, ("delivery",) if one.delivery else (), one.delivery))
            continue
        change = Change(one.number, one.unit, _differences(before, one, known), one.delivery)
        if before.closed:
            opened.append(change)
        elif change.fields:
            changed.append(change)
        else:
            same += 1
    closed, many = ((), False) if problems else _gone(read, there, known)
    ordered = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    renamed = {} if problems else _renamed((*changed, *opened), known)
    return UnitPlan(
        known.version,
        tuple(new),
        tuple(changed),
        tuple(opened),
        closed,
        same,
        ordered,
        many_closed=many,
        renamed=renamed,
    )


def _renamed(changes: tuple[Change, ...], known: Known) -> dict[str, str]:
    """New name by old. Units that move to an organisation that is there already take its settings; so do those from several."""
    there = {unit.organisation for unit in known.units.values()}
    came_from: dict[str, set[str]] = {}
    for change in changes:
        came_from.setdefault(change.unit.organisation, set()).add(known.units[change.unit.id].organisation)
    return {olds.pop(): new for new, olds in came_from.items() if new not in there and len(olds) == 1}


def _differences(before: Unit, one: UnitLine, known: Known) -> tuple[str, ...]:
    ours, theirs = before.model_dump(), one.unit.model_dump()
    fields = [field for field in theirs if field != "closed" and ours[field] != theirs[field]]
    if one.delivery is not None and dict(one.delivery) != dict(known.deliveries.get(before.id, {})):
        fields.append("delivery")
    return tuple(fields)


def _gone(read: tuple[UnitLine, ...], there: set[str], known: Known) -> tuple[tuple[Unit, ...], bool]:
    organisations = {one.unit.organisation for one in read}
    open_units = [
        unit
        for unit in known.units.values()
        if unit.hsa_id is not None and not unit.closed and unit.organisation in organisations
    ]
    closed = tuple(sorted((unit for unit in open_units if unit.hsa_id not in there), key=lambda unit: unit.name))
    return closed, len(closed) > max(FEW, SHARE * len(open_units))
