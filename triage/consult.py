"""One question, one answer: words and given facts → what they mean → what the routine says. The one way through triage.

Used alike by the command line, `POST /decisions` and the conversation. Which day it is comes in from outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from knowledge.pack import DutyRule, Grounds, Pack
from knowledge.registry import Registry
from knowledge.vocabulary import Basis, DutyKind, Fact, UnitType, Value
from triage.decide import Decision, NoRoutine, decide
from triage.facts import answered
from triage.merge import merge
from triage.reading import Context, Reader, Reading

SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Matter:
    """Who writes to whom, in which words, and what has been answered since. `recipient` None: not known yet."""

    pack: Pack
    sender: UnitType
    recipient: UnitType | None
    text: str
    answers: Mapping[Fact, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consultation:
    decision: Decision
    reading: Reading


def consult(reader: Reader, matter: Matter) -> Consultation:
    """Read the words, put the answers first, decide."""
    reading = reader.read(matter.text, Context(matter.pack, matter.sender, matter.recipient))
    facts = merge(reading.facts, answered(matter.answers))
    return Consultation(decide(matter.pack, matter.sender, recipient_of(matter, reading), facts), reading)


def recipient_of(matter: Matter, reading: Reading) -> UnitType | None:
    """The unit type the matter goes to: as answered, as given, or as the words say."""
    given = matter.answers.get(Fact.RECIPIENT_TYPE)
    if given is not None:
        return UnitType(str(given))
    return matter.recipient or reading.recipient


def choose_pack(registry: Registry, *, pack_id: str | None, region: str | None, day: date) -> Pack | NoRoutine:
    """The version named, as it stands; else the version in force in the region on the day, and a gap is said to be one."""
    if pack_id is not None:
        return registry.pack(pack_id)
    found = registry.in_force(region or "", day)
    return found if found is not None else NoRoutine(region or "", day)


def superseded(pack: Pack, day: date, text: str) -> tuple[DutyRule, ...]:
    """The warning that a version named is out of force on the day, or none."""
    if pack.validity.covers(day):
        return ()
    return (
        DutyRule(
            id=SUPERSEDED, kind=DutyKind.WARNING, text=text, grounds=Grounds(basis=Basis.LOTS_BASELINE, note=text)
        ),
    )
