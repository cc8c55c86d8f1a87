"""Outcomes → figures, split by harm, and their form on disk. Adds up; judges no text and draws nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from knowledge.vocabulary import Value
from triage.evaluate import AlarmOutcome, Harm, Misread, Outcome

UNDECIDED: Final = "undecided"
_ALIKE: Final = 1e-9


class Counts(BaseModel):
    """Plain sums over some cases: the shares follow from them, so that a group is read like the whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: int = 0
    right: int = 0
    right_at_once: int = 0
    questions: int = 0
    urgent: int = 0
    danger_missed: int = 0
    refused: int = 0
    against_consent: int = 0
    calm: int = 0
    false_alarms: int = 0
    calm_asked: int = 0
    needless_questions: int = 0
    taken_for_talk: int = 0

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Self:
        return cls(
            cases=len(outcomes),
            right=sum(o.is_right for o in outcomes),
            right_at_once=sum(o.at_once in o.case.right for o in outcomes),
            questions=sum(len(o.asked) for o in outcomes),
            urgent=sum(o.case.urgent for o in outcomes),
            danger_missed=sum(o.danger_missed for o in outcomes),
            refused=sum(o.refused for o in outcomes),
            against_consent=sum(o.against_consent for o in outcomes),
            calm=sum(o.case.calm for o in outcomes),
            false_alarms=sum(o.false_alarm for o in outcomes),
            calm_asked=sum(o.case.calm and o.asked_urgency for o in outcomes),
            needless_questions=sum(len(o.needless) for o in outcomes),
            taken_for_talk=sum(o.taken_for_talk for o in outcomes),
        )

    @property
    def wrong(self) -> int:
        return self.cases - self.right

    @property
    def right_share(self) -> float:
        return share(self.right, self.cases)


class AlarmCounts(BaseModel):
    """Sums over texts of which only the hurry is labelled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    danger: int = 0
    danger_missed: int = 0
    calm: int = 0
    calm_asked: int = 0
    false_alarms: int = 0

    @classmethod
    def of(cls, outcomes: Sequence[AlarmOutcome]) -> Self:
        harms = Counter(harm for o in outcomes for harm in o.harms)
        return cls(
            danger=sum(o.case.urgent for o in outcomes),
            danger_missed=harms[Harm.DANGER_MISSED],
            calm=sum(not o.case.urgent for o in outcomes),
            calm_asked=harms[Harm.ALARM_QUESTION],
            false_alarms=harms[Harm.FALSE_ALARM],
        )


class Cell(BaseModel):
    """How many cases that should have gone one way went another. A channel that is right too counts as the wanted one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wanted: str
    got: str
    cases: int


class MisreadFact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: str
    taken_for: Value
    truth: Value
    how: str
    why: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Misread) -> Self:
        return cls(fact=found.fact, taken_for=found.taken_for, truth=found.truth, how=found.provenance, why=found.why)


