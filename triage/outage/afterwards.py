"""When the system is back: how a patient is registered, and what is done and left be, by the routine's two tables. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.outage import FACT_VALUES, Afterwards, OutageFact, OutageRoutine, Registration, Role, UnitTask

PatientFacts = Mapping[OutageFact, str]


@dataclass(frozen=True, slots=True)
class After:
    """What the routine says of one patient. `rule` is the row of the first table."""

    rule: Registration
    do: tuple[Afterwards, ...]
    leave: tuple[Afterwards, ...]

    @property
    def outcome(self) -> str:
        return self.rule.outcome


def after(routine: OutageRoutine, role: Role, facts: PatientFacts) -> After:
    """The first row of the first table that fits, and every row of the second that does. What is not known counts as the fact's first value."""
    known = {fact: facts.get(fact, values[0]) for fact, values in FACT_VALUES.items()}
    rule = next(row for row in routine.registration if _fits(row.when, known))
    rows = [row for row in routine.afterwards if _counts(row, role, rule.outcome, known)]
    return After(rule, tuple(row for row in rows if row.do), tuple(row for row in rows if not row.do))


def _counts(row: Afterwards, role: Role, outcome: str, facts: PatientFacts) -> bool:
    return (
        (not row.roles or role.id in row.roles)
        and (not row.outcomes or outcome in row.outcomes)
        and _fits(row.when, facts)
    )


def _fits(when: Mapping[OutageFact, tuple[str, ...]], facts: PatientFacts) -> bool:
    return all(facts[fact] in values for fact, values in when.items())


def unit_tasks(routine: OutageRoutine, role: Role) -> tuple[UnitTask, ...]:
    return tuple(task for task in routine.unit_tasks if not task.roles or role.id in task.roles)


def patient_done(found: After, ticked: Sequence[str]) -> bool:
    return all(row.id in ticked for row in found.do)
