"""Personal identity numbers: what form a number has, whether it holds, and its one normal form. Pure; finds nothing in running text.

Sources of the formats. Personnummer and samordningsnummer: Skatteverket (day + 60). National reserve number (OID 1.2.752.74.9.1,
Inera): XXYYMMDDNNGC, a Luhn sum over all twelve with letters by their ASCII code. Regional ones: Inera's list of local formats and HL7
Sweden's base profiles. Those without a published check digit are checked by shape and date only.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class IdType(StrEnum):
    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    RESERVNUMMER = "reservnummer"


class ProblemCode(StrEnum):
    UNKNOWN_TYPE = "unknown_type"
    """No such kind of number."""
    FORM = "form"
    """Not the length or signs of such a number."""
    CENTURY = "century"
    """Ten digits could be either of two centuries: twelve are needed."""
    DATE = "date"
    """Its date does not exist."""
    CHECK_DIGIT = "check_digit"
    """The check digit is wrong: a digit is mistyped."""
    OTHER_TYPE = "other_type"
    """A sound number of another kind: see `found`."""


@dataclass(frozen=True, slots=True)
class PersonId:
    """A sound number in its normal form: twelve signs, no separator, capitals."""

    id_type: IdType
    value: str


@dataclass(frozen=True, slots=True)
class PersonIdProblem:
    """Why a number cannot be used. Never holds the number itself."""

    code: ProblemCode
    found: IdType | None = None


COORDINATION: Final = 60
"""Added to the day of birth in a samordningsnummer."""
FIRST_CENTURY: Final = 18
OLDEST: Final = 115
"""Years; nobody in care is older."""
_KMX: Final = str.maketrans("KMX", "578")
"""The values of Västra Götaland's letters in the check sum."""
LETTERS: Final = "ABCDEFGHJKLMNPRSTUXYZ"
_SEPARATORS: Final = re.compile(r"[\s\-–—‐‑.,/:+]+")
_TWELVE: Final = re.compile(r"[0-9A-Z]{12}")
_BIRTH: Final = r"(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"


def luhn_holds(signs: str) -> bool:
    """The Luhn sum of digits and letters, a letter counting as its ASCII code, the products' digits added up."""
    total = 0
    for place, sign in enumerate(reversed(signs)):
        value = (int(sign) if sign.isdigit() else ord(sign)) * (2 if place % 2 else 1)
        total += sum(int(digit) for digit in str(value))
    return total % 10 == 0


