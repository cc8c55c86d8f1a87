"""Outage routines as data: whom to call, what to say and what is registered afterwards, from `outage/*.yaml`. Decides nothing.

A region has its own routine or none; another region's is never lent.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from knowledge.data_file import read_model, yaml_files
from knowledge.directory import Phone
from knowledge.errors import DataError, DataErrors, KnowledgeError, UnknownPack
from knowledge.registry import Registry
from knowledge.vocabulary import UnitType
from knowledge.yaml_tree import Tree, place_of

Words = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Principal = Literal["region", "municipality"]
Reach = Literal["municipality", "unit"]
"""Through the municipality's one way in, or at a unit's own number and else the region's switchboard."""


class OutageFact(StrEnum):
    """What about a patient decides what is done when the system is back."""

    ADMITTED = "admitted"
    DISCHARGED = "discharged"
    READY = "ready"
    GONE_HOME = "gone_home"
    SIP_DATE_AGREED = "sip_date_agreed"


FACT_VALUES: Final[Mapping[OutageFact, tuple[str, ...]]] = {
    OutageFact.ADMITTED: ("before", "during"),
    OutageFact.DISCHARGED: ("no", "during", "after"),
    OutageFact.READY: ("no", "yes"),
    OutageFact.GONE_HOME: ("no", "yes"),
    OutageFact.SIP_DATE_AGREED: ("no", "yes"),
}


class UnknownRole(KnowledgeError):  # noqa: N818 - a domain outcome, named as in errors.py
    """The routine knows no such role."""

    def __init__(self, role: str, pack: str, known: Iterable[str]) -> None:
        super().__init__(f"Rollen ”{role}” finns inte i avbrottsrutinen {pack}. Välj en av: {', '.join(known)}.")


class NoOutageRoutine(KnowledgeError):  # noqa: N818 - a domain outcome, named as in errors.py
    """The pack has no outage routine of its own."""

    def __init__(self, pack: str, known: Iterable[str]) -> None:
        super().__init__(
            f"Ingen avbrottsrutin är inläst för ”{pack}”. Ring. En annan regions blankett gäller inte där. "
            f"Rutin finns för: {', '.join(known) or 'ingen'}."
        )


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(Model):
    """One thing to do, say or leave be, with the heading of the document that says so."""

    id: Name
    text: Words
    section: Words


class Number(Model):
    name: Words
    phone: Phone
    verify: bool = False
    note: Words | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.verify and self.note is None:
            raise ValueError("Ett nummer som ska kontrolleras (verify) behöver en note som säger varför.")
        return self


class Call(Model):
    """Whom to call, in the order of the list. `only_if` is when, where it is not always."""

    id: Name
    to: Words
    reach: Reach
    unit_types: tuple[UnitType, ...]
    only_if: Words | None = None
    section: Words


class Role(Model):
    """What one part of the chain of care does during an outage. `named`: words of a unit's name or work that make the role its own."""

    id: Name
    label: Words
    principal: Principal
    unit_types: tuple[UnitType, ...]
    named: tuple[Words, ...] = ()
    calls: tuple[Call, ...]
    say: tuple[Line, ...]
    """What must be said; each is ticked off for each patient."""
    duties: tuple[Line, ...]
    paper: tuple[Line, ...]
    """What becomes of the filled-in form, in order."""


class Registration(Model):
    """A row of the first table: the first that fits says how the patient is registered. Empty `when` fits all."""

    id: Name
    when: Mapping[OutageFact, tuple[str, ...]] = {}
    outcome: Name
    text: Words
    section: Words


class Afterwards(Model):
    """A row of the second table: every row that fits counts. `do`: a task; otherwise something to leave be."""

    id: Name
    do: bool
    roles: tuple[Name, ...] = ()
    """Empty: every role."""
    outcomes: tuple[Name, ...] = ()
    """Empty: whatever the registration."""
    when: Mapping[OutageFact, tuple[str, ...]] = {}
    text: Words
    section: Words


