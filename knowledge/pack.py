"""What a rule pack is: one region's routine in one version, as frozen values. Reads no files and decides nothing.

Rules are flat rows: AND over facts, OR inside a list, nothing else. An "or" across facts is two rows with one rule id.
"""

from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.vocabulary import FIXED_VALUES, Basis, ChannelKind, DutyKind, Fact, PackStatus, UnitType, Value

Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
RuleId = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9]{1,2}$")]
Condition = Mapping[Fact, tuple[Value, ...]]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Model):
    """A public document. `sections` are its headings as they stand there, so that a citation can be checked."""

    id: Identifier
    title: Text
    publisher: Text
    version: Text
    dated: date | None = None
    url: str | None = None
    sections: tuple[Text, ...]


class Grounds(Model):
    """Why a rule holds: `routine` cites a source and its section, `law` names the law, the others explain themselves."""

    basis: Basis
    source: Identifier | None = None
    section: Text | None = None
    law: Text | None = None
    note: Text | None = None


class Validity(Model):
    """First and last day in force; None is open. A pack without a first day is undated and holds until replaced."""

    first_day: date | None = None
    last_day: date | None = None

    def covers(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)

    def overlaps(self, other: "Validity") -> bool:
        """Whether some day is covered by both."""
        return _begins_by(self.first_day, other.last_day) and _begins_by(other.first_day, self.last_day)


def _begins_by(first_day: date | None, last_day: date | None) -> bool:
    return first_day is None or last_day is None or first_day <= last_day


class ServiceLevel(Model):
    """What the routine promises. Days are weekdays that are no public holidays; hours are of the clock.

    `answer_within_days` counts from the working day after the message came; the due moment is the close of office hours on that day.
    """

    readings_per_weekday: int | None = None
    earliest_answer_hours: int | None = None
    answer_within_days: int | None = None
    office_opens: time = time(8, 0)
    office_closes: time = time(17, 0)
    grounds: Grounds
    text: Text


class Heading(Model):
    """One heading of a channel's draft. `takes` says which part of what was said belongs here."""

    id: Identifier
    label: Text
    hint: Text
    required: bool = False
    takes: Literal["matter", "background", "question", "contact", "agreed", "none"] = "none"


class ForbiddenContent(Model):
    """Content that the routine keeps out of this channel's text. `check` names a detector in the draft."""

    check: Literal["controlled_drug", "typed_dose", "attachment", "new_prescription"]
    action: Literal["stop", "warn"]
    text: Text
    grounds: Grounds


class Channel(Model):
    id: Identifier
    label: Text
    system: Text
    kind: ChannelKind
    summary: Text
    """One sentence for the card: what the person does now."""
    headings: tuple[Heading, ...] = ()
    recipients: Literal["none", "one", "several"] = "none"
    living: bool = False
    """Others go on filling it in, and new participants can be brought in later."""
    attachments: bool = False
    max_characters: int | None = None
    forbidden: tuple[ForbiddenContent, ...] = ()
    service_level: ServiceLevel | None = None
    reply_policy: Literal["answer_every", "confirm", "answer", "none"] = "none"
    record_note: Text | None = None
    """What is documented where, in the routine's own sense."""
    mind: tuple[Text, ...] = ()
    """What to mind, shown on the card."""


class Topic(Model):
    id: Identifier
    label: Text
    """As staff say it: "Receptförnyelse"."""
    plain: Text
    """As a choice in a question: "Förnya ett recept"."""


class TopicGroup(Model):
    """Topics that are asked about together, when the words have made none likely."""

    label: Text
    topics: tuple[Identifier, ...]


class Path(Model):
    """Where a topic goes when the routine keeps it out of the message system. `unit_type` is whom to contact."""

    topic: Identifier
    text: Text
    unit_type: UnitType | None = None
    grounds: Grounds


