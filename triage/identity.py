"""Where personal numbers, phone numbers and names stand in a text. Pure: keeps nothing, and never tells what it found, only where.

A mistyped number is found too, as not valid. What looks like a number but is an order, a date with a time or a serial is left alone.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from knowledge.names import Names
from triage.person_id import (
    IdType,
    PersonId,
    PersonIdProblem,
    ProblemCode,
    centuries,
    check_person_id,
    either_century,
    kind_of,
    luhn_holds,
    reserve_has_shape,
    reserve_is_sound,
)
from triage.person_names import name_spans

__all__ = [
    "NUMBERS",
    "IdentitySpan",
    "PersonId",
    "PersonIdProblem",
    "ProblemCode",
    "check_person_id",
    "either_century",
    "identify",
]

NUMBERS: Final = ("personnummer", "samordningsnummer", "reservnummer")
"""The kinds that name one person: in free text they stand nowhere."""
SpanKind = Literal["personnummer", "samordningsnummer", "reservnummer", "phone", "name"]


@dataclass(frozen=True, slots=True, order=True)
class IdentitySpan:
    """Offsets into the text as written, end exclusive. `valid` is false for a number whose date or check digit is wrong."""

    start: int
    end: int
    kind: SpanKind
    valid: bool = True


@dataclass(frozen=True, slots=True)
class _Candidate:
    span: IdentitySpan
    rank: int
    """Which of two overlapping ones stands: the higher."""


_DASH: Final = r"\-–—‐‑−"
_GAP: Final = rf"(?:[ \u00a0]?[{_DASH}./][ \u00a0]?|[ \u00a0]{{1,2}})?"
_SPREAD: Final = r"\d[ \u00a0]{0,2}\d"
_LAST_FOUR: Final = (
    r"(?:de[tn]? )?(?:fyra sista|sista fyra|4 sista|sista 4|sista|slutsiffror(?:na)?)(?: siffrorna)?(?: är)?"
)
_BEFORE_FOUR: Final = (
    rf"(?:[ \u00a0]{{0,2}}[{_DASH}+.,/:(]?[ \u00a0]{{0,2}}|[ \t]*\r?\n[ \t]*"
    rf"|\s*[,.;({_DASH}]?\s*(?:och |med |samt |sen |sedan )*(?:slutar (?:på|med) |{_LAST_FOUR}[:.]? ?)|,? och (?:sen|sedan) )"
)
_DATED: Final = re.compile(
    rf"(?=((?:(?P<century>1[89]|20){_GAP})?(?P<y>\d\d)(?P<g1>{_GAP})(?P<m>\d\d)(?P<g2>{_GAP})(?P<d>\d\d)"
    rf"(?P<sep>{_BEFORE_FOUR})(?P<f1>{_SPREAD})(?P<in>[ \u00a0]{{0,2}}|[.:])(?P<f2>{_SPREAD})))",
    re.IGNORECASE,
)
_RESERVE: Final = re.compile(
    rf"(?=((?P<date>\d{{8}}|\d{{6}}[ {_DASH}]\d\d)(?P<sep>[ {_DASH}]{{0,3}})(?P<tail>[0-9A-Za-z]{{4}})))"
)
_STOCKHOLM: Final = re.compile(rf"(?=(99[ {_DASH}]?(?:19|2[0-2])\d\d[ {_DASH}]?\d\d[ {_DASH}]?\d{{4}}))")

_PERSON_WORD: Final = re.compile(
    r"(?:p(?:erson)?\.?\s?n(?:umme)?r|pnr|persnr|personnr|personnummer|samordningsn\w*|samordn\w*|reservn\w*|tillf\w* nummer|födelse\w*|född"
    r"|f\.|id(?:-?n(?:umme)?r)?)\W{0,3}(?:(?:är|blir|nog|på|för)\W{1,3}){0,2}$",
    re.IGNORECASE,
)
_OTHER_WORD: Final = re.compile(
    r"(?:order|ärende|faktura|serie|artikel|kund|lot|batch|org(?:anisations)?|konto|hjälpmedels|inventarie|referens|ref|dnr|diarie|remiss"
    r"|avtals|beställnings|bokning\w*|kolli|paket|försändelse|bankgiro|postgiro|plusgiro|bg|pg|ean|hsa|isbn|ip|version\w*|kod|avvikelse)"
    r"(?:\W?(?:n(?:umme)?r|n:r|id|nummer))?\.?\W{0,3}(?:är |på )?$",
    re.IGNORECASE,
)
_APPOINTMENT: Final = re.compile(r"(?:besök\w*|tid\w*|bok\w+|kl|den|datum|dag|till|från|sedan)\W{0,3}$", re.IGNORECASE)
_PHONE_WORD: Final = re.compile(
    r"(?:\btel\w*|tfn|mobil\w*|\btlf|ring\w*|nås|når\w*|sms\w*|växel\w*|jour\w*|telefon\w*|nummer till \w+|nr till \w+|anknytning)"
    r"\W{0,3}(?:(?:är|på|till|nr|numret|nummer|via|mig|hen|hem|hon|han|honom|henne|dem|oss|n(?:umme)?r(?:et)?)\W{1,3}){0,4}$",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(
    rf"(?:(?P<abroad>\(?(?:\+|00|(?<!\d)(?=467[02369]))46\)?[ \u00a0]?(?:\(0\)|0(?=\d))?)|\(?(?P<zero>0))"
    rf"[ {_DASH}]?(?P<rest>[1-9]\d{{0,2}}\)?(?:[ \u00a0]?[{_DASH}/.][ \u00a0]?|[ \u00a0])?\d(?:[ \u00a0.]?\d){{3,8}}"
    rf"(?:[{_DASH}]\d\d(?!\d))?)"
)
_LOCAL_PHONE: Final = re.compile(r"\d{2,3}[ \u00a0]?\d\d[ \u00a0]?\d\d(?:[ \u00a0]?\d\d)?")
_MOBILE: Final = re.compile(r"07[02369]\d{7}")
_AREA: Final = re.compile(r"0(?:1[0-9]|2[0-9]|3[0-7]|4[0-9]|5[0-9]|6[0-9]|8|9[0-9])")
_CONTEXT: Final = 40
"""How many characters before a number are looked at for what it is called."""


def identify(text: str, names: Names) -> tuple[IdentitySpan, ...]:
    """Every personal number, phone number and name, in order and without overlap; numbers go before phones and phones before names."""
    numbers = _standing((*_dated(text), *_reserve(text)))
    phones = _standing(_Candidate(phone, 0) for phone in _apart(_phones(text), numbers))
    taken = (*numbers, *phones)
    found = (IdentitySpan(s, e, "name") for s, e in name_spans(text, names, tuple((n.start, n.end) for n in numbers)))
    return tuple(sorted((*taken, *_apart(found, taken))))


def _apart(spans: Iterable[IdentitySpan], taken: tuple[IdentitySpan, ...]) -> tuple[IdentitySpan, ...]:
    return tuple(s for s in spans if not any(s.start < t.end and t.start < s.end for t in taken))


def _standing(candidates: Iterable[_Candidate]) -> tuple[IdentitySpan, ...]:
    """Of overlapping candidates the best: highest rank, then longest, then first."""
    chosen: list[IdentitySpan] = []
    for candidate in sorted(candidates, key=lambda c: (-c.rank, c.span.start - c.span.end, c.span.start)):
        span = candidate.span
        if all(span.end <= other.start or other.end <= span.start for other in chosen):
            chosen.append(span)
    return tuple(sorted(chosen))


def _before(text: str, start: int) -> str:
    return text[max(0, start - _CONTEXT) : start]


def _loose(text: str, start: int, end: int) -> bool:
    """Whether the signs around are not part of the same number."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isdigit() or after.isdigit():
        return False
    inside = before in {"-", "–", "/", "."} and text[start - 2 : start - 1].isdigit()
    goes_on = after in {"-", "–", "/", ".", ","} and text[end + 1 : end + 2].isdigit()
    return not inside and not goes_on


