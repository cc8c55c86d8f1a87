"""What the secure page looks at in a draft's text, as the chat does: numbers of people, what the routine keeps out, hurry. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.pages.draft_form import DraftAnswers, TextField
from common.web.dates import Text
from knowledge.names import Names
from knowledge.pack import Channel, ForbiddenContent
from knowledge.texts import Catalogue
from triage.content import READ_FROM_WORDS, dose_words, kept_out, speaks_of_hurry
from triage.identity import NUMBERS, identify
from triage.reading import Context, Reader

HURRY: Final = "hurry"
NOT_TEXT: Final = ("person_id", "consent", "basis")


@dataclass(frozen=True, slots=True)
class Objection:
    """Something in the text that stops it. `passes`: what the person may say to go on all the same; None: it must be written anew."""

    id: str
    text: str
    passes: str | None
    place: str
    """The field of the form that it stands by."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a draft's words are read with."""

    reader: Reader
    context: Context
    names: Names
    house: Catalogue
    """The lists of words of the house, whatever language the person reads."""


def numbers_in(answers: DraftAnswers, names: Names, text: Text) -> dict[str, str]:
    """Field → what is wrong, where a person's number stands in free text."""
    return {
        field: text("page.draft.number_in_text")
        for field, value in answers.values().items()
        if field not in NOT_TEXT and any(span.kind in NUMBERS for span in identify(value, names))
    }


def objections(
    answers: DraftAnswers, fields: Sequence[TextField], channel: Channel, proof: Proof, text: Text
) -> tuple[Objection, ...]:
    """All there is to look at, danger first."""
    told = {"subject": answers.subject, **{field.id: answers.texts.get(field.id, "") for field in fields}}
    whole = "\n".join(words for words in told.values() if words)
    reading = proof.reader.read(whole, proof.context)
    doses = dose_words(proof.house)
    found: list[Objection] = []
    if speaks_of_hurry(reading):
        found.append(
            Objection(HURRY, text("page.draft.hurry"), text("page.draft.pass_hurry"), _passed(HURRY)),
        )
    held = kept_out(channel, whole, reading.facts.values(), doses)
    found.extend(_objection(content, channel, told, doses, text) for content in held)
    return tuple(found)


def still_open(found: Sequence[Objection], passed: frozenset[str]) -> dict[str, str]:
    """Field → what is wrong, for what she has not said to let pass."""
    return {one.place: one.text for one in found if one.passes is None or one.id not in passed}


def _objection(
    content: ForbiddenContent, channel: Channel, told: Mapping[str, str], doses: tuple[str, ...], text: Text
) -> Objection:
    if content.action == "warn":
        return Objection(content.check, content.text, text("page.draft.pass_warn"), _passed(content.check))
    if content.check in READ_FROM_WORDS:
        return Objection(content.check, content.text, text("page.draft.pass_stop"), _passed(content.check))
    holding = (field for field, words in told.items() if content in kept_out(channel, words, {}, doses))
    return Objection(content.check, content.text, None, next(holding, "subject"))


def _passed(check: str) -> str:
    return f"passed-{check}"
