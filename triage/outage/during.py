"""During an outage: which role a unit has, and whom it calls in what order with which number. Guesses no number and lends no routine."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.directory import Unit
from knowledge.outage import Call, Number, OutageRoutine, Role
from knowledge.vocabulary import UnitType


@dataclass(frozen=True, slots=True)
class Reachable:
    """A number for a call. `unit_id` is None for a switchboard; `ask_for` is what to say there."""

    name: str
    phone: str
    unit_id: str | None = None
    verify: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One call of the routine with its numbers, the surest first."""

    call: Call
    numbers: tuple[Reachable, ...]


def role_of(routine: OutageRoutine, unit_type: UnitType, words: Sequence[str] = ()) -> Role | None:
    """The role of a unit of this type whose name and work are `words`; None where the routine says nothing of such units.

    A role that names the unit's own kind goes before one that does not.
    """
    fits = [role for role in routine.roles if unit_type in role.unit_types]
    said = " ".join(words).casefold()
    own = [role for role in fits if any(name.casefold() in said for name in role.named)]
    plain = [role for role in fits if not role.named]
    return next(iter((*own, *plain, *fits)), None)


def words_of(unit: Unit) -> tuple[str, ...]:
    return (unit.name, *unit.does)


def steps(
    routine: OutageRoutine, role: Role, units: Sequence[Unit], municipality: str | None = None
) -> tuple[Step, ...]:
    """The role's calls in the routine's order. `units`: those of the region; `municipality`: where the patient lives, when known."""
    return tuple(Step(call, _numbers(routine, call, units, municipality)) for call in role.calls)


def _numbers(
    routine: OutageRoutine, call: Call, units: Sequence[Unit], municipality: str | None
) -> tuple[Reachable, ...]:
    if call.reach == "municipality":
        wanted = [number for number in routine.municipalities if _is_of(number, municipality)]
        return tuple(_number(number) for number in wanted or routine.municipalities)
    direct = [unit for unit in units if unit.type in call.unit_types and not _is_switchboard(unit)]
    near = [unit for unit in direct if municipality is not None and unit.municipality == municipality]
    found = tuple(Reachable(unit.name, unit.phone, unit.id, unit.verify) for unit in near or direct)
    return (*found, _number(routine.switchboard))


def _is_of(number: Number, municipality: str | None) -> bool:
    return municipality is not None and number.name.casefold().startswith(municipality.casefold())


def _is_switchboard(unit: Unit) -> bool:
    """Real switchboards stand in the directory as units that are only phoned."""
    return unit.receives == ("phone",) and not unit.opening_hours


def _number(number: Number) -> Reachable:
    return Reachable(number.name, number.phone, None, number.verify, number.note)


def ticks(role: Role) -> tuple[str, ...]:
    """What is ticked off for each patient during the outage: each call, then each thing to say."""
    return (*(call.id for call in role.calls), *(line.id for line in role.say))


def may_discharge(role: Role, ticked: Sequence[str]) -> bool:
    """Nobody is discharged before every receiver who is always called has been reached and confirmed."""
    return all(call.id in ticked for call in role.calls if call.only_if is None)