class Miss(BaseModel):
    """A case that went wrong in some way: by its id, never by its text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    harms: tuple[Harm, ...]
    pack: str = ""
    wanted: str = ""
    got: str = ""
    asked: tuple[str, ...] = ()
    misread: tuple[MisreadFact, ...] = ()

    @property
    def worst(self) -> Harm:
        return min(self.harms, key=list(Harm).index)

    @classmethod
    def of(cls, outcome: Outcome | AlarmOutcome) -> Self:
        if isinstance(outcome, AlarmOutcome):
            return cls(id=outcome.case.id, harms=outcome.harms, got=outcome.channel or "")
        return cls(
            id=outcome.case.id,
            harms=outcome.harms,
            pack=outcome.case.pack,
            wanted=outcome.case.channel,
            got=outcome.channel or UNDECIDED,
            asked=outcome.asked,
            misread=tuple(MisreadFact.of(one) for one in outcome.misread),
        )


class Figures(BaseModel):
    """One measurement: the harm first, then the same sums by pack, channel, author group and trap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = ""
    made: date | None = None
    files: tuple[str, ...] = ()
    total: Counts
    alarm: AlarmCounts
    by_pack: dict[str, Counts] = {}
    by_channel: dict[str, Counts] = {}
    by_voice: dict[str, Counts] = {}
    by_trap: dict[str, Counts] = {}
    confusion: tuple[Cell, ...] = ()
    needless_by_fact: dict[str, int] = {}
    misses: tuple[Miss, ...] = ()
    ids: tuple[str, ...] = ()
    """Every case measured: only those in both measurements can have changed."""

    @classmethod
    def of(cls, outcomes: Iterable[Outcome], alarms: Iterable[AlarmOutcome] = ()) -> Self:
        done, heard = tuple(outcomes), tuple(alarms)
        pairs = Counter((o.case.channel, o.case.channel if o.is_right else o.channel or UNDECIDED) for o in done)
        missed = [Miss.of(o) for o in done if o.harms] + [Miss.of(o) for o in heard if o.harms]
        return cls(
            total=Counts.of(done),
            alarm=AlarmCounts.of(heard),
            by_pack=_grouped(done, lambda o: o.case.pack),
            by_channel=_grouped(done, lambda o: o.case.channel),
            by_voice=_grouped(done, lambda o: o.case.group),
            by_trap=_grouped([o for o in done if o.case.trap], lambda o: o.case.trap),
            confusion=tuple(Cell(wanted=w, got=g, cases=n) for (w, g), n in sorted(pairs.items())),
            needless_by_fact=dict(Counter(str(fact) for o in done for fact in o.needless).most_common()),
            ids=tuple(o.case.id for o in done) + tuple(o.case.id for o in heard),
            misses=tuple(sorted(missed, key=lambda miss: list(Harm).index(miss.worst))),
        )

    @property
    def wrong(self) -> tuple[Cell, ...]:
        """The pairs of channels that were mixed up, most cases first."""
        return tuple(sorted((c for c in self.confusion if c.wanted != c.got), key=lambda c: (-c.cases, c.wanted)))


def _grouped(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, Counts]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return {name: Counts.of(groups[name]) for name in sorted(groups)}


def share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table. `parts` is (part, whole) where the value is a count of something or a share of it."""

    key: str
    value: float
    form: Literal["count", "share", "mean"]
    parts: tuple[int, int]
    target: float | None = None
    more_is_better: bool = False
    per: int = 0
    """What a count is compared by between measurements of different sizes: its whole, where nothing else is said."""

    @property
    def rate(self) -> float:
        return share(self.parts[0], self.per or self.parts[1])

    @property
    def is_met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def against(self, old: "Measure") -> Literal["better", "worse", "same"]:
        """This value beside an older one of the same measure."""
        if abs(self.rate - old.rate) < _ALIKE:
            return "same"
        return "better" if (self.rate > old.rate) == self.more_is_better else "worse"


def measures(figures: Figures) -> tuple[Measure, ...]:
    """The table's lines, worst harm first. What the cases say nothing about is left out."""
    t, a = figures.total, figures.alarm
    lines = [
        _count("danger_missed", t.danger_missed, t.urgent, target=0),
        _count("alarm_danger_missed", a.danger_missed, a.danger, target=0),
        _count("against_consent", t.against_consent, t.refused, target=0),
        _count("false_alarms", t.false_alarms, t.calm, target=0),
        _count("alarm_false_alarms", a.false_alarms, a.calm, target=0),
        _count("taken_for_talk", t.taken_for_talk, t.cases),
        _share("right", t.right, t.cases, target=0.98, more_is_better=True),
        _share("right_at_once", t.right_at_once, t.cases, target=0.55, more_is_better=True),
        Measure("questions", share(t.questions, t.cases), "mean", (t.questions, t.cases), target=0.8),
        _share("calm_asked", t.calm_asked, t.calm, target=0.2),
        _share("alarm_calm_asked", a.calm_asked, a.calm, target=0.2),
        Measure("needless_questions", t.needless_questions, "count", (t.needless_questions, t.questions), per=t.cases),
    ]
    return tuple(line for line in lines if line.parts[1])


def _count(key: str, part: int, whole: int, target: float | None = None) -> Measure:
    return Measure(key, part, "count", (part, whole), target)


def _share(key: str, part: int, whole: int, target: float, *, more_is_better: bool = False) -> Measure:
    return Measure(key, share(part, whole), "share", (part, whole), target, more_is_better)
