"""What goes out: replies as text keys with parameters and choices. Never Swedish, and nothing about a chat client, in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, written as Swedes write it when rendered."""

    at: datetime


class Look(StrEnum):
    """How a line stands out: what matters most is seen first, where it comes from last."""

    PLAIN = "plain"
    HEADLINE = "headline"
    TITLE = "title"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class Text:
    """A key of the catalogue and what goes into it. A parameter may be a text of its own, rendered first.

    `look` is how it is shown as a line of a reply; inside another text it means nothing.
    """

    key: str
    params: "Mapping[str, Param]" = field(default_factory=dict)
    look: Look = Look.PLAIN


Param = str | int | Moment | Text


def literal(text: str) -> Text:
    """Words that come from a pack, the directory or the person, shown as they are."""
    return Text("chat.literal", {"text": text})


class Tone(StrEnum):
    """How a reply is shown: `emergency` in large letters before anything else, `copy` as text to copy under its heading."""

    PLAIN = "plain"
    CARD = "card"
    EMERGENCY = "emergency"
    PREVIEW = "preview"
    COPY = "copy"
    RECEIPT = "receipt"
    NOTICE = "notice"


class Weight(StrEnum):
    """What a choice is to the person, in the order they stand: the next step, another way, something taken for granted, an aside."""

    PRIMARY = "primary"
    NORMAL = "normal"
    ASSUMPTION = "assumption"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Choice:
    """A button that also works as typed text. The id is at most 40 characters."""

    id: str
    label: Text
    weight: Weight = Weight.NORMAL


@dataclass(frozen=True, slots=True)
class Link:
    """A link beside the text: a number to ring (`tel:`) or a page of our own."""

    label: Text
    url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the person: lines from top to bottom, then links and choices. Several replies are shown in order.

    `assumed` is the line above the choices that are assumptions.
    """

    lines: tuple[Text, ...]
    choices: tuple[Choice, ...] = ()
    tone: Tone = Tone.PLAIN
    links: tuple[Link, ...] = ()
    assumed: Text | None = None
