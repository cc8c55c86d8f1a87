"""The form that a scenario is written in: form ↔ scenario, and what the engine says of each step. Pure; stores and shows nothing.

The form asks which way to take, the commonest question, and the author never writes the answer: the engine gives it. What else a
scenario may ask is written as YAML on the same page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from common.web.forms import Form
from knowledge.pack import Pack
from knowledge.scenario import Answer, Distractor, Kind, LearningPoint, Level, Scenario, Step
from knowledge.texts import Catalogue
from knowledge.vocabulary import DERIVED, Fact, UnitType, Value
from triage.decide import Ask, Conflict, Decided
from triage.scenarios import decision_at

STEPS: Final = 4
DISTRACTORS: Final = 3
POINTS: Final = 3
"""Learning points that the form has room for."""
DUTY: Final = "duty:"
"""Before a duty's id, where a learning point's source may be a rule or a duty."""
FACTS: Final = tuple(fact for fact in Fact if fact not in DERIVED)
UNNAMED: Final = "–"
"""Where something is not written yet."""
UNDATED: Final = date(2024, 1, 1)
"""For a routine without dates any day will do."""
UNCLEAR: Final = "?"
"""What the story hints at without settling it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine says at a step: the way and the rule, or the fact that it would ask for first."""

    channel: str | None = None
    rule: str | None = None
    why: str = ""
    fact: str | None = None
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """A form as it was sent: the engine's word for every step, and the scenario where it could be made at all."""

    scenario: Scenario | None
    said: tuple[Said, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    """The fields that must be filled in, or filled in otherwise."""


def fits_form(scenario: Scenario) -> bool:
    """Whether the form can show all of it."""
    return max(len(scenario.steps) / STEPS, len(scenario.learn) / POINTS) <= 1 and all(
        step.question is Kind.CHANNEL and len(step.distractors) <= DISTRACTORS for step in scenario.steps
    )


def as_form(scenario: Scenario) -> dict[str, str]:
    """The fields of a scenario that fits."""
    values = {
        "title": scenario.title,
        "role": scenario.role,
        "unit_type": str(scenario.unit_type),
        "level": str(scenario.level),
        "day": scenario.day.isoformat(),
    }
    for number, point in enumerate(scenario.learn):
        source = point.rule or (f"{DUTY}{point.duty}" if point.duty else "")
        values |= {point_name(number): point.text, f"{point_name(number)}_source": source}
    for number, step in enumerate(scenario.steps):
        at = f"s{number}_"
        values |= {f"{at}story": step.story, f"{at}hint": step.hint or "", f"{at}to": str(step.to or "")}
        values[f"{at}why"] = (step.answer.why if step.answer else None) or ""
        values |= {f"{at}fact_{fact}": _as_word(value) for fact, value in step.facts.items()}
        values |= {f"{at}fact_{fact}": UNCLEAR for fact in step.unclear}
        for place, one in enumerate(step.distractors):
            values |= {
                f"{at}d{place}_channel": one.channel or "",
                f"{at}d{place}_tempting": one.tempting,
                f"{at}d{place}_wrong": one.wrong,
            }
    return values


def point_name(number: int) -> str:
    """The field of a learning point's words; its source stands in the same name with `_source` after it."""
    return "learn" if number == 0 else f"learn{number}"


def sources(pack: Pack) -> list[tuple[str, str]]:
    """What a learning point may be taken from: rules and duties of the routine, each by its own words."""
    rules = {row.id: row.reason for row in reversed(pack.rules)}
    told = [(rule, f"{rule}: {rules[rule]}") for rule in pack.order if rule in rules]
    return told + [(f"{DUTY}{duty.id}", duty.text) for duty in pack.duties]


def _as_word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def fact_choices(pack: Pack, texts: Catalogue) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(fact, its name, [(value, its name)]) in the order of the vocabulary."""
    topics = {topic.id: topic.label for topic in pack.topics}
    return [
        (
            str(fact),
            texts.text(f"fact.{fact}"),
            [
                (word, topics[word] if fact is Fact.TOPIC else texts.text(f"value.{fact}.{word}"))
                for word in map(_as_word, pack.values(fact))
            ],
        )
        for fact in FACTS
    ]


def written(form: Form) -> list[int]:
    """The steps of the form that have a story."""
    return [number for number in range(STEPS) if form.get(f"s{number}_story")]


def sketch(form: Form, pack: Pack, scenario_id: str) -> Sketch:
    """What the form says. A step without a story is not there."""
    numbers = written(form)
    missing = {name: "" for name in ("title", "role", "learn") if not form.get(name)}
    if not numbers:
        missing["s0_story"] = ""
    if form.get("unit_type") not in set(UnitType):
        missing["unit_type"] = ""
    if missing.keys() & {"s0_story", "unit_type"}:
        return Sketch(None, (), missing)
    try:
        scenario = Scenario(
            id=scenario_id,
            pack=pack.id,
            day=_day(form.get("day"), pack),
            title=form.get("title") or UNNAMED,
            role=form.get("role") or UNNAMED,
            unit_type=UnitType(form.get("unit_type")),
            level=Level(form.get("level")) if form.get("level") in set(Level) else Level.EASY,
            steps=tuple(_step(form, number, pack) for number in numbers),
            learn=_points(form),
        )
    except ValueError:
        return Sketch(None, (), {**missing, "day": ""})
    said = tuple(_said(pack, scenario, place) for place in range(len(numbers)))
    steps = [
        _answered(step, one, form.get(f"s{number}_why"))
        for step, one, number in zip(scenario.steps, said, numbers, strict=True)
    ]
    learn = tuple(
        point if point.rule or point.duty else point.model_copy(update={"rule": said[-1].rule})
        for point in scenario.learn
    )
    whole = scenario.model_copy(update={"steps": tuple(steps), "learn": learn})
    return Sketch(None if missing else whole, said, missing)


def _points(form: Form) -> tuple[LearningPoint, ...]:
    """What to take along, each with the rule or duty that was chosen for it."""
    found = []
    for number in range(POINTS):
        name = point_name(number)
        source = form.get(f"{name}_source")
        duty = source.removeprefix(DUTY) if source.startswith(DUTY) else None
        if words := form.get(name):
            found.append(LearningPoint(text=words, rule=None if duty else source or None, duty=duty))
    return tuple(found) or (LearningPoint(text=UNNAMED),)


def _step(form: Form, number: int, pack: Pack) -> Step:
    at = f"s{number}_"
    given = {fact: form.get(f"{at}fact_{fact}") for fact in FACTS}
    facts = {fact: value for fact, word in given.items() for value in pack.values(fact) if _as_word(value) == word}
    distractors = [
        Distractor(
            channel=form.get(f"{at}d{place}_channel"),
            tempting=form.get(f"{at}d{place}_tempting") or UNNAMED,
            wrong=form.get(f"{at}d{place}_wrong") or UNNAMED,
        )
        for place in range(DISTRACTORS)
        if form.get(f"{at}d{place}_channel") in pack.channel_by_id
    ]
    return Step(
        story=form.get(f"{at}story"),
        question=Kind.CHANNEL,
        to=UnitType(form.get(f"{at}to")) if form.get(f"{at}to") in set(UnitType) else None,
        facts=facts,
        unclear=tuple(fact for fact, word in given.items() if word == UNCLEAR),
        distractors=tuple(distractors),
        hint=form.get(f"{at}hint") or None,
    )


def _said(pack: Pack, scenario: Scenario, place: int) -> Said:
    match decision_at(pack, scenario, place):
        case Decided() as decided:
            return Said(decided.channel.id, decided.row.id, decided.row.reason)
        case Ask() as ask:
            return Said(fact=str(ask.fact))
        case Conflict():
            return Said(conflict=True)


def _answered(step: Step, said: Said, why: str) -> Step:
    if said.channel is None:
        return step
    return step.model_copy(update={"answer": Answer(channel=said.channel, rule=said.rule, why=why or None)})


def _day(words: str, pack: Pack) -> date:
    """The day written, else the routine's first; ValueError for what is no day."""
    if words:
        return date.fromisoformat(words)
    return pack.validity.first_day or pack.validity.last_day or UNDATED