def _dated(text: str) -> Iterator[_Candidate]:
    """Personnummer and samordningsnummer in every way they are written."""
    for match in _DATED.finditer(text):
        start, end = match.span(1)
        if not _loose(text, start, end) or _odd_grouping(match):
            continue
        short = re.sub(r"\s", "", "".join(match[part] for part in ("y", "m", "d", "f1", "f2")))
        full = (f"{match['century']}{short}",) if match["century"] else centuries(short)
        kinds = [kind for number in full if (kind := kind_of(number)) is not None]
        if kinds:
            yield from _weigh(text, match, short, kinds[0])
        elif not _is_spread(match) and (match["century"] or _PERSON_WORD.search(_before(text, start))):
            yield from _undated(text, match, short)


def _weigh(text: str, match: re.Match[str], short: str, kind: IdType) -> Iterator[_Candidate]:
    start, end = match.span(1)
    before = _before(text, start)
    named, holds = bool(_PERSON_WORD.search(before)), luhn_holds(short)
    glued = text[start - 1 : start].isalpha() or text[end : end + 1].isalpha()
    if not holds and _is_spread(match):
        return
    if not named and (_is_phone(text, match, holds) or _is_moment(match, holds, before) or (glued and not holds)):
        return
    if not holds and (_OTHER_WORD.search(before) or text[end : end + 1].isalpha()):
        return
    rank = 4 * holds + 2 * bool(match["century"]) + named
    yield _Candidate(IdentitySpan(start, end, kind.value, holds), rank)


