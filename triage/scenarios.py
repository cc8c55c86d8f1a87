"""The key to a scenario, by the same engine that guides staff at work, and the question it makes. Pure; `scenario_faults` judges authors.

A step's facts are what has been told so far, as answers; assumptions are the pack's own, made in the open as in a real matter.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.pack import ChannelRule, DutyRule, Grounds, Pack
from knowledge.scenario import (
    EMERGENCY_NUMBER,
    RECIPIENT,
    Answer,
    Choice,
    Distractor,
    Kind,
    LearningPoint,
    Scenario,
    Step,
)
from knowledge.texts import Catalogue
from knowledge.vocabulary import Basis, ChannelKind, Fact, UnitType, Value
from triage.consult import Matter, consult
from triage.decide import Ask, Conflict, Decided, NoRoutine, decide
from triage.explain import Reason, reason
from triage.facts import Facts, Unclear, answered
from triage.reading import Reader, Reading

BARE: Final = Grounds(basis=Basis.LOTS_BASELINE)
FEW_WORDS: Final = 6
SURE: Final = 1.0
"""Evidence in plain words: who speaks of danger means it, whatever the story says."""
Decision = Decided | Ask | Conflict


@dataclass(frozen=True, slots=True)
class Key:
    """The routine's own answer to a step. `reason` is None where no rule has decided yet; `duty` is the answer's ground, if it is one."""

    decision: Decided | Ask
    reason: Reason | None
    duty: DutyRule | None = None

    @property
    def channel(self) -> str | None:
        return self.decision.channel.id if isinstance(self.decision, Decided) else None

    @property
    def rule(self) -> str | None:
        return self.reason.rule if self.reason else None


@dataclass(frozen=True, slots=True)
class Option:
    """A choice as it is shown: its id says nothing of whether it is right."""

    id: str
    choice: Choice

    @property
    def right(self) -> bool:
        return isinstance(self.choice, Answer)


@dataclass(frozen=True, slots=True)
class Question:
    """A step as it is put to a participant in a certain pack, its choices in an order that follows from the seed alone."""

    scenario: Scenario
    number: int
    step: Step
    key: Key
    options: tuple[Option, ...]
    before: str | None = None
    """Where the question is whether a changed routine is known: the channel that was right before."""

    @property
    def right(self) -> Option | None:
        """None for a writing exercise."""
        return next((option for option in self.options if option.right), None)

    def option(self, option_id: str) -> Option | None:
        return next((option for option in self.options if option.id == option_id), None)


# ── what holds at a step, and what the routine says of it ───────────────────────────────────────────────────────────────


def facts_at(scenario: Scenario, number: int) -> Facts:
    """Everything told up to and with the step. What is said anew replaces what was; what became unclear is unknown again."""
    facts = Facts()
    for step in scenario.steps[: number + 1]:
        told: Facts = answered(step.facts)
        for fact, known in told.known.items():
            facts = facts.with_known(fact, known.value, known.provenance)
        for fact in step.unclear:
            facts = facts.with_unclear(fact, Unclear())
    return facts


def recipient_at(scenario: Scenario, number: int) -> UnitType | None:
    """Whom the matter goes to at the step, as far as it has been told."""
    return next((step.to for step in reversed(scenario.steps[: number + 1]) if step.to is not None), None)


def decision_at(pack: Pack, scenario: Scenario, number: int) -> Decision:
    """What the routine says at the step."""
    return decide(pack, scenario.unit_type, recipient_at(scenario, number), facts_at(scenario, number))


def key_at(pack: Pack, scenario: Scenario, number: int) -> Key | None:
    """The key; None where what is told contradicts itself, which no checked scenario does."""
    decision = decision_at(pack, scenario, number)
    if isinstance(decision, Conflict):
        return None
    answer = scenario.steps[number].answer
    named = answer.duty if answer else None
    duty = next((d for d in pack.duties if d.id == named), None)
    return Key(decision, reason(pack, decision.row) if isinstance(decision, Decided) else None, duty)


def question(pack: Pack, scenario: Scenario, number: int, seed: str) -> Question | None:
    """The step as it is put to someone. Two with the same seed see the same order."""
    key = key_at(pack, scenario, number)
    if key is None:
        return None
    step = scenario.steps[number]
    choices: list[Choice] = [step.answer, *step.distractors] if step.answer else []
    return Question(scenario, number, step, key, _shuffled(choices, f"{seed}/{scenario.id}/{number}"))


def _shuffled(choices: Sequence[Choice], seed: str) -> tuple[Option, ...]:
    ordered = sorted(choices, key=lambda choice: hashlib.sha256(f"{seed}/{choice.named}".encode()).digest())
    return tuple(Option(str(place), choice) for place, choice in enumerate(ordered, start=1))


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence of the routine's, and where it stands. `rule` is None where a duty, a path or a heading says it."""

    text: str
    basis: str
    document: str | None
    section: str | None
    version: str | None
    rule: str | None = None


