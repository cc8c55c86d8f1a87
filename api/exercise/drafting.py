"""The form that a scenario is written in: form ↔ scenario, and what the engine says of each step. Pure; stores and shows nothing.

The author chooses what a step asks. Which way, what to ask first and whom to call the engine answers; where the answer is words, the
author chooses what in the routine makes them right. Every scenario of the house's own fits; a longer one is written as YAML.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from api.exercise.saying import DUTY, Said, headings, named, public, said_at
from common.web.forms import Form
from knowledge.pack import Pack
from knowledge.scenario import Answer, Choice, Distractor, Kind, LearningPoint, Level, Scenario, Step
from knowledge.texts import Catalogue
from knowledge.vocabulary import DERIVED, Fact, UnitType, Value

STEPS: Final = 4
DISTRACTORS: Final = 3
POINTS: Final = 3
"""Learning points that the form has room for."""
FACTS: Final = tuple(fact for fact in Fact if fact not in DERIVED)
UNNAMED: Final = "–"
"""Where something is not written yet."""
UNDATED: Final = date(2024, 1, 1)
"""For a routine without dates any day will do."""
UNCLEAR: Final = "?"
"""What the story hints at without settling it."""
CHOSEN_IN: Final[Mapping[Kind, str]] = {
    Kind.CHANNEL: "channel",
    Kind.FIRST: "fact",
    Kind.INCLUDE: "text",
    Kind.EXCLUDE: "text",
    Kind.CALL: "who",
    Kind.WRITE: "",
}
"""The field that says which answer one is, by what the step asks."""
WORDED: Final = (Kind.INCLUDE, Kind.EXCLUDE)
"""Questions whose answers are words of the author's own, and rest on a ground in the routine."""
_NOT_A_TAG: Final = re.compile(r"[^a-zåäö0-9_-]+")


@dataclass(frozen=True, slots=True)
class Sketch:
    """A form as it was sent: the engine's word for every step, and the scenario where it could be made at all."""

    scenario: Scenario | None
    said: tuple[Said, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    """The fields that must be filled in, or filled in otherwise, and what they want."""


def fits_form(scenario: Scenario) -> bool:
    """Whether the form can show all of it."""
    return max(len(scenario.steps) / STEPS, len(scenario.learn) / POINTS) <= 1 and all(
        len(step.distractors) <= DISTRACTORS for step in scenario.steps
    )


def as_form(scenario: Scenario, pack: Pack) -> dict[str, str]:
    """The fields of a scenario that fits."""
    values = {
        "title": scenario.title,
        "role": scenario.role,
        "unit_type": str(scenario.unit_type),
        "level": str(scenario.level),
        "day": scenario.day.isoformat(),
        "tags": " ".join(scenario.tags),
    }
    for number, point in enumerate(scenario.learn):
        source = point.rule or (f"{DUTY}{point.duty}" if point.duty else "")
        values |= {point_name(number): point.text, f"{point_name(number)}_source": source}
    for number, step in enumerate(scenario.steps):
        at = f"s{number}_"
        values |= {f"{at}story": step.story, f"{at}hint": step.hint or "", f"{at}to": str(step.to or "")}
        values |= {f"{at}question": str(step.question), f"{at}ask": step.ask or ""}
        values |= {f"{at}fact_{fact}": _as_word(value) for fact, value in step.facts.items()}
        values |= {f"{at}fact_{fact}": UNCLEAR for fact in step.unclear}
        values |= {f"{at}model_{heading}": words for heading, words in step.model.items()}
        if step.answer is not None:
            values |= _choice(step.answer, at) | {f"{at}why": step.answer.why or ""}
        if step.question is Kind.CALL and named(step, pack, scenario, number):
            values[f"{at}who"] = ""
        for place, one in enumerate(step.distractors):
            spot = f"{at}d{place}_"
            values |= _choice(one, spot) | {f"{spot}tempting": one.tempting, f"{spot}wrong": one.wrong}
    return values


def _choice(choice: Choice, at: str) -> dict[str, str]:
    """The fields of one answer, the right one's or a tempting one's."""
    ground = {"heading": choice.heading, "forbidden": choice.forbidden, "duty": choice.duty}
    who = {"unit": choice.unit, "number": choice.number}
    return {
        f"{at}channel": choice.channel or "",
        f"{at}fact": choice.fact or "",
        f"{at}text": choice.text or "",
        f"{at}ground": next((f"{kind} {name}" for kind, name in ground.items() if name is not None), ""),
        f"{at}who": next((f"{kind}:{name}" for kind, name in who.items() if name is not None), ""),
    }


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
    """The steps of the form where anything is written or chosen, but for what they ask."""
    began = {name[:2] for name, value in form.fields if value.strip() and not name.endswith("_question")}
    return [number for number in range(STEPS) if f"s{number}" in began]


def tempting(form: Form, number: int) -> list[int]:
    """The places of the step's tempting answers that are chosen or written."""
    name = chosen_in(form, number)
    return [place for place in range(DISTRACTORS) if name and form.get(f"s{number}_d{place}_{name}")]


def chosen_in(form: Form, number: int) -> str:
    """The name of the field that says which answer one is, at the step."""
    return CHOSEN_IN[_kind(form, number)]


def _kind(form: Form, number: int) -> Kind:
    asked = form.get(f"s{number}_question")
    return Kind(asked) if asked in set(Kind) else Kind.CHANNEL


def sketch(form: Form, pack: Pack, scenario_id: str) -> Sketch:
    """What the form says. A step where nothing is written is not there."""
    numbers = written(form)
    missing = {name: name for name in ("title", "role", "learn") if not form.get(name)}
    missing |= {f"s{number}_story": "story" for number in numbers or [0] if not form.get(f"s{number}_story")}
    if form.get("unit_type") not in set(UnitType):
        missing["unit_type"] = "unit_type"
    if not numbers or "unit_type" in missing:
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
            tags=_tags(form.get("tags")),
            steps=tuple(_step(form, number, pack) for number in numbers),
            learn=_points(form),
        )
    except ValueError:
        return Sketch(None, (), {**missing, "day": "day"})
    said = tuple(
        said_at(pack, scenario, place, _ground(form, f"s{number}_").get("duty")) for place, number in enumerate(numbers)
    )
    steps = [
        step.model_copy(update={"answer": _answer(form, f"s{number}_", one)})
        for step, one, number in zip(scenario.steps, said, numbers, strict=True)
    ]
    for number, step, one in zip(numbers, steps, said, strict=True):
        missing |= _missing(form, number, step, one)
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
    at, kind = f"s{number}_", _kind(form, number)
    given = {fact: form.get(f"{at}fact_{fact}") for fact in FACTS}
    facts = {fact: value for fact, word in given.items() for value in pack.values(fact) if _as_word(value) == word}
    model = {heading: form.get(f"{at}model_{heading}") for heading in headings(pack)}
    return Step(
        story=form.get(f"{at}story") or UNNAMED,
        question=kind,
        ask=form.get(f"{at}ask") or None,
        to=UnitType(form.get(f"{at}to")) if form.get(f"{at}to") in set(UnitType) else None,
        facts=facts,
        unclear=tuple(fact for fact, word in given.items() if word == UNCLEAR),
        distractors=tuple(_tempting(form, f"{at}d{place}_", kind) for place in tempting(form, number)),
        hint=form.get(f"{at}hint") or None,
        model={heading: words for heading, words in model.items() if words} if kind is Kind.WRITE else {},
    )


