"""Scenarios to practise on: a story in steps with a question at each, read from `scenarios/*.yaml`. Loads and checks shape; knows no key.

The right answer that stands in a file is only a claim: `triage.scenarios` computes the key by the engine that guides staff at work, and
refuses a scenario that says otherwise. One file holds scenarios of one pack; a pack may have several files.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from knowledge.data_file import parse_model, read_model, yaml_files
from knowledge.errors import DataError, DataErrors
from knowledge.pack import Identifier, Model, RuleId, Text
from knowledge.vocabulary import Fact, UnitType, Value
from knowledge.yaml_tree import Tree, place_of

RECIPIENT: Final = "recipient"
"""The name by which the recipient's kind is asked for."""
EMERGENCY_NUMBER: Final = "112"
FEWEST_DISTRACTORS: Final = 2
Tag = Annotated[str, Field(pattern=r"^[a-zåäö0-9][a-zåäö0-9_-]*$")]


class Level(StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    TREACHEROUS = "treacherous"


class Kind(StrEnum):
    """What a step asks: which way · what must be asked first · what must be in the message · what must not · whom to call · write it."""

    CHANNEL = "channel"
    FIRST = "first"
    INCLUDE = "include"
    EXCLUDE = "exclude"
    CALL = "call"
    WRITE = "write"


class Choice(Model):
    """One thing to choose. Which of the fields it has follows from the question; `text` and one ground for words of its own."""

    channel: Identifier | None = None
    fact: Identifier | None = None
    """A fact of the vocabulary, or `recipient`."""
    unit: UnitType | None = None
    number: Text | None = None
    """`112`, or the name of a number of the pack's."""
    text: Text | None = None
    heading: Identifier | None = None
    """Ground of a text: a heading of the channel."""
    forbidden: Literal["controlled_drug", "typed_dose", "attachment", "new_prescription"] | None = None
    """Ground of a text: content that the channel keeps out."""
    duty: Identifier | None = None
    """Ground of a text or of whom to call: a duty of the routine."""

    @property
    def named(self) -> tuple[str, ...]:
        """What it names, in a form that two choices can be compared by."""
        names = {"channel": self.channel, "fact": self.fact, "unit": self.unit, "number": self.number}
        told = tuple(f"{kind}:{name}" for kind, name in names.items() if name is not None)
        return told or (f"text:{self.text}",)


class Answer(Choice):
    """What the author holds to be right. `rule` is the rule that decides, where a channel is asked for."""

    rule: RuleId | None = None
    why: Text | None = None


class Distractor(Choice):
    tempting: Text
    """Why someone would choose it."""
    wrong: Text
    """Why it is wrong all the same."""


class Step(Model):
    """What happens, and what is asked then. Facts hold from here on, until they are said anew."""

    story: Text
    question: Kind
    ask: Text | None = None
    """The question in words of its own; else the usual ones of its kind."""
    to: UnitType | None = None
    """Whom the matter goes to, from here on."""
    facts: Mapping[Fact, Value] = Field(default_factory=dict)
    unclear: tuple[Fact, ...] = ()
    """What the story hints at without settling it: never assumed, until a later step says it."""
    answer: Answer | None = None
    distractors: tuple[Distractor, ...] = ()
    hint: Text | None = None
    model: Mapping[Identifier, Text] = Field(default_factory=dict)
    """To write: a draft that would do, by heading."""


class LearningPoint(Model):
    """What to take along. Where it stands comes from the pack, by the rule or the duty."""

    text: Text
    rule: RuleId | None = None
    duty: Identifier | None = None


class Written(Model):
    """A scenario as it stands in a file, which says for which routine and day."""

    id: Identifier
    title: Text
    role: Text
    """The profession that the participant plays."""
    unit_type: UnitType
    level: Level
    tags: tuple[Tag, ...] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    learn: Annotated[tuple[LearningPoint, ...], Field(min_length=1)]


class Scenario(Written):
    """A scenario with its routine and the day it was written for. Its JSON form is whole: a trainer's own are kept so."""

    pack: Identifier
    day: date

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every text that a participant reads, with its place."""
        yield ("title",), self.title
        yield ("role",), self.role
        for number, step in enumerate(self.steps):
            at: tuple[str | int, ...] = ("steps", number)
            pieces: dict[tuple[str | int, ...], str | None] = {
                ("story",): step.story,
                ("ask",): step.ask,
                ("hint",): step.hint,
                ("answer", "text"): step.answer.text if step.answer else None,
                ("answer", "why"): step.answer.why if step.answer else None,
                **{("model", heading): text for heading, text in step.model.items()},
            }
            for place, one in enumerate(step.distractors):
                for name, words in (("text", one.text), ("tempting", one.tempting), ("wrong", one.wrong)):
                    pieces["distractors", place, name] = words
            yield from (((*at, *loc), words) for loc, words in pieces.items() if words is not None)
        for number, point in enumerate(self.learn):
            yield ("learn", number, "text"), point.text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a scenario stands, so that what is found later can be told with file and line."""

    tree: Tree
    loc: tuple[str | int, ...]

    def error(self, loc: Iterable[str | int], message: str) -> DataError:
        return place_of(self.tree, (*self.loc, *loc)).error(message)


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Every scenario, by pack in the order of file and line. Frozen and safe to share."""

    all: tuple[Scenario, ...]
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Scenario]:
        return {scenario.id: scenario for scenario in self.all}

    def of(self, pack_id: str) -> tuple[Scenario, ...]:
        return tuple(scenario for scenario in self.all if scenario.pack == pack_id)


class _File(Model):
    pack: Identifier
    day: date
    scenarios: Annotated[tuple[Written, ...], Field(min_length=1)]


def load_scenarios(folder: Path) -> Scenarios:
    """Every file of the folder. Raises DataErrors with everything that is wrong in any of them."""
    found, errors = read_scenarios(folder)
    if errors:
        raise DataErrors(errors)
    return found


def read_scenarios(folder: Path) -> tuple[Scenarios, tuple[DataError, ...]]:
    """The scenarios that could be read at all, and every error of notation and shape."""
    return _collected(read_model(path, _File) for path in yaml_files(folder))


def parse_scenarios(text: str, file: str) -> tuple[Scenarios, tuple[DataError, ...]]:
    """As `read_scenarios`, of one file that is already read: a trainer's own. `file` is what its errors call it."""
    return _collected((parse_model(text, file, _File),))


def _collected(
    files: Iterable[tuple[_File | None, Tree | None, tuple[DataError, ...]]],
) -> tuple[Scenarios, tuple[DataError, ...]]:
    scenarios: list[Scenario] = []
    origins: dict[str, Origin] = {}
    errors: list[DataError] = []
    for file, tree, problems in files:
        errors.extend(problems)
        if file is None or tree is None:
            continue
        for number, written in enumerate(file.scenarios):
            scenario, origin = bound(written, file.pack, file.day), Origin(tree, ("scenarios", number))
            errors.extend(origin.error(loc, message) for loc, message in shape_faults(scenario))
            if scenario.id in origins:
                errors.append(origin.error(("id",), _twice(scenario.id, origins[scenario.id])))
                continue
            scenarios.append(scenario)
            origins[scenario.id] = origin
    return Scenarios(tuple(scenarios), origins), tuple(errors)


def bound(written: Written, pack: str, day: date) -> Scenario:
    """What stands in a file, with the file's routine and day."""
    fields = {name: getattr(written, name) for name in Written.model_fields}
    return Scenario.model_validate({**fields, "pack": pack, "day": day})


def _twice(scenario_id: str, first: Origin) -> str:
    place = place_of(first.tree, (*first.loc, "id"))
    return f"Id ”{scenario_id}” används redan i {place.file}, rad {place.line}. Varje scenario behöver ett eget id."


# ── the shape of a step: which fields its question needs ────────────────────────────────────────────────────────────────

Loc = tuple[str | int, ...]
Faults = Iterator[tuple[Loc, str]]

_NEEDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CHANNEL: ("channel",),
    Kind.FIRST: ("fact",),
    Kind.INCLUDE: ("text",),
    Kind.EXCLUDE: ("text",),
    Kind.CALL: ("unit", "number"),
}
"""What every choice must have, by the question: one of these."""
_GROUNDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.INCLUDE: ("heading", "duty"),
    Kind.EXCLUDE: ("forbidden", "duty"),
}
"""What makes a text right, by the question: exactly one of these."""


