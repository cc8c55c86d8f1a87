"""Every author's own draft put through the check that a participant's draft goes through: a model that would not do is no model."""

from collections.abc import Iterator

from bot.practice.writing import model_sections, remarks
from bot.render import words
from knowledge.bundle import Knowledge
from knowledge.errors import DataError
from knowledge.scenario import Kind, Scenario, Scenarios
from triage.decide import Decided
from triage.reading import Reader
from triage.scenarios import decision_at, recipient_at


def model_faults(scenarios: Scenarios, knowledge: Knowledge, reader: Reader) -> tuple[DataError, ...]:
    """What the check would say of each model, with file and line. The scenarios' keys hold."""
    return tuple(
        scenarios.origins[scenario.id].error(("steps", number, "model"), f"{scenario.id}: {said}")
        for scenario in scenarios.all
        for number, said in _said(scenario, knowledge, reader)
    )


def _said(scenario: Scenario, knowledge: Knowledge, reader: Reader) -> Iterator[tuple[int, str]]:
    pack = knowledge.registry.pack(scenario.pack)
    for number, step in enumerate(scenario.steps):
        decision = decision_at(pack, scenario, number)
        if step.question is not Kind.WRITE or not isinstance(decision, Decided):
            continue
        sections = model_sections(decision.channel, step)
        who = (scenario.unit_type, recipient_at(scenario, number))
        for remark in remarks(pack, decision.channel, step, sections, who, knowledge, reader):
            yield number, words(remark, knowledge.texts)