def _tempting(form: Form, at: str, kind: Kind) -> Distractor:
    tells = {"tempting": form.get(f"{at}tempting") or UNNAMED, "wrong": form.get(f"{at}wrong") or UNNAMED}
    return Distractor.model_validate({**_chosen(form, at, kind), **tells})


def _chosen(form: Form, at: str, kind: Kind) -> dict[str, str | None]:
    """The fields of an answer that its question has, as they were chosen."""
    if kind in WORDED:
        return {"text": form.get(f"{at}text") or None, **_ground(form, at)}
    if kind is Kind.CALL:
        what, _, name = form.get(f"{at}who").partition(":")
        who = {what: name} if name and what in ("unit", "number") else {}
        return {"text": form.get(f"{at}text") or None, **_ground(form, at), **who}
    name = CHOSEN_IN[kind]
    return {name: form.get(f"{at}{name}") or None}


def _ground(form: Form, at: str) -> dict[str, str]:
    what, _, name = form.get(f"{at}ground").partition(" ")
    return {what: name} if name and what in ("heading", "forbidden", "duty") else {}


def _answer(form: Form, at: str, said: Said) -> Answer | None:
    """The engine's answer where the question has one of its own; else the author's words, on a ground of the routine's."""
    why = form.get(f"{at}why") or None
    if said.kind is Kind.WRITE:
        return None
    if said.kind is Kind.CHANNEL:
        return Answer(channel=said.channel, rule=said.rule, why=why) if said.channel else None
    if said.kind is Kind.FIRST:
        return Answer(fact=public(said.fact), why=why) if said.fact else None
    chosen = _chosen(form, at, said.kind)
    if said.kind is Kind.CALL and said.holds and not form.get(f"{at}who"):
        what, _, name = said.holds[0].partition(":")
        chosen[what] = name
    return Answer.model_validate({**chosen, "why": why})


def _missing(form: Form, number: int, step: Step, said: Said) -> dict[str, str]:
    """What the step's question needs and the form does not say."""
    at, kind = f"s{number}_", step.question
    found: dict[str, str] = {}
    if kind in WORDED:
        found |= {
            f"{at}{name}": key
            for name, key in (("text", "answer"), ("ground", "ground"))
            if not form.get(f"{at}{name}")
        }
    if kind is Kind.CALL and step.answer is not None and not (step.answer.unit or step.answer.number):
        found[f"{at}who"] = "call"
    if kind is Kind.WRITE and not step.model and said.answers:
        found[f"{at}question"] = "model"
    name = CHOSEN_IN[kind]
    for place in range(DISTRACTORS) if name else ():
        spot = f"{at}d{place}_"
        told = form.get(f"{spot}tempting") or form.get(f"{spot}wrong")
        if told and not form.get(f"{spot}{name}"):
            found[f"{spot}{name}"] = "choice"
    return found


def _tags(words: str) -> tuple[str, ...]:
    found = (_NOT_A_TAG.sub("-", word).strip("-_") for word in words.casefold().replace(",", " ").split())
    return tuple(dict.fromkeys(word for word in found if word))


def _day(words: str, pack: Pack) -> date:
    """The day written, else the routine's first; ValueError for what is no day."""
    if words:
        return date.fromisoformat(words)
    return pack.validity.first_day or pack.validity.last_day or UNDATED