class Assumption(Model):
    """A value taken in the open when nothing was said: the first of its fact that fits.

    Made only where `when` certainly holds, and not where any `unless` condition may still hold or any `unless_certain` one
    surely does. The latter is for what is made again when more is known: a recipient not chosen yet is no reason to ask.
    """

    fact: Fact
    value: Value
    when: Condition = Field(default_factory=dict)
    unless: tuple[Condition, ...] = ()
    unless_certain: tuple[Condition, ...] = ()
    text: Text


class ChannelRule(Model):
    """One row of the decision table. Rows with one id say "or" across facts."""

    id: RuleId
    when: Condition = Field(default_factory=dict)
    channel: Identifier
    reason: Text
    """Why, to the person: one Swedish sentence in our own words."""
    grounds: Grounds
    lifted_by: Literal["takes_renewals_by_care_request"] | None = None
    """The row does not hold towards a unit that the directory says this of."""


class DutyRule(Model):
    """Something to mind beside the channel. `channels` limits it to decisions for those; empty means any."""

    id: Identifier
    when: Condition = Field(default_factory=dict)
    channels: tuple[Identifier, ...] = ()
    rules: tuple[RuleId, ...] = ()
    """Only where one of these rules decided; empty means any."""
    kind: DutyKind
    text: Text
    grounds: Grounds


class Consent(Model):
    """Whether consent is asked for each message or for the whole process ("gäller fortfarande?")."""

    scope: Literal["message", "process"]
    text: Text
    grounds: Grounds


class MainNumber(Model):
    """A public number that the routine or its owner names."""

    name: Text
    phone: Text
    note: Text | None = None
    verify: bool = False


class Pack(Model):
    """One region's routine in one version. `rules` stand in `order`; the last has no condition, so every case has an answer."""

    id: Identifier
    region: Identifier
    name: Text
    system: Text
    status: PackStatus
    version: Text
    status_text: Text
    """The status in a word or two, as the card says it."""
    validity: Validity = Validity()
    sources: tuple[Source, ...]
    unit_labels: Mapping[UnitType, Text]
    topics: tuple[Topic, ...]
    topic_groups: tuple[TopicGroup, ...] = ()
    likely_recipients: Mapping[UnitType, tuple[UnitType, ...]] = Field(default_factory=dict)
    """Whom each kind of sender most often writes to, the likeliest first: the order in which they are offered."""
    channels: tuple[Channel, ...]
    order: tuple[RuleId, ...]
    rules: tuple[ChannelRule, ...]
    duties: tuple[DutyRule, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    paths: tuple[Path, ...] = ()
    consent: Consent
    numbers: tuple[MainNumber, ...] = ()

    @cached_property
    def channel_by_id(self) -> Mapping[str, Channel]:
        return {c.id: c for c in self.channels}

    @cached_property
    def topic_by_id(self) -> Mapping[str, Topic]:
        return {t.id: t for t in self.topics}

    @cached_property
    def source_by_id(self) -> Mapping[str, Source]:
        return {s.id: s for s in self.sources}

    @cached_property
    def path_by_topic(self) -> Mapping[str, Path]:
        return {p.topic: p for p in self.paths}

    @cached_property
    def rows(self) -> tuple[ChannelRule, ...]:
        """The decision table: every row in the pack's order, rows of one id as they stand in the file."""
        return tuple(rule for rule_id in self.order for rule in self.rules if rule.id == rule_id)

    @cached_property
    def _where_lifted(self) -> "Pack":
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_construct(**{**fields, "rules": tuple(r for r in self.rules if r.lifted_by is None)})

    def towards(self, *, takes_renewals_by_care_request: bool) -> "Pack":
        """The pack as it holds towards one unit: rows that its agreement lifts are left out."""
        return self._where_lifted if takes_renewals_by_care_request else self

    def values(self, fact: Fact) -> tuple[Value, ...]:
        """Every value the fact can have in this pack."""
        if fact is Fact.TOPIC:
            return tuple(t.id for t in self.topics)
        return FIXED_VALUES[fact]

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition with the place it stands in, for the linter."""
        for rule in self.rules:
            yield f"rule {rule.id}", rule.when
        for duty in self.duties:
            yield f"duty {duty.id}", duty.when