class UnitTask(Model):
    """Something a unit does once when the system is back, whatever its patients. `counts`: what Lots can count for it."""

    id: Name
    roles: tuple[Name, ...] = ()
    counts: Literal["late_messages", "unsent"] | None = None
    text: Words
    section: Words | None = None
    """None: Lots' own, not the routine's."""


class Sip(Model):
    """Calling to a SIP by phone: who may, the parties to reach, what the notes hold, what is done afterwards."""

    roles: tuple[Name, ...]
    parties: tuple[Line, ...]
    notes: tuple[Line, ...]
    after: tuple[Line, ...]


class OutageRoutine(Model):
    about: Words
    pack: Words
    system: Words
    source: Words
    """Id of the pack's document."""
    short_hours: Annotated[int, Field(ge=1)]
    """Up to so long an outage hardly matters."""
    applies_after_hours: Annotated[int, Field(ge=1)]
    """From so long the whole routine is needed."""
    length: Line
    support: Mapping[Principal, Line]
    support_numbers: Mapping[Principal, tuple[Number, ...]] = {}
    switchboard: Number
    municipalities: tuple[Number, ...]
    one_way_in: Line
    no_discharge: Line
    form: tuple[Line, ...]
    """How the form is filled in."""
    roles: tuple[Role, ...]
    registration: tuple[Registration, ...]
    afterwards: tuple[Afterwards, ...]
    unit_tasks: tuple[UnitTask, ...]
    sip: Sip | None = None
    keep_days: Annotated[int, Field(ge=1, le=365)]
    """Days after a worklist is done that what identifies patients is erased."""

    @cached_property
    def role_by_id(self) -> Mapping[str, Role]:
        return {role.id: role for role in self.roles}

    def role(self, role_id: str) -> Role:
        try:
            return self.role_by_id[role_id]
        except KeyError:
            raise UnknownRole(role_id, self.pack, self.role_by_id) from None


class Outages:
    """Every outage routine, by pack. Immutable."""

    def __init__(self, routines: Iterable[OutageRoutine] = ()) -> None:
        self.by_pack: Mapping[str, OutageRoutine] = {routine.pack: routine for routine in routines}

    def of(self, pack: str | None) -> OutageRoutine | None:
        """The pack's own, or None: another's is never lent."""
        return None if pack is None else self.by_pack.get(pack)

    def routine(self, pack: str) -> OutageRoutine:
        found = self.of(pack)
        if found is None:
            raise NoOutageRoutine(pack, self.by_pack)
        return found


def load_outages(folder: Path, registry: Registry) -> Outages:
    """Every file of the folder, none where there is no folder. Raises DataErrors with everything that is wrong in any of them."""
    routines: list[OutageRoutine] = []
    errors: list[DataError] = []
    for path in yaml_files(folder):
        routine, tree, problems = read_model(path, OutageRoutine)
        errors.extend(problems)
        if routine is None or tree is None:
            continue
        errors.extend(_conflicts(routine, tree, registry, {r.pack for r in routines}))
        routines.append(routine)
    if errors:
        raise DataErrors(errors)
    return Outages(routines)


Loc = tuple[str | int, ...]


def _conflicts(routine: OutageRoutine, tree: Tree, registry: Registry, seen: set[str]) -> Iterable[DataError]:
    for loc, message in (*_about_pack(routine, registry, seen), *_about_ids(routine), *_about_tables(routine)):
        yield place_of(tree, loc).error(message)


def _about_pack(routine: OutageRoutine, registry: Registry, seen: set[str]) -> Iterable[tuple[Loc, str]]:
    if routine.pack in seen:
        yield ("pack",), f"”{routine.pack}” har redan en avbrottsrutin i en annan fil."
    try:
        pack = registry.pack(routine.pack)
    except UnknownPack:
        yield ("pack",), f"Rutinen ”{routine.pack}” finns inte bland packs."
        return
    source = pack.source_by_id.get(routine.source)
    if source is None:
        yield ("source",), f"Källan ”{routine.source}” finns inte bland rutinens sources i {routine.pack}."
        return
    for loc, section in _sections(routine):
        if section not in source.sections:
            yield loc, f"Rubriken ”{section}” finns inte i källan ”{routine.source}”. Skriv den som i dokumentet."