def is_date(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and year >= 1 and 1 <= day <= monthrange(year, month)[1]


@dataclass(frozen=True, slots=True)
class _Reserve:
    """One format in use: its shape, and what must hold besides."""

    owner: str
    shape: re.Pattern[str]
    holds: Callable[[str], bool]


def _always(_: str) -> bool:
    return True


def _national(number: str) -> bool:
    century, month, day = int(number[:2]), int(number[4:6]), int(number[6:8])
    if century == 0:
        dated = 20 <= month <= 99 and 40 <= day <= 59
    else:
        birth = (19 if century % 3 == 1 else 20) * 100 + int(number[2:4])
        dated = century >= 22 and century % 3 != 0 and is_date(birth, month, day)
    return dated and luhn_holds(number)


def _vastra_gotaland(number: str) -> bool:
    return luhn_holds(number[2:].translate(_KMX))


def _without_century(number: str) -> bool:
    return luhn_holds(number[2:])


RESERVES: Final = (
    _Reserve("Nationellt", re.compile(rf"\d{{8}}[{LETTERS}]{{2}}[{LETTERS}0-9]\d"), _national),
    _Reserve("Västra Götaland", re.compile(rf"{_BIRTH}[KMX](?:0[6-9]|[1-8]\d)\d"), _vastra_gotaland),
    _Reserve("Stockholm", re.compile(r"99(?:19|2[0-2])\d{8}"), lambda number: luhn_holds(number[4:])),
    _Reserve("Örebro", re.compile(r"\d{8}T[A-Z0-9]\d[A-Z0-9]"), _always),
    _Reserve("Halland", re.compile(r"(?:1[7-9]|20)\d\d(?:0[1-9]|1[0-2])(?:3[2-9]|[45]\d)\d{4}"), _without_century),
    _Reserve("Västernorrland", re.compile(rf"{_BIRTH}\d{{3}}R"), _always),
    _Reserve("Värmland", re.compile(rf"{_BIRTH}S[FUXPL]\d[A-UW-Z1-9]"), _always),
    _Reserve("Skåne", re.compile(rf"{_BIRTH}[DEF][A-Z][01][A-Z]"), _always),
    _Reserve("Blekinge och Sörmland", re.compile(rf"{_BIRTH}[A-Z]{{2}}\d[A-Z]"), _always),
    _Reserve("Gävleborg", re.compile(rf"{_BIRTH}\d{{2}}[MKX]\d"), _always),
    _Reserve("Västerbotten, Dalarna och äldre format", re.compile(rf"{_BIRTH}[A-JLN-WYZ]\d{{3}}"), _always),
    _Reserve("Kommunalt TF-nummer", re.compile(rf"{_BIRTH}TF\d\d"), _always),
)


def reserve_is_sound(number: str) -> bool:
    """Whether twelve signs in capitals are a reserve number in some format in use."""
    return any(form.shape.fullmatch(number) and form.holds(number) for form in RESERVES)


def reserve_has_shape(number: str) -> bool:
    """Whether they look like one with letters in it, sound or mistyped."""
    return not number.isdigit() and any(form.shape.fullmatch(number) for form in RESERVES)


def kind_of(digits: str) -> IdType | None:
    """What twelve digits say they are by their date: a personnummer or a samordningsnummer; the check digit is not looked at."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    if not FIRST_CENTURY <= int(digits[:2]) <= 20:
        return None
    if is_date(year, month, day):
        return IdType.PERSONNUMMER
    return IdType.SAMORDNINGSNUMMER if is_date(year, month, day - COORDINATION) else None


def centuries(short: str) -> tuple[str, ...]:
    """The twelve-digit forms of ten digits whose date exists, newest first."""
    return tuple(
        full for full in (f"{century}{short}" for century in (20, 19, FIRST_CENTURY)) if kind_of(full) is not None
    )


def check_person_id(id_type: str, value: str, today: date | None = None) -> PersonId | PersonIdProblem:
    """The number in its normal form, or what is wrong with it.

    Ten digits are taken for the person born last before `today` ("+": a hundred years earlier); without `today` twelve are asked for.
    """
    try:
        wanted = IdType(id_type)
    except ValueError:
        return PersonIdProblem(ProblemCode.UNKNOWN_TYPE)
    number = _SEPARATORS.sub("", value).upper()
    if wanted is IdType.RESERVNUMMER:
        return _check_reserve(number)
    if not (number.isascii() and number.isdigit() and len(number) in (10, 12)):
        other = IdType.RESERVNUMMER if reserve_is_sound(number) else None
        return PersonIdProblem(ProblemCode.OTHER_TYPE if other else ProblemCode.FORM, other)
    if len(number) == 10:
        full = _with_century(number, "+" in value, today)
        if full is None:
            return PersonIdProblem(ProblemCode.CENTURY if centuries(number) else ProblemCode.DATE)
        number = full
    return _check_dated(wanted, number)


def _check_dated(wanted: IdType, number: str) -> PersonId | PersonIdProblem:
    kind = kind_of(number)
    if kind is None:
        other = IdType.RESERVNUMMER if reserve_is_sound(number) else None
        return PersonIdProblem(ProblemCode.OTHER_TYPE if other else ProblemCode.DATE, other)
    if not luhn_holds(number[2:]):
        return PersonIdProblem(ProblemCode.CHECK_DIGIT)
    return PersonId(wanted, number) if kind is wanted else PersonIdProblem(ProblemCode.OTHER_TYPE, kind)


def _check_reserve(number: str) -> PersonId | PersonIdProblem:
    if not _TWELVE.fullmatch(number):
        return PersonIdProblem(ProblemCode.FORM)
    if reserve_is_sound(number):
        return PersonId(IdType.RESERVNUMMER, number)
    if number.isdigit() and (kind := kind_of(number)) is not None and luhn_holds(number[2:]):
        return PersonIdProblem(ProblemCode.OTHER_TYPE, kind)
    return PersonIdProblem(ProblemCode.CHECK_DIGIT if reserve_has_shape(number) else ProblemCode.FORM)


def either_century(id_type: str, value: str, today: date) -> tuple[PersonId, PersonId] | None:
    """The two persons, a hundred years apart, that a sound number of ten digits can mean, the older first. None: it means one, or none.

    Ten digits without a plus sign mean somebody under a hundred, but many who are older are written so.
    """
    number = _SEPARATORS.sub("", value)
    found = check_person_id(id_type, value, today)
    if not isinstance(found, PersonId) or len(number) != len("ÅÅMMDDNNNN") or "+" in value:
        return None
    older = f"{int(found.value[:2]) - 1}{found.value[2:]}"
    if kind_of(older) is None or today.year - int(older[:4]) > OLDEST:
        return None
    return PersonId(found.id_type, older), found


def _with_century(short: str, over_hundred: bool, today: date | None) -> str | None:
    """The newest form of the number that is not born after `today`, a hundred years older with a plus sign."""
    if today is None:
        return None
    born = [full for full in centuries(short) if _born(full) <= today]
    return born[1] if over_hundred and len(born) > 1 else born[0] if born and not over_hundred else None


def _born(full: str) -> date:
    day = int(full[6:8])
    return date(int(full[:4]), int(full[4:6]), day - COORDINATION if day > COORDINATION else day)
