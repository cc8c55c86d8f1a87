"""How people write values in a sheet or a form: opening hours, phone numbers, yes and no. From and to text; knows no file and no unit.

What cannot be understood is None, never a guess.
"""

import re
from collections.abc import Mapping
from datetime import time
from typing import Final

from knowledge.directory import WEEK, OpenHours, Weekday

SEPARATOR: Final = "|"
"""Between several values in one cell: commas and semicolons already part the cells."""

_NAMES: Final = ("mån", "tis", "ons", "tors", "fre", "lör", "sön")
_FULL_NAMES: Final = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_DAYS: Final[Mapping[str, tuple[Weekday, ...]]] = {
    **{name: (day,) for names in (WEEK, _NAMES, _FULL_NAMES) for name, day in zip(names, WEEK, strict=True)},
    "tor": (Weekday.THU,),
    "weekdays": WEEK[:5],
    "vardagar": WEEK[:5],
    "weekend": WEEK[5:],
    "helger": WEEK[5:],
    "helg": WEEK[5:],
    "every_day": WEEK,
    "alla dagar": WEEK,
    "dagligen": WEEK,
}
_ROUND_THE_CLOCK: Final = frozenset({"dygnet runt", "alltid"})
_DASHES: Final = str.maketrans(
    {"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " "}
)
_SPAN: Final = re.compile(
    r"(?P<days>.+?)\s+(?:kl\.? ?)?(?P<opens>\d{1,2}(?:[:.]\d{2})?)\s*-\s*(?P<closes>\d{1,2}(?:[:.]\d{2})?)",
    re.ASCII,
)
_YES: Final = frozenset({"ja", "j", "yes", "true", "1", "x", "sant"})
_NO: Final = frozenset({"nej", "n", "no", "false", "0", "falskt"})
_SHORT: Final = frozenset({"112", "1177"})
_PHONE: Final = re.compile(r"(0\d{1,3})[-/ ]([\d ]{5,11})", re.ASCII)
_GROUPS: Final = {5: (3, 2), 6: (2, 2, 2), 7: (3, 2, 2), 8: (3, 3, 2)}


def hours(text: str) -> tuple[OpenHours, ...] | None:
    """`mån-fre 8-17|lör 10.00-14.00`, `vardagar 07:30-16`, `dygnet runt`. Empty text: no hours."""
    parts = [part.strip() for part in re.split(r"[|\n]", text.casefold().translate(_DASHES)) if part.strip()]
    spans = [_span(part) for part in parts]
    return None if any(span is None for span in spans) else tuple(span for span in spans if span is not None)


def hours_text(rows: tuple[OpenHours, ...]) -> str:
    """The same in the words that `hours` reads back, a line for each."""
    return "\n".join(f"{_days_text(row.days)} {row.opens:%H:%M}-{row.closes:%H:%M}" for row in rows)


def phone(text: str) -> str | None:
    """The number as the directory writes it: `0300-12 34 56`. The area code must be set apart."""
    text = text.translate(_DASHES).strip()
    if text in _SHORT:
        return text
    found = _PHONE.fullmatch(text)
    digits = "" if found is None else found[2].replace(" ", "")
    if found is None or len(digits) not in _GROUPS:
        return None
    groups, at = [], 0
    for size in _GROUPS[len(digits)]:
        groups.append(digits[at : at + size])
        at += size
    return f"{found[1]}-{' '.join(groups)}"


def yes(text: str) -> bool | None:
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def several(text: str) -> tuple[str, ...]:
    """The values of a cell that may hold more than one, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(SEPARATOR) if part.strip()))


def _span(text: str) -> OpenHours | None:
    if text in _ROUND_THE_CLOCK:
        return OpenHours(days=WEEK, opens=time.min, closes=time.min)
    found = _SPAN.fullmatch(text)
    days = None if found is None else _days(found["days"])
    opens, closes = (None, None) if found is None else (_clock(found["opens"]), _clock(found["closes"]))
    if days is None or opens is None or closes is None:
        return None
    return OpenHours(days=days, opens=opens, closes=closes)


def _days(text: str) -> tuple[Weekday, ...] | None:
    """A name of days, days with commas between, or a first and a last day."""
    chosen: set[Weekday] = set()
    for part in re.split(r"\s*(?:,| och )\s*", text.strip()):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if not dash:
            found = _DAYS.get(first)
        elif len(_DAYS.get(first, ())) == len(_DAYS.get(last, ())) == 1:
            found = _between(_DAYS[first][0], _DAYS[last][0])
        else:
            found = None
        if found is None:
            return None
        chosen |= set(found)
    return tuple(day for day in WEEK if day in chosen)


def _between(first: Weekday, last: Weekday) -> tuple[Weekday, ...] | None:
    start, end = WEEK.index(first), WEEK.index(last)
    return WEEK[start : end + 1] if start < end else None


def _clock(text: str) -> time | None:
    hour, _, minute = text.replace(".", ":").partition(":")
    if int(hour) == 24 and int(minute or 0) == 0:
        return time.min
    return time(int(hour), int(minute or 0)) if int(hour) < 24 and int(minute or 0) < 60 else None


def _days_text(days: tuple[Weekday, ...]) -> str:
    named = {WEEK: "alla dagar", WEEK[:5]: "vardagar", WEEK[5:]: "helger"}
    return named.get(days) or ", ".join(_NAMES[WEEK.index(day)] for day in days)