def explanation(pack: Pack, asked: Question, texts: Catalogue) -> tuple[Why, ...]:
    """Why the right answer is right: the rule, the duty, the heading or the path, each with its source."""
    decision, answer = asked.key.decision, asked.step.answer
    if isinstance(decision, Ask):
        row = next((row for row in pack.rows if decision.fact in row.when), None)
        why = texts.text(f"question_why.{decision.fact}")
        return (_why(pack, why, row.grounds, row.id) if row else _why(pack, why, BARE),)
    row_why = _why(pack, decision.row.reason, decision.row.grounds, decision.row.id)
    if answer is None or asked.step.question is Kind.CHANNEL:
        return (row_why,)
    own = _ground(pack, decision, answer)
    return (own,) if own is not None else (row_why,)


def _ground(pack: Pack, decided: Decided, answer: Answer) -> Why | None:
    """What makes a text, or whom to call, right."""
    channel = decided.channel
    if answer.duty is not None:
        return next((_why(pack, duty.text, duty.grounds) for duty in pack.duties if duty.id == answer.duty), None)
    if answer.forbidden is not None:
        held = (content for content in channel.forbidden if content.check == answer.forbidden)
        return next((_why(pack, content.text, content.grounds) for content in held), None)
    if answer.heading is not None:
        heading = next((heading for heading in channel.headings if heading.id == answer.heading), None)
        return _why(pack, f"{heading.label}: {heading.hint}", BARE) if heading else None
    path = pack.path_by_topic.get(str(decided.facts.value(Fact.TOPIC)))
    is_path = channel.kind is ChannelKind.PATH and path is not None and path.unit_type is answer.unit
    return _why(pack, path.text, path.grounds) if is_path and path else None


def source_of(pack: Pack, point: LearningPoint) -> Why:
    """A learning point with its source in the pack."""
    if point.duty is not None:
        duty = next((duty for duty in pack.duties if duty.id == point.duty), None)
        return _why(pack, point.text, duty.grounds if duty else BARE)
    row = next((row for row in pack.rows if row.id == point.rule), None)
    return _why(pack, point.text, row.grounds if row else BARE, point.rule)


def _why(pack: Pack, text: str, grounds: Grounds, rule: str | None = None) -> Why:
    source = pack.source_by_id.get(grounds.source) if grounds.source else None
    document = source.title if source else grounds.law
    return Why(text, str(grounds.basis), document, grounds.section, source.version if source else None, rule)


def label(choice: Choice, pack: Pack, texts: Catalogue) -> str:
    """A choice in the words staff see."""
    if choice.text is not None:
        return choice.text
    if choice.channel is not None:
        return pack.channel_by_id[choice.channel].label
    if choice.unit is not None:
        return pack.unit_labels[choice.unit]
    if choice.number is not None:
        return choice.number
    fact = Fact.RECIPIENT_TYPE if choice.fact == RECIPIENT else Fact(choice.fact or "")
    return texts.text(f"practice.fact.{fact}")


# ── an answer in one's own words ────────────────────────────────────────────────────────────────────────────────────────


