"""Text fields of requests: what may stand in them. Turns away what no database or page can hold; judges no content."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

_LINE_ENDS: Final = str.maketrans({"\r": "\n", "\v": "\n", "\f": "\n"})
"""A word processor's own line and page breaks come along when text is pasted."""
_CONTROL: Final = frozenset(map(chr, range(32))) - {"\n", "\t", "\r", "\v", "\f"}
_YEARS: Final = range(1900, 9999)
"""Beyond these a moment cannot be shown in every time zone."""
_DATE: Final = re.compile(r"\s*\d{4}-\d{2}-\d{2}")


def _readable(text: str) -> str:
    """No control characters and no half characters; line ends as one kind."""
    if not _CONTROL.isdisjoint(text) or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise PydanticCustomError("unreadable_text", "The text has characters that cannot be stored.")
    return text.replace("\r\n", "\n").translate(_LINE_ENDS)


def _one_line(text: str) -> str:
    text = " ".join(_readable(text).split())
    if not text:
        raise PydanticCustomError("blank", "The text is empty.")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "The text is empty.")
    return text


def _as_written(value: object) -> object:
    """A number would be read as seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise PydanticCustomError("datetime_parsing", "A moment is written as 2026-11-20T13:45:00+01:00.")


def _of_our_times(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise PydanticCustomError("moment_out_of_range", "The moment is not of our times.")
    return moment


Prose = Annotated[str, AfterValidator(_readable), Field(max_length=20_000)]
"""Running text, which may be empty."""

Words = Annotated[Prose, AfterValidator(_not_blank)]
"""Running text that says something."""

Moment = Annotated[AwareDatetime, BeforeValidator(_as_written), AfterValidator(_of_our_times)]

Line = Annotated[str, AfterValidator(_one_line), Field(max_length=200)]
"""One line that says something."""

UnitId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
"""An id of a pack, a channel or a message."""

IdempotencyKey = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]
