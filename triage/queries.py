"""Questions about the routines and identities in texts, as JSON in and out: one shape for the command line and for HTTP.

Errors: RequestError, as in `triage.exchange`.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from knowledge.names import Names
from knowledge.pack import Pack
from knowledge.registry import Registry, UnknownPack
from knowledge.texts import Catalogue
from triage.answer import Answerer
from triage.consult import choose_pack
from triage.decide import NoRoutine
from triage.exchange import LONGEST_TEXT, RequestError, read
from triage.identity import identify

__all__ = ["Question", "TextIn", "in_force", "read", "reply", "spans"]

Prose = Annotated[str, Field(max_length=LONGEST_TEXT)]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str | int | None = None


class Question(In):
    pack: str | None = None
    region: str | None = None
    question: Prose
    date: dt.date | None = None


class SourceOut(BaseModel):
    document: str
    section: str


class AnswerOut(BaseModel):
    id: str | int | None
    answered: bool
    text: str
    sources: list[SourceOut] = []


class TextIn(In):
    text: Prose


class SpanOut(BaseModel):
    start: int
    end: int
    kind: str
    valid: bool


class SpansOut(BaseModel):
    id: str | int | None
    spans: list[SpanOut]


def reply(
    question: Question, registry: Registry, answerer: Answerer, catalogue: Catalogue, today: dt.date
) -> AnswerOut:
    """Answer one question from the version named, or from the one in force in the region on the day. Raises RequestError."""
    if question.pack is None and question.region is None:
        raise RequestError("validation_error", catalogue.text("error.pack_or_region"))
    day = question.date or today
    try:
        pack = choose_pack(registry, pack_id=question.pack, region=question.region, day=day)
    except UnknownPack:
        raise RequestError("pack_unknown", catalogue.text("error.pack_unknown", pack=question.pack or "")) from None
    if isinstance(pack, NoRoutine):
        return AnswerOut(id=question.id, answered=False, text=catalogue.text("error.no_routine"))
    found = answerer.answer(pack, question.question, in_force(registry, day))
    sources = [SourceOut(document=source.document, section=source.section) for source in found.sources]
    return AnswerOut(id=question.id, answered=found.answered, text=found.text, sources=sources)


def in_force(registry: Registry, day: dt.date) -> Iterable[Pack]:
    """The version in force in each region on the day, where there is one."""
    found = (registry.in_force(region, day) for region in registry.regions)
    return tuple(pack for pack in found if pack is not None)


def spans(text: TextIn, names: Names) -> SpansOut:
    """The identities in one text."""
    found = identify(text.text, names)
    return SpansOut(id=text.id, spans=[SpanOut(start=s.start, end=s.end, kind=s.kind, valid=s.valid) for s in found])