def read_freely(reader: Reader, pack: Pack, scenario: Scenario, number: int, text: str) -> Decision | None:
    """What the routine would have said to these words, with what they leave out answered as the scenario has it.

    None where the words are no matter at all.
    """
    key = key_at(pack, scenario, number)
    if key is None:
        return None
    truth = key.decision.facts.values()
    recipient = recipient_at(scenario, number)
    given: dict[Fact, Value] = {}
    for _ in Fact:
        found = consult(reader, Matter(pack, scenario.unit_type, recipient, text, given))
        if not _says_something(found.reading, text) or isinstance(found.decision, NoRoutine):
            return None
        if not isinstance(found.decision, Ask):
            return found.decision
        fact = found.decision.fact
        if fact in given or fact not in truth:
            return found.decision
        alarm = fact is Fact.URGENCY and any(one.weight >= SURE for one in found.decision.evidence)
        given[fact] = found.decision.choices[0] if alarm else truth[fact]
    return None


def _says_something(reading: Reading, text: str) -> bool:
    """Whether the words are a matter that tells anything by itself; what the scenario knows is no answer of hers.

    A few words are like too much for a mere likeness to mean anything.
    """
    found = (
        *(known.evidence for known in reading.facts.known.values()),
        *(unclear.evidence for unclear in reading.facts.unclear.values()),
    )
    least = SURE if len(text.split()) < FEW_WORDS else 0.0
    return reading.kind == "matter" and any(one.weight >= least for evidence in found for one in evidence)


# ── a changed routine: the same story, asked of the new version ─────────────────────────────────────────────────────────


def changed(before: Pack, after: Pack, scenario: Scenario, number: int, words: tuple[str, str]) -> Question | None:
    """A step of the old routine's whose channel is another by the new one: the old answer is what tempts. None where nothing changed.

    `words`: why the old answer tempts and why it is wrong now.
    """
    step = scenario.steps[number]
    if step.question is not Kind.CHANNEL or step.answer is None or not _fits(after, scenario, number):
        return None
    old, new = decision_at(before, scenario, number), decision_at(after, scenario, number)
    if not (isinstance(old, Decided) and isinstance(new, Decided)) or old.channel.id == new.channel.id:
        return None
    right = Answer(channel=new.channel.id, rule=new.row.id)
    was = Distractor(channel=old.channel.id, tempting=words[0], wrong=words[1])
    others = [d for d in step.distractors if d.channel in after.channel_by_id and d.channel != new.channel.id]
    asked = step.model_copy(update={"answer": right, "distractors": (was, *others), "hint": None})
    key = Key(new, reason(after, new.row))
    choices: list[Choice] = [right, *(asked.distractors if old.channel.id in after.channel_by_id else others)]
    return Question(
        scenario, number, asked, key, _shuffled(choices, f"{after.id}/{scenario.id}/{number}"), old.channel.id
    )


def _fits(pack: Pack, scenario: Scenario, number: int) -> bool:
    told = facts_at(scenario, number)
    return all(possible_value(pack, fact, known.value) for fact, known in told.known.items())


def possible_value(pack: Pack, fact: Fact, value: Value) -> bool:
    return any(value is one or (isinstance(value, str) and value == one) for one in pack.values(fact))


def whom(pack: Pack, decided: Decided) -> frozenset[str]:
    """Whom the routine has you call now, as `unit:…` and `number:…`; empty where it has you call nobody."""
    recipient = decided.facts.value(Fact.RECIPIENT_TYPE)
    to = frozenset() if recipient is None else frozenset({f"unit:{recipient}"})
    match decided.channel.kind:
        case ChannelKind.EMERGENCY:
            return frozenset({f"number:{EMERGENCY_NUMBER}"})
        case ChannelKind.PHONE:
            return to
        case ChannelKind.PATH:
            path = pack.path_by_topic.get(str(decided.facts.value(Fact.TOPIC)))
            return frozenset({f"unit:{path.unit_type}"}) if path and path.unit_type else to
        case _:
            return frozenset()


def rules_of(scenario: Scenario, pack: Pack) -> tuple[ChannelRule, ...]:
    """The rows that decide its steps: what a participant shows that she knows."""
    decisions: Iterable[Decision] = (decision_at(pack, scenario, number) for number in range(len(scenario.steps)))
    rows = [decision.row for decision in decisions if isinstance(decision, Decided)]
    return tuple({row.id: row for row in rows}.values())
