"""What is filled in on the secure page of a draft: whose matter it is and the consent. Pure: checks, and makes the API's own shapes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Final, Literal

from api.drafts.schemas import DraftIn
from api.messages.checks import SECRECY
from api.messages.schemas import ConsentIn, PersonIn, SectionOut
from common.web.dates import Text
from common.web.forms import Form
from knowledge.pack import Channel
from knowledge.vocabulary import ConsentState
from triage.person_id import IdType, PersonId, PersonIdProblem, ProblemCode, check_person_id

ASSESSED: Final = frozenset({"unable", "deceased"})
"""Answers where secrecy is weighed in place of consent."""
HOLDING: Final = frozenset({"not_asked", "refused"})
"""Answers with which nothing is sent."""
CONSENT_ANSWERS: Final = ("given", "unable", "deceased", "not_asked", "refused")
LONGEST: Final = {
    "person_id": 40,
    "person_name": 200,
    "subject": 200,
    "obtained_by": 200,
    "decided_by": 200,
    "reason": 2000,
}

Basis = Literal["oral", "written", "process"]


@dataclass(frozen=True)
class TextField:
    """One heading of the draft as a field of the form."""

    id: str
    heading: str
    hint: str | None
    required: bool
    text: str

    @classmethod
    def all_of(cls, draft: DraftIn, channel: Channel) -> tuple["TextField", ...]:
        """The channel's own headings in their order, then what the draft has besides."""
        said: dict[str, str] = {}
        for section in draft.sections:
            said[section.heading] = "\n\n".join(part for part in (said.get(section.heading), section.text) if part)
        headings: list[tuple[str, str | None, bool]] = [(h.label, h.hint, h.required) for h in channel.headings]
        known = {label for label, _, _ in headings}
        headings += [(heading, None, False) for heading in said if heading not in known]
        return tuple(
            cls(f"section-{number}", label, hint, required, said.get(label, ""))
            for number, (label, hint, required) in enumerate(headings, start=1)
        )


@dataclass(frozen=True)
class DraftAnswers:
    """The fields as they were typed, named like the form's; `texts` are those under the headings, by field id.

    `passed` are the objections to the text that she has looked at and lets pass.
    """

    person_id: str = ""
    person_name: str = ""
    subject: str = ""
    consent: str = ""
    basis: str = ""
    obtained_by: str = ""
    decided_by: str = ""
    reason: str = ""
    texts: Mapping[str, str] = dataclass_field(default_factory=dict)
    passed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, form: Form, texts: Sequence[TextField]) -> "DraftAnswers":
        single = {name: form.get(name) for name in _single(cls)}
        return cls(
            **single, texts={text.id: form.get(text.id) for text in texts}, passed=frozenset(form.many("passed"))
        )

    @classmethod
    def of_draft(cls, draft: DraftIn, texts: Sequence[TextField]) -> "DraftAnswers":
        """What the chat has filled in already."""
        person, consent = draft.person, draft.consent
        return cls(
            person_id=person.id if person else "",
            person_name=(person.name or "") if person else "",
            subject=draft.subject,
            consent=_answer(consent),
            basis=(consent.basis or "") if consent else "",
            obtained_by=(consent.obtained_by or "") if consent else "",
            decided_by=(consent.decided_by or "") if consent else "",
            reason=(consent.reason or "") if consent else "",
            texts={text.id: text.text for text in texts},
        )

    def values(self) -> dict[str, str]:
        """Every field that is typed in, by its name."""
        return {**{name: getattr(self, name) for name in _single(type(self))}, **self.texts}

    def filled(self, texts: Sequence[TextField]) -> tuple[SectionOut, ...]:
        """The headings that have a text, as they will be sent."""
        return tuple(
            SectionOut(heading=text.heading, text=self.texts[text.id]) for text in texts if self.texts.get(text.id)
        )

    @property
    def holds(self) -> bool:
        """Whether the answer about consent keeps the draft here."""
        return self.consent in HOLDING

    def errors(self, text: Text, bases: Sequence[str], texts: Sequence[TextField]) -> dict[str, str]:
        """Field → what is wrong, in the order of the form; `bases` are those the pack's scope of consent allows."""
        wrong: dict[str, str] = {}
        if not self.person_id:
            wrong["person_id"] = text("page.draft.person_id_missing")
        elif self.person() is None:
            wrong["person_id"] = text("page.draft.person_id_wrong")
        for section in texts:
            if section.required and not self.texts.get(section.id):
                wrong[section.id] = text("page.draft.section_missing", heading=section.heading)
        if texts and not any(self.texts.values()):
            wrong.setdefault(texts[0].id, text("page.reply.empty"))
        if self.consent not in CONSENT_ANSWERS:
            wrong["consent"] = text("page.draft.consent_missing")
        if self.consent == "given":
            wrong |= self._missing(text, basis=self.basis in bases, obtained_by=bool(self.obtained_by))
        if self.consent in ASSESSED:
            wrong |= self._missing(text, decided_by=bool(self.decided_by), reason=bool(self.reason))
        too_long = (name for name, limit in LONGEST.items() if len(getattr(self, name)) > limit)
        return wrong | {name: text("page.reply.too_long", limit=LONGEST[name]) for name in too_long}

    def _missing(self, text: Text, **filled: bool) -> dict[str, str]:
        return {name: text(f"page.draft.{name}_missing") for name, there in filled.items() if not there}

    def person(self) -> PersonId | None:
        """The number in its normal form, of whichever kind it is."""
        found = check_person_id(IdType.PERSONNUMMER, self.person_id)
        if isinstance(found, PersonIdProblem) and found.code is ProblemCode.OTHER_TYPE and found.found is not None:
            found = check_person_id(found.found, self.person_id)
        return found if isinstance(found, PersonId) else None

    def person_in(self) -> PersonIn:
        """Once there are no errors."""
        person = self.person()
        if person is None:
            raise ValueError("ask for errors() before the person")
        return PersonIn(id_type=person.id_type, id=person.value, name=self.person_name or None)

    def consent_in(self, now: datetime, role: str) -> ConsentIn:
        """The consent record. `role` is the sender's own, who is the one that makes the assessment known."""
        if self.consent in ASSESSED:
            return ConsentIn(
                state=ConsentState.UNABLE,
                basis=SECRECY,
                obtained_by=role,
                obtained_at=now,
                decided_by=self.decided_by,
                reason=self.reason,
            )
        if self.consent != "given":
            return ConsentIn(state=ConsentState(self.consent))
        return ConsentIn(
            state=ConsentState.GIVEN, basis=_basis(self.basis), obtained_by=self.obtained_by, obtained_at=now
        )


def _single(form: type[DraftAnswers]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(form) if field.name not in ("texts", "passed"))


def _answer(consent: ConsentIn | None) -> str:
    """The consent record as an answer of the form; one that was not asked for is no answer yet."""
    if consent is None or consent.state is ConsentState.NOT_ASKED:
        return ""
    return str(consent.state)


def bases_for(scope: str) -> tuple[str, ...]:
    """The ways consent can have been given, by the pack's scope."""
    return ("process", "oral", "written") if scope == "process" else ("oral", "written")


def _basis(value: str) -> Basis:
    match value:
        case "oral" | "written" | "process":
            return value
        case _:
            raise ValueError("ask for errors() before the consent")
