"""The decision as JSON in and out: one shape for the command line and for `POST /decisions`. Decides nothing by itself.

Errors: RequestError, with a stable code and a Swedish sentence, for anything in a request that cannot be understood.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.messages import what_is_wrong
from knowledge.pack import Pack
from knowledge.registry import Registry, UnknownPack
from knowledge.texts import Catalogue
from knowledge.vocabulary import DERIVED, Fact, UnitType, Value
from triage.consult import Consultation, Matter, choose_pack, consult, superseded
from triage.decide import Ask, Conflict, Decided, NoRoutine
from triage.explain import reason
from triage.facts import Evidence, Facts
from triage.reading import Reader

M = TypeVar("M", bound=BaseModel)

RECIPIENT = "recipient"
"""The name a request and a question use for the recipient's unit type."""

LONGEST_TEXT = 20_000
"""Characters. Longer texts are refused, not cut."""


class RequestError(Exception):
    """A request that cannot be understood. `code` is stable, `message` is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class DecisionRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str | int | None = None
    pack: str | None = None
    region: str | None = None
    sender: UnitType
    recipient: UnitType | None = None
    text: str = ""
    facts: dict[str, Value] = {}
    date: dt.date | None = None


class EvidenceOut(BaseModel):
    start: int
    end: int
    why: str


class FactOut(BaseModel):
    value: Value
    provenance: str
    evidence: list[EvidenceOut]


class ChoiceOut(BaseModel):
    value: Value
    label: str


class AskOut(BaseModel):
    fact: str
    choices: list[ChoiceOut]


class DutyOut(BaseModel):
    id: str
    text: str


class ReasonOut(BaseModel):
    rule: str
    basis: str
    document: str | None
    section: str | None
    version: str | None


class DecisionOut(BaseModel):
    """What `lots decide` prints for a request. Exactly one of `channel` and `ask` is there when something was decided or asked."""

    id: str | int | None
    status: Literal["decided", "ask", "no_routine", "conflict"]
    channel: str | None = None
    rule: str | None = None
    ask: AskOut | None = None
    facts: dict[str, FactOut] = {}
    duties: list[DutyOut] = []
    reasons: list[ReasonOut] = []


def read(raw: object, shape: type[M], catalogue: Catalogue) -> M:
    """A request from JSON. Raises RequestError."""
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "raden"
        words = catalogue.text("error.request", where=where, what=what_is_wrong(first))
        raise RequestError("validation_error", words) from None


def parse(raw: object, catalogue: Catalogue) -> DecisionRequest:
    """A request for a decision from JSON. Raises RequestError."""
    request = read(raw, DecisionRequest, catalogue)
    if len(request.text) > LONGEST_TEXT:
        raise RequestError("text_too_long", catalogue.text("error.text_too_long", longest=LONGEST_TEXT))
    return request


def respond(
    request: DecisionRequest, registry: Registry, reader: Reader, catalogue: Catalogue, today: dt.date
) -> DecisionOut:
    """Decide one request. Raises RequestError for a pack, fact or value that does not exist."""
    if request.pack is None and request.region is None:
        raise RequestError("validation_error", catalogue.text("error.pack_or_region"))
    day = request.date or today
    try:
        pack = choose_pack(registry, pack_id=request.pack, region=request.region, day=day)
    except UnknownPack:
        raise RequestError("pack_unknown", catalogue.text("error.pack_unknown", pack=request.pack or "")) from None
    if isinstance(pack, NoRoutine):
        return DecisionOut(id=request.id, status="no_routine")
    matter = Matter(pack, request.sender, request.recipient, request.text, given(request.facts, pack, catalogue))
    out = shape(request.id, pack, consult(reader, matter), catalogue)
    old = superseded(pack, day, catalogue.text("duty.superseded"))
    return out.model_copy(update={"duties": [*out.duties, *(DutyOut(id=d.id, text=d.text) for d in old)]})


def given(facts: Mapping[str, Value], pack: Pack, catalogue: Catalogue) -> dict[Fact, Value]:
    """The facts of a request as answers. Raises RequestError for an unknown fact or a value it cannot have."""
    answers: dict[Fact, Value] = {}
    for name, value in facts.items():
        fact = Fact.RECIPIENT_TYPE if name == RECIPIENT else _fact(name, catalogue)
        if not any(value is allowed or (value == allowed and isinstance(value, str)) for allowed in pack.values(fact)):
            raise RequestError("fact_value_unknown", catalogue.text("error.fact_value", fact=name, value=str(value)))
        answers[fact] = value
    return answers


def _fact(name: str, catalogue: Catalogue) -> Fact:
    try:
        fact = Fact(name)
    except ValueError:
        fact = None
    if fact is None or fact in DERIVED:
        raise RequestError("fact_unknown", catalogue.text("error.fact_unknown", fact=name))
    return fact


def shape(request_id: str | int | None, pack: Pack, consultation: Consultation, catalogue: Catalogue) -> DecisionOut:
    """A decision in the shape others rely on."""
    match consultation.decision:
        case Decided() as decided:
            why = reason(pack, decided.row)
            return DecisionOut(
                id=request_id,
                status="decided",
                channel=decided.channel.id,
                rule=decided.row.id,
                facts=_facts(decided.facts),
                duties=[DutyOut(id=duty.id, text=duty.text) for duty in decided.duties],
                reasons=[
                    ReasonOut(
                        rule=why.rule, basis=why.basis, document=why.document, section=why.section, version=why.version
                    )
                ],
            )
        case Ask() as ask:
            labelled = [ChoiceOut(value=v, label=label(pack, ask.fact, v, catalogue)) for v in ask.choices]
            return DecisionOut(
                id=request_id,
                status="ask",
                ask=AskOut(fact=public_name(ask.fact), choices=labelled),
                facts=_facts(ask.facts),
            )
        case Conflict() as conflict:
            return DecisionOut(id=request_id, status="conflict", facts=_facts(conflict.facts))
        case NoRoutine():
            return DecisionOut(id=request_id, status="no_routine")


def public_name(fact: Fact) -> str:
    return RECIPIENT if fact is Fact.RECIPIENT_TYPE else str(fact)


def label(pack: Pack, fact: Fact, value: Value, catalogue: Catalogue) -> str:
    """A value as a choice for staff, in the pack's own words where it has them."""
    if fact is Fact.TOPIC:
        return pack.topic_by_id[str(value)].plain
    if fact in (Fact.RECIPIENT_TYPE, Fact.SENDER_TYPE):
        return pack.unit_labels[UnitType(str(value))]
    word = str(value).lower() if isinstance(value, bool) else value
    return catalogue.text(f"value.{fact}.{word}")


def _facts(facts: Facts) -> dict[str, FactOut]:
    ordered = sorted(facts.known.items(), key=lambda item: list(Fact).index(item[0]))
    return {
        str(fact): FactOut(
            value=known.value, provenance=str(known.provenance), evidence=[_evidence(e) for e in known.evidence]
        )
        for fact, known in ordered
    }


def _evidence(evidence: Evidence) -> EvidenceOut:
    return EvidenceOut(start=evidence.start, end=evidence.end, why=evidence.why)