def _sections(routine: OutageRoutine) -> Iterable[tuple[Loc, str]]:
    for field in ("length", "one_way_in", "no_discharge"):
        yield (field, "section"), getattr(routine, field).section
    for principal, line in routine.support.items():
        yield ("support", principal, "section"), line.section
    for list_name in ("form", "registration", "afterwards", "unit_tasks"):
        for place, row in enumerate(getattr(routine, list_name)):
            if row.section is not None:
                yield (list_name, place, "section"), row.section
    for number, role in enumerate(routine.roles):
        for list_name in ("calls", "say", "duties", "paper"):
            for place, row in enumerate(getattr(role, list_name)):
                yield ("roles", number, list_name, place, "section"), row.section
    if routine.sip is not None:
        for list_name in ("parties", "notes", "after"):
            for place, row in enumerate(getattr(routine.sip, list_name)):
                yield ("sip", list_name, place, "section"), row.section


def _about_ids(routine: OutageRoutine) -> Iterable[tuple[Loc, str]]:
    lists: list[tuple[Loc, list[str]]] = [
        (("roles",), [role.id for role in routine.roles]),
        (("afterwards",), [row.id for row in routine.afterwards]),
        (("registration",), [row.id for row in routine.registration]),
        (("unit_tasks",), [task.id for task in routine.unit_tasks]),
        (("form",), [line.id for line in routine.form]),
    ]
    for number, role in enumerate(routine.roles):
        ticked = [*(call.id for call in role.calls), *(line.id for line in role.say)]
        lists.append((("roles", number), ticked))
    for loc, ids in lists:
        for name in {name for name in ids if ids.count(name) > 1}:
            yield loc, f"”{name}” står två gånger. Varje rad behöver ett eget id."


def _about_tables(routine: OutageRoutine) -> Iterable[tuple[Loc, str]]:
    roles, outcomes = set(routine.role_by_id), {row.outcome for row in routine.registration}
    named: list[tuple[Loc, tuple[str, ...]]] = [
        *((("afterwards", n, "roles"), row.roles) for n, row in enumerate(routine.afterwards)),
        *((("unit_tasks", n, "roles"), task.roles) for n, task in enumerate(routine.unit_tasks)),
        *([(("sip", "roles"), routine.sip.roles)] if routine.sip else []),
    ]
    for loc, names in named:
        for name in names:
            if name not in roles:
                yield loc, f"Rollen ”{name}” finns inte. De som finns: {', '.join(sorted(roles))}."
    for number, row in enumerate(routine.afterwards):
        for name in row.outcomes:
            if name not in outcomes:
                yield ("afterwards", number, "outcomes"), f"Utfallet ”{name}” finns inte i registration."
    for table in ("registration", "afterwards"):
        for number, row in enumerate(getattr(routine, table)):
            yield from _about_condition((table, number, "when"), row.when)
    if not routine.registration or routine.registration[-1].when:
        yield (
            ("registration",),
            "Den sista raden i registration måste vara utan when, så att varje patient får ett svar.",
        )
    for number, earlier in enumerate(routine.registration[:-1]):
        if not earlier.when:
            yield ("registration", number), "Raden har inget when men är inte sist. Raderna efter den gäller aldrig."


def _about_condition(loc: Loc, when: Mapping[OutageFact, tuple[str, ...]]) -> Iterable[tuple[Loc, str]]:
    for fact, values in when.items():
        for value in values:
            if value not in FACT_VALUES[fact]:
                known = ", ".join(FACT_VALUES[fact])
                yield (*loc, str(fact)), f"”{value}” är inget värde för {fact}. De som finns: {known}."
