"""What a session asks: its scenarios' steps as questions, their key computed by the engine when they are opened. Stores nothing."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from api.errors import ExerciseUnknown
from api.exercise.standing import Standing
from api.exercise.tables import ExerciseRow
from common.database import Database
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
        self._codes: dict[str, str] = {}

    def of(self, row: ExerciseRow) -> tuple[Asked, ...]:
        return self.kept(row.id) or self._put(row)

    async def at(self, db: Database, standing: Standing) -> tuple[Asked, ...]:
        """As `of`; the material is read where it is not at hand."""
        found = self.kept(standing.id)
        if found is None:
            async with db.read() as session:
                row = await session.get(ExerciseRow, standing.id)
            if row is None:
                raise ExerciseUnknown
            found = self._put(row)
        return found

    def kept(self, exercise_id: str) -> tuple[Asked, ...] | None:
        found = self._kept.get(exercise_id)
        if found is not None:
            self._kept.move_to_end(exercise_id)
        return found

    def offering(self, code: str, place: int, option: str) -> str | None:
        """The session with this code whose question there has the option, if this process has it at hand. The code may be another's by now."""
        exercise_id = self._codes.get(code, "")
        asked = self._kept.get(exercise_id, ())
        known = 0 <= place < len(asked) and asked[place].question.option(option) is not None
        return exercise_id if known else None

    def _put(self, row: ExerciseRow) -> tuple[Asked, ...]:
        found = questions(self._knowledge, SCENARIOS.validate_json(row.material), row.id)
        self._kept[row.id] = found
        self._codes[row.code] = row.id
        if len(self._kept) > KEPT:
            gone, _ = self._kept.popitem(last=False)
            self._codes = {code: one for code, one in self._codes.items() if one != gone}
        return found
