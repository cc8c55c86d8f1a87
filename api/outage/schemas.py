"""The shapes of outages over HTTP. Holds no rules and never a word about a patient but in a call's own card and note."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.fields import Line, Moment, Prose, UnitId


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OutageReportIn(In):
    """`wide`: it is down for more than myself."""

    wide: StrictBool


class OutageIn(In):
    """Now, or planned with both moments. `organisation`: only that one, and one's own; else the region. `units`: who takes part in an exercise."""

    organisation: Line | None = None
    planned_from: Moment | None = None
    planned_to: Moment | None = None
    exercise: StrictBool = False
    units: Annotated[list[UnitId], Field(max_length=100)] = []
    speed: Annotated[int, Field(ge=1, le=600)] = 1


class OutageOut(BaseModel):
    id: str
    region: str
    organisation: str | None
    system: str
    state: str
    source: str
    exercise: bool
    reports: int
    planned_from: datetime | None
    planned_to: datetime | None
    started_at: datetime | None
    confirmed_at: datetime | None
    applies_at: datetime | None
    ended_at: datetime | None


class OutageList(BaseModel):
    items: list[OutageOut]


class NoticeOut(BaseModel):
    """`kind`: `planned`, `began`, `applies`, `ended` or `call_again`; `number` only for the last. `name`, `phone`: as of a call."""

    cursor: str
    kind: str
    staff_id: str
    outage_id: str | None
    system: str
    exercise: bool
    planned_from: datetime | None
    started_at: datetime | None
    call_id: str | None
    number: int | None
    name: str | None
    phone: str | None
    at: datetime


class NoticeList(BaseModel):
    items: list[NoticeOut]
    next: str


class NumberIn(In):
    name: Line
    phone: Annotated[str, Field(pattern=r"^[0-9+ -]{3,20}$")]
    verify: StrictBool = False
    """The number is doubtful, and that is said beside it."""


class CallIn(In):
    """A call to make. `said`: what the matter is, in the person's words; the card is made of it."""

    numbers: Annotated[list[NumberIn], Field(min_length=1, max_length=12)]
    said: Annotated[Prose, Field(max_length=8000)] = ""


class CallNoteIn(In):
    """What came of a call. Without `outcome` nothing has come of it yet."""

    outcome: Literal["reached", "not_reached", "left_word"]
    spoke_with: Annotated[Prose, Field(max_length=300)] = ""
    agreed: Annotated[Prose, Field(max_length=4000)] = ""
    next_step: Annotated[Prose, Field(max_length=2000)] = ""


class CallOut(BaseModel):
    """A call without a word of what it is about. `name` and `phone`: whom to ring now or next, where the directory has the number.

    Any other number is only on the page at `url`: it may be a relative's.
    """

    id: str
    number: int
    outcome: str | None
    name: str | None
    phone: str | None
    retry_at: datetime | None
    url: str


class OutageCallOut(BaseModel):
    """A call that the routine asks for, and the numbers that lead there."""

    id: str
    to: str
    only_if: str | None
    numbers: list[NumberIn]


class OutageRoutineOut(BaseModel):
    """What the routine says to the caller's own unit. Without a routine only `text`."""

    role: str | None
    label: str | None
    text: str
    support: list[str]
    calls: list[OutageCallOut]
    say: list[str]
