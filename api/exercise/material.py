"""What a session asks: its scenarios' steps as questions, their key computed by the engine when they are opened. Stores nothing."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from api.exercise.tables import ExerciseRow
from knowledge.bundle import Knowledge
from knowledge.pack import Pack
from knowledge.registry import UnknownPack
from knowledge.scenario import Kind, Scenario
from triage.scenarios import Question, question

SCENARIOS: Final = TypeAdapter(tuple[Scenario, ...])
KEPT: Final = 64
"""Sessions whose questions a process keeps at hand."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a session. `letters` name its options on every screen."""

    place: int
    pack: Pack
    question: Question

    @property
    def votable(self) -> bool:
        return bool(self.question.options)

    @property
    def is_channel(self) -> bool:
        return self.question.step.question is Kind.CHANNEL

    @property
    def right(self) -> str | None:
        """The id of the right option."""
        return self.question.right.id if self.question.right else None

    @property
    def letters(self) -> dict[str, str]:
        return {option.id: chr(ord("A") + place) for place, option in enumerate(self.question.options)}

    @property
    def story(self) -> tuple[str, ...]:
        """Everything told so far in the scenario."""
        return tuple(step.story for step in self.question.scenario.steps[: self.question.number + 1])


def pack_of(scenarios: Iterable[Scenario]) -> str:
    return next(scenario.pack for scenario in scenarios)


def as_text(scenarios: Iterable[Scenario]) -> str:
    return SCENARIOS.dump_json(tuple(scenarios), exclude_none=True).decode()


def questions(knowledge: Knowledge, scenarios: Iterable[Scenario], seed: str) -> tuple[Asked, ...]:
    """Every step that the engine has a key to. The same seed gives everyone the same order of options."""
    return tuple(Asked(place, pack, one) for place, (pack, one) in enumerate(_questions(knowledge, scenarios, seed)))


def _questions(knowledge: Knowledge, scenarios: Iterable[Scenario], seed: str) -> Iterator[tuple[Pack, Question]]:
    for scenario in scenarios:
        try:
            pack = knowledge.registry.pack(scenario.pack)
        except UnknownPack:
            continue
        for number in range(len(scenario.steps)):
            asked = question(pack, scenario, number, seed)
            if asked is not None:
                yield pack, asked


class Shelf:
    """The questions of the sessions that this process was asked about lately. What stands in a session's material never changes."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._kept: OrderedDict[str, tuple[Asked, ...]] = OrderedDict()

    def of(self, row: ExerciseRow) -> tuple[Asked, ...]:
        found = self._kept.get(row.id)
        if found is None:
            found = questions(self._knowledge, SCENARIOS.validate_json(row.material), row.id)
            self._kept[row.id] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(row.id)
        return found