def _undated(text: str, match: re.Match[str], short: str) -> Iterator[_Candidate]:
    """A number whose date does not exist, where its form or the words before it say that it is meant as one."""
    start, end = match.span(1)
    if int(match["m"]) >= 20 and not match["century"]:  # organisationsnummer
        return
    before = _before(text, start)
    named = bool(_PERSON_WORD.search(before))
    glued = text[start - 1 : start].isalpha() or text[end : end + 1].isalpha()
    reserve = match["century"] is not None and reserve_is_sound(match["century"] + short)
    tight = match["sep"].strip() in {"-", "–", "+"} or not match["sep"]
    if reserve:
        yield _Candidate(IdentitySpan(start, end, "reservnummer"), 5)
    elif not glued and (
        named or (tight and int(match["m"]) <= 19 and int(match["d"]) <= 39 and not _OTHER_WORD.search(before))
    ):
        yield _Candidate(IdentitySpan(start, end, "personnummer", valid=False), 0)


def _odd_grouping(match: re.Match[str]) -> bool:
    """Digits grouped in a way no personal number is written: "0701-740655", or a clock time for the last four."""
    glue = match["in"]
    return bool(match["g2"] and not match["g1"]) or (glue in {".", ":"} and match["g1"].strip() != glue)


def _is_spread(match: re.Match[str]) -> bool:
    """Whether one of the last four digits stands by itself: "1 212". Only the check digit then tells a number from a row of figures."""
    return len(match["f1"]) > 2 or len(match["f2"]) > 2


def _is_moment(match: re.Match[str], holds: bool, before: str) -> bool:
    """A date with a clock time after it, as in "2025-09-14 10.30"."""
    if (
        _is_spread(match)
        or int(match["f1"]) > 23
        or int(match["f2"]) > 59
        or match["sep"].strip() in {"-", "–", "+"}
        or not match["sep"]
    ):
        return False
    if match["in"] in {".", ":"}:
        return match["in"] == ":" or not holds
    if holds or match["century"] != "20":
        return False
    return bool(match["g1"].strip()) or bool(_APPOINTMENT.search(before))


def _is_phone(text: str, match: re.Match[str], holds: bool) -> bool:
    """Ten digits in a row that are rather a phone number: a mobile one, or named as one."""
    start, end = match.span(1)
    run = text[start:end]
    if match["century"] or not run.isdigit():
        return False
    called = bool(_PHONE_WORD.search(_before(text, start)))
    return bool(_MOBILE.fullmatch(run)) or (called and not holds and run.startswith("0"))


def _reserve(text: str) -> Iterator[_Candidate]:
    for match in _RESERVE.finditer(text):
        start, end = match.span(1)
        tail, spaced = match["tail"], " " in match["sep"] or " " in match["date"]
        number = (re.sub(r"\D", "", match["date"]) + tail).upper()
        if (
            tail.isdigit()
            or not _loose(text, start, end)
            or text[end : end + 1].isalnum()
            or text[start - 1 : start].isalpha()
        ):
            continue
        if (spaced and not tail.isupper()) or not reserve_has_shape(number) or _OTHER_WORD.search(_before(text, start)):
            continue
        yield _Candidate(IdentitySpan(start, end, "reservnummer", reserve_is_sound(number)), 5)
    for match in _STOCKHOLM.finditer(text):
        start, end = match.span(1)
        number = re.sub(r"\D", "", match[1])
        if _loose(text, start, end) and (reserve_is_sound(number) or _PERSON_WORD.search(_before(text, start))):
            yield _Candidate(IdentitySpan(start, end, "reservnummer", reserve_is_sound(number)), 5)


def _phones(text: str) -> Iterator[IdentitySpan]:
    for match in _PHONE.finditer(text):
        start, end = match.span()
        digits = "0" + re.sub(r"\D", "", match["rest"])
        again = text[end : end + 2] == "/0" or text[start - 1 : start] == "/"  # two numbers with a slash between
        if (
            not (again or _loose(text, start, end))
            or text[end : end + 1].isalpha()
            or text[start - 1 : start].isalnum()
        ):
            continue
        if _is_swedish_phone(digits) and not (match["zero"] and _OTHER_WORD.search(_before(text, start))):
            yield IdentitySpan(start, end, "phone")
    for match in _LOCAL_PHONE.finditer(text):
        start, end = match.span()
        word = _PHONE_WORD.search(_before(text, start))
        if word and _loose(text, start, end) and word[0].lower().startswith(("tel", "tfn", "mobil", "tlf")):
            yield IdentitySpan(start, end, "phone")


def _is_swedish_phone(digits: str) -> bool:
    if digits.startswith("07"):
        return bool(_MOBILE.fullmatch(digits))
    return bool(_AREA.match(digits)) and 8 <= len(digits) <= 10
