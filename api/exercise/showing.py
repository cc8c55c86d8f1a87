"""What the pages of an exercise show, as values: a question, its spread, its reveal. Reads no database and decides nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.exercise.material import Asked
from knowledge.pack import Heading
from knowledge.scenario import Distractor
from knowledge.texts import Catalogue
from knowledge.vocabulary import Basis
from triage.scenarios import Why, explanation, label, source_of

Text = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Bar:
    """An option with how many chose it, of all who voted. `before` is the first vote, where there has been a second."""

    id: str
    letter: str
    words: str
    count: int
    share: int
    before: int | None = None
    before_share: int | None = None
    right: bool = False

    @property
    def moved(self) -> int:
        """Percentage points from the first vote to the second."""
        return 0 if self.before_share is None else self.share - self.before_share


@dataclass(frozen=True, slots=True)
class Shown:
    """A question as it is shown on every screen."""

    number: int
    of: int
    title: str
    role: str
    level: str
    routine: str
    version: str
    told: tuple[str, ...]
    """What was told at the scenario's earlier questions."""
    story: str
    ask: str
    options: tuple[tuple[str, str, str], ...]
    """(id, letter, words)"""


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Reveal:
    answer: str | None
    own: str | None
    """The author's own words on why."""
    reasons: tuple[Reason, ...]
    tempting: tuple[tuple[str, str, str], ...]
    """(the option, why it tempts, why it is wrong)"""
    model: tuple[tuple[str, str], ...]
    """Of a writing exercise: (heading, text)."""
    learn: tuple[Reason, ...]
    """At a scenario's last question."""


def shown(asked: Asked, of: int, texts: Catalogue) -> Shown:
    scenario, step = asked.question.scenario, asked.question.step
    *told, story = asked.story
    letters = asked.letters
    return Shown(
        number=asked.place + 1,
        of=of,
        title=scenario.title,
        role=scenario.role,
        level=texts.text(f"practice.level.{scenario.level}"),
        routine=asked.pack.name,
        version=asked.pack.version,
        told=tuple(told),
        story=story,
        ask=step.ask or texts.text(f"exercise.question.{step.question}"),
        options=tuple(
            (one.id, letters[one.id], label(one.choice, asked.pack, texts)) for one in asked.question.options
        ),
    )


def spread(
    asked: Asked, first: Mapping[str, int], second: Mapping[str, int] | None, texts: Catalogue
) -> tuple[Bar, ...]:
    """The votes of the round that counts, the second where it was held, beside the first."""
    counts = first if second is None else second
    voted, voted_before = sum(counts.values()), sum(first.values())
    return tuple(
        Bar(
            id=one.id,
            letter=asked.letters[one.id],
            words=label(one.choice, asked.pack, texts),
            count=counts.get(one.id, 0),
            share=percent(counts.get(one.id, 0), voted),
            before=None if second is None else first.get(one.id, 0),
            before_share=None if second is None else percent(first.get(one.id, 0), voted_before),
            right=one.right,
        )
        for one in asked.question.options
    )


def percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def reveal(asked: Asked, text: Text, texts: Catalogue) -> Reveal:
    question = asked.question
    scenario, step = question.scenario, question.step
    last = question.number == len(scenario.steps) - 1
    points = [source_of(asked.pack, point) for point in scenario.learn] if last else []
    headings = {heading.id: heading.label for heading in _headings(asked)}
    return Reveal(
        answer=label(question.right.choice, asked.pack, texts) if question.right else None,
        own=step.answer.why if step.answer else None,
        reasons=tuple(Reason(why.text, source_line(why, text)) for why in explanation(asked.pack, question, texts)),
        tempting=tuple(
            (label(one.choice, asked.pack, texts), one.choice.tempting, one.choice.wrong)
            for one in question.options
            if isinstance(one.choice, Distractor)
        ),
        model=tuple((headings.get(heading, heading), words) for heading, words in step.model.items()),
        learn=tuple(Reason(why.text, source_line(why, text)) for why in points),
    )


def _headings(asked: Asked) -> tuple[Heading, ...]:
    channel = asked.question.key.channel
    return asked.pack.channel_by_id[channel].headings if channel else ()


def source_line(why: Why, text: Text) -> str:
    """Where it stands, or that it stands in no routine."""
    rule = text("practice.source.rule", rule=why.rule) if why.rule else text("practice.source.no_rule")
    if why.document is None:
        return text("practice.source.baseline", rule=rule)
    key = "practice.source.section" if why.section else "practice.source.document"
    read = "practice.source.ours" if why.basis == Basis.INTERPRETATION else "practice.source.theirs"
    document = text(read, document=why.document)
    if not why.section:
        return text(key, rule=rule, document=document)
    return text(key, rule=rule, document=document, section=why.section, version=why.version or "")
