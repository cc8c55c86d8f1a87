"""What a query found: who is chatting, units, messages, practice, a live exercise, or why there is no answer. Frozen values; decides nothing."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from bot.rooms import LiveRoom
from knowledge.vocabulary import UnitType


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """One row of opening hours; days are 0 (Monday) to 6 (Sunday), times are Swedish local time."""

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class UnitCard:
    """A unit as the directory tells it. `receives` are channel ids; empty means every channel."""

    id: str
    name: str
    unit_type: UnitType
    region: str
    phone: str | None = None
    hours: tuple[OpeningHours, ...] = ()
    hours_text: str | None = None
    on_call_phone: str | None = None
    on_call_note: str | None = None
    has_access: bool = True
    receives: tuple[str, ...] = ()
    municipality: str | None = None
    organisation: str | None = None
    takes_renewals_by_care_request: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Who is chatting, as `GET /me` tells it. `pack` is the pack in force for the unit's region, None in a gap."""

    staff_id: str
    role: str
    unit_id: str
    unit_name: str
    unit_type: UnitType
    region: str
    pack: str | None
    name: str | None = None
    phone: str | None = None
    language: str | None = None
    """What the person has chosen to read Lots in; None: the language of the house."""
    outage: str | None = None
    """The message system that is down for the unit now."""
    units: tuple[str, ...] = ()
    """Every unit that she may act in by what she showed."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A line of the sent list: no patient data and no text."""

    message_id: str
    number: str
    channel: str
    """The channel's label as staff say it."""
    status: str
    recipients: tuple[str, ...]
    delivery: str
    due_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProfileFound:
    profile: Profile
    type: Literal["profile_found"] = "profile_found"


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """Best first. `query` is the search as it was sent."""

    query: str
    units: tuple[UnitCard, ...]
    type: Literal["units_found"] = "units_found"


@dataclass(frozen=True, slots=True)
class MessagesListed:
    messages: tuple[SentMessage, ...]
    type: Literal["messages_listed"] = "messages_listed"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a message. `kind` is `answer`, `request_more` or `redirect`."""

    kind: str
    text: str
    unit_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageRead:
    """One message of one's own, with the answers to it; only for a trusted client."""

    message: SentMessage
    answers: tuple[Answer, ...]
    type: Literal["message_read"] = "message_read"


@dataclass(frozen=True, slots=True)
class PracticeCard:
    """A scenario that the person has met: when it comes again, and whether her last go was wrong."""

    scenario: str
    due_at: datetime
    wrong: bool


@dataclass(frozen=True, slots=True)
class PracticeTally:
    """How often the person was right where one channel was the answer, in her own routine."""

    channel: str
    right: int
    asked: int


@dataclass(frozen=True, slots=True)
class PracticeFound:
    """How the person's practice stands in one routine. `announce`: she wants to be told when something is due."""

    cards: tuple[PracticeCard, ...]
    tallies: tuple[PracticeTally, ...]
    announce: bool = False
    type: Literal["practice_found"] = "practice_found"


@dataclass(frozen=True, slots=True)
class QueryFailed:
    """The query could not be answered: `unreachable`, or the stable code of a problem."""

    query: str
    """The `type` of the query."""
    code: str
    type: Literal["query_failed"] = "query_failed"


@dataclass(frozen=True, slots=True)
class RoomFound:
    room: LiveRoom
    type: Literal["room_found"] = "room_found"


QueryResult = ProfileFound | UnitsFound | MessagesListed | MessageRead | PracticeFound | RoomFound | QueryFailed