def shape_faults(scenario: Written) -> Faults:
    """Fields that a step's question needs or has no use for, and learning points without a source."""
    for number, step in enumerate(scenario.steps):
        for loc, message in _step_faults(step):
            yield ("steps", number, *loc), message
    for number, point in enumerate(scenario.learn):
        if (point.rule is None) == (point.duty is None):
            yield ("learn", number), "En lärpunkt visar var den står: skriv antingen rule eller duty."


def _step_faults(step: Step) -> Faults:
    for fact in step.unclear:
        if fact in step.facts:
            yield ("unclear",), f"{fact} är både oklart och känt i samma steg. Behåll det ena."
    if step.question is Kind.WRITE:
        if step.answer is not None or step.distractors:
            yield ("question",), "En skrivövning har varken answer eller distractors: skriv ett förslag under model."
        if not step.model:
            yield ("question",), "En skrivövning behöver model: en text under varje rubrik som behövs."
        return
    if step.model:
        yield ("model",), "model hör bara till en skrivövning (question: write)."
    if step.answer is None:
        yield ("question",), "Steget saknar answer. Skriv det rätta svaret."
        return
    yield from _choice_faults(step, step.answer, ("answer",))
    yield from _ground_faults(step, step.answer)
    if len(step.distractors) < FEWEST_DISTRACTORS:
        yield ("question",), f"Skriv minst {FEWEST_DISTRACTORS} felaktiga svar som lockar (distractors)."
    seen = set[object]()
    for number, distractor in enumerate(step.distractors):
        yield from _choice_faults(step, distractor, ("distractors", number))
        if distractor.named == step.answer.named:
            yield ("distractors", number), "Det här är det rätta svaret. Välj ett annat svar som lockar."
        elif distractor.named in seen:
            yield ("distractors", number), "Samma svar står två gånger i steget. Byt ut det ena."
        seen.add(distractor.named)


def _choice_faults(step: Step, choice: Choice, loc: Loc) -> Faults:
    needed = _NEEDS[step.question]
    if sum(getattr(choice, name) is not None for name in needed) != 1:
        yield loc, f"Frågan ”{step.question}” behöver {' eller '.join(needed)} i varje svar."
    for kinds in _NEEDS.values():
        for name in set(kinds) - set(needed) - {"text"}:
            if getattr(choice, name) is not None:
                yield (*loc, name), f"{name} hör inte till frågan ”{step.question}”. Ta bort det."


def _ground_faults(step: Step, answer: Answer) -> Faults:
    if step.question is Kind.CHANNEL and answer.rule is None:
        yield ("answer",), "Skriv också rule: regeln som avgör, så att den kan jämföras med rutinens."
    if step.question is not Kind.CHANNEL and answer.rule is not None:
        yield ("answer", "rule"), "rule hör bara till frågan ”channel”."
    grounds = _GROUNDS.get(step.question, ())
    if grounds and sum(getattr(answer, name) is not None for name in grounds) != 1:
        yield ("answer",), f"Svaret behöver en grund ur rutinen: {' eller '.join(grounds)}."
