"""What the engine says of a step as its author writes it, and what it takes for an answer there. Pure; words and pages are others'."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from knowledge.pack import Pack
from knowledge.scenario import EMERGENCY_NUMBER, RECIPIENT, Kind, Scenario, Step
from knowledge.texts import Catalogue
from knowledge.vocabulary import DERIVED, SENDING_KINDS, Fact
from triage.decide import Ask, Conflict, Decided
from triage.scenario_faults import grounds_of, named_in
from triage.scenarios import decision_at, whom

DUTY: Final = "duty "
"""Before a duty's id, where what is chosen may also be a heading, or something that the channel keeps out."""
LONG: Final = 110
"""Signs of a duty's text that a list of choices has room for."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine says at a step: the way and the rule, or the fact that it would ask for first."""

    kind: Kind
    channel: str | None = None
    rule: str | None = None
    why: str = ""
    fact: str | None = None
    conflict: bool = False
    holds: tuple[str, ...] = ()
    """What makes an answer right here: grounds, whom to call, or headings to write under."""

    @property
    def answers(self) -> bool:
        """Whether the question that the author chose can be asked here at all."""
        if self.kind is Kind.FIRST:
            return self.fact is not None
        return self.channel is not None and (self.kind is Kind.CHANNEL or bool(self.holds))


def said_at(pack: Pack, scenario: Scenario, place: int, duty: str | None = None) -> Said:
    """`duty`: the one by which it is said whom to call, where the author chose one."""
    kind = scenario.steps[place].question
    match decision_at(pack, scenario, place):
        case Decided() as decided:
            holds = tuple(_holds(pack, kind, decided, duty))
            return Said(kind, decided.channel.id, decided.row.id, decided.row.reason, holds=holds)
        case Ask() as ask:
            return Said(kind, fact=str(ask.fact))
        case Conflict():
            return Said(kind, conflict=True)


def _holds(pack: Pack, kind: Kind, decided: Decided, duty: str | None) -> Iterator[str]:
    match kind:
        case Kind.INCLUDE | Kind.EXCLUDE:
            right = grounds_of(kind, decided)
            yield from (ground for ground, _ in grounds(pack, kind) if ground in right)
        case Kind.CALL:
            yield from sorted(named_in(pack, decided, duty) if duty else whom(pack, decided))
        case Kind.WRITE if decided.channel.kind in SENDING_KINDS:
            yield from (heading.id for heading in decided.channel.headings)
        case _:
            return


def public(fact: str) -> str:
    """A fact's name in a scenario."""
    return RECIPIENT if fact == Fact.RECIPIENT_TYPE else fact


# ── what can be chosen ──────────────────────────────────────────────────────────────────────────────────────────────────


def grounds(pack: Pack, kind: Kind) -> list[tuple[str, str]]:
    """(ground, its words): what in the routine a text can rest on."""
    found: dict[str, str] = {}
    for channel in pack.channels:
        if kind is Kind.INCLUDE:
            found |= {f"heading {heading.id}": heading.label for heading in channel.headings}
        if kind is Kind.EXCLUDE:
            found |= {f"forbidden {content.check}": content.text for content in channel.forbidden}
    return [(ground, _short(words)) for ground, words in found.items()] + duties(pack)


def duties(pack: Pack) -> list[tuple[str, str]]:
    return [(f"{DUTY}{duty.id}", _short(duty.text)) for duty in pack.duties]


def callable_ones(pack: Pack) -> list[tuple[str, str]]:
    """(unit or number, its name): whoever can be called."""
    units = [(f"unit:{unit}", words) for unit, words in pack.unit_labels.items()]
    numbers = [(f"number:{number.name}", f"{number.name} ({number.phone})") for number in pack.numbers]
    return [*units, (f"number:{EMERGENCY_NUMBER}", EMERGENCY_NUMBER), *numbers]


def askable(texts: Catalogue) -> list[tuple[str, str]]:
    """(fact, its name): what can be asked about first."""
    facts = [fact for fact in Fact if fact not in DERIVED or fact is Fact.RECIPIENT_TYPE]
    return [(public(fact), texts.text(f"practice.fact.{fact}")) for fact in facts]


def headings(pack: Pack) -> dict[str, str]:
    return {heading.id: heading.label for channel in pack.channels for heading in channel.headings}


def named(step: Step, pack: Pack, scenario: Scenario, place: int) -> bool:
    """Whether whom the step's answer calls is just what the engine says, so that nobody has to choose it."""
    answer = step.answer
    duty = answer.duty if answer else None
    return answer is not None and said_at(pack, scenario, place, duty).holds == answer.named


def _short(words: str) -> str:
    return words if len(words) <= LONG else f"{words[:LONG].rsplit(' ', 1)[0]} …"
