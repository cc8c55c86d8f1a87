"""Keeps a patient's identity out of the conversation: finds it in what was typed and cuts it away before anything is stored."""

import re
from dataclasses import dataclass
from typing import Final

from bot.requests import PersonRef
from bot.tools import Tools
from knowledge.names import Names
from triage.identity import NUMBERS, IdentitySpan, PersonId, check_person_id, either_century, identify

FEWEST_DIGITS: Final = 6
"""Fewer than this are no one's number."""
_SIGN: Final = re.compile(r"[^\W_]")
CLOSING = (".", ",", "?", "!", ":", ";", ")")
_ADDRESS: Final = re.compile(
    r"\b[A-ZÅÄÖ]?[\wåäöéÅÄÖ]*(?:gatan|vägen|gränd(?:en)?|torget|stigen|allén|backen|gata|väg|stig|allé)\s+\d{1,3}(?:\s?[A-Za-z]\b)?"
    r"(?:\s*,?\s*(?:lgh|läg(?:enhe)?t?)\.?\s*\d{1,4})?|\b\d{3}\s\d{2}\s+[A-ZÅÄÖ][a-zåäö]{2,}"
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """The text without what must not stay in it. `person` is set only where the client is trusted and the number holds."""

    text: str
    caught: bool = False
    person: PersonRef | None = None
    wrong: bool = False
    """A number stood there that does not hold: it is cut away too, and said to be wrong."""
    either: bool = False
    """A number of ten digits stood there that can mean two persons: it is cut away, and asked for again at its step."""


def guard(text: str, tools: Tools, *, names: bool = True) -> Guarded:
    """On an untrusted client numbers and names are cut away. On a trusted one a sound number moves to where it belongs.

    `names` false: the name of a unit was asked for, so only numbers are looked at. A phone number may be a relative's: it goes too.
    """
    spans = identify(text, tools.names)
    if not tools.trusted:
        spans = tuple(sorted({*spans, *addresses(text, spans)}))
    numbers = tuple(span for span in spans if span.kind in NUMBERS)
    if not tools.trusted:
        cut = tuple(span for span in spans if names or span.kind != "name")
        return Guarded(_without(text, cut), bool(cut))
    if any(either_in(text, span, tools) for span in numbers):
        return Guarded(_without(text, numbers), either=True)
    person = next((found for span in numbers if (found := person_in(text, span, tools)) is not None), None)
    return Guarded(_without(text, numbers), person=person, wrong=bool(numbers) and person is None)


def may_hold_number(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) >= FEWEST_DIGITS


def masked(text: str, names: Names) -> str:
    """The text as its writer sees it again: nothing is left of a number but dots, wherever it was written."""
    if not may_hold_number(text):
        return text
    for span in identify(text, names):
        if span.kind in NUMBERS:
            dots = _SIGN.sub("•", text[span.start : span.end])
            text = f"{text[: span.start]}{dots}{text[span.end :]}"
    return text


def addresses(text: str, known: tuple[IdentitySpan, ...]) -> tuple[IdentitySpan, ...]:
    """Where someone lives: a street with its number, or a postcode with its place. No unit is asked for by those."""
    found = (IdentitySpan(match.start(), match.end(), "name") for match in _ADDRESS.finditer(text))
    return tuple(span for span in found if not any(span.start < one.end and one.start < span.end for one in known))


def person_in(text: str, span: IdentitySpan, tools: Tools) -> PersonRef | None:
    found = check_person_id(span.kind, text[span.start : span.end], tools.now.date())
    return PersonRef(str(found.id_type), found.value) if isinstance(found, PersonId) else None


def either_in(text: str, span: IdentitySpan, tools: Tools) -> tuple[PersonRef, ...]:
    """The two persons that ten digits can mean; empty where they mean one."""
    found = either_century(span.kind, text[span.start : span.end], tools.now.date())
    return tuple(PersonRef(str(one.id_type), one.value) for one in found or ())


def _without(text: str, spans: tuple[IdentitySpan, ...]) -> str:
    for span in reversed(spans):
        before, after = text[: span.start].rstrip(), text[span.end :].lstrip()
        text = f"{before}{after}" if after.startswith(CLOSING) else f"{before} {after}"
    return text.strip() if spans else text
