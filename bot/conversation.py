"""Where we are: the whole state of a conversation as one frozen value, and its JSON form. Decides nothing.

What was said lies here only until the matter is handed over. The store seals the JSON; nothing of it is ever logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.acts import Act
from bot.events import ChoicePicked, CommandGiven, TextSaid
from bot.findings import PracticeCard, PracticeTally, Profile, UnitCard
from bot.replies import Text, Weight
from bot.requests import ConsentRecord, PersonRef, PracticeAnswer
from bot.rooms import LiveRoom
from knowledge.vocabulary import Fact, Value

SCHEMA: Final = 1
"""Raised whenever a stored conversation of the version before could be misread."""


class Phase(StrEnum):
    WELCOME = "welcome"
    PROFILE = "profile"
    MATTER = "matter"
    SPLIT = "split"
    ASKING = "asking"
    CONFLICT = "conflict"
    CARD = "card"
    RECIPIENT = "recipient"
    DRAFTING = "drafting"
    CONTENT = "content"
    CONSENT = "consent"
    IDENTITY = "identity"
    PREVIEW = "preview"
    SENDING = "sending"
    KEPT = "kept"
    DONE = "done"
    PRACTICE = "practice"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Action:
    """What a choice does; the values are ids, but for `as_matter`: its extra is what the person asked, and goes with the screen."""

    name: Act
    value: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A choice that is on the screen now. `words` is the catalogue key of further words that pick it when typed."""

    id: str
    action: Action
    label: Text
    words: str = ""
    weight: Weight = Weight.NORMAL


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the draft, by the channel's heading id."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Matter:
    """The matter in hand: what was said, what was answered, and how far the message has come."""

    id: str
    """Also the idempotency key of its handover."""
    text: str = ""
    """What the message is about, in the person's words."""
    notes: str = ""
    """What was said to Lots besides: corrections and explanations. Read, and never part of a draft."""
    answers: Mapping[Fact, Value] = field(default_factory=dict)
    guided: bool = False
    """By buttons alone: nothing was written that could hint at hurry, so urgency is asked for."""
    told: tuple[Fact, ...] = ()
    """Which of the answers were read out of her words: they are never said to be her answers."""
    another: str = ""
    """Words on an open card that may be a new matter, while that is asked."""
    asked: Fact | None = None
    """A fact that the person wants to change; None: the question is the decision's own."""
    page: int = 0
    """Which of the answers are on the screen: the likely ones, the groups, or one group."""
    unknown: tuple[Fact, ...] = ()
    """What the person has said that she does not know. Never assumed."""
    parts: tuple[str, ...] = ()
    """The matters seen in one text, while she chooses which comes first."""
    found: tuple[UnitCard, ...] = ()
    """The units of the last search."""
    searched: str | None = None
    """What the last search was for; None: not yet searched for this decision."""
    units: tuple[UnitCard, ...] = ()
    units_ready: bool = False
    sections: tuple[Section, ...] = ()
    drafted_for: str | None = None
    """The channel whose headings the sections stand under."""
    editing: str | None = None
    """The heading that the next text goes to."""
    proposed: str | None = None
    """The heading that Lots has filled with a proposal of its own, until the person has passed it."""
    draft_ready: bool = False
    accepted: tuple[str, ...] = ()
    """Warnings that the person has seen and let pass."""
    consent: ConsentRecord | None = None
    consent_step: str | None = None
    """What the next text in the consent step is: `obtained_by`, `decided_by` or `reason`; or what waits: `waiting`, `heard_…`."""
    person: PersonRef | None = None
    either: tuple[PersonRef, ...] = ()
    """The two persons, a hundred years apart, that ten digits can mean, while it is asked which."""
    called: bool = False
    in_response_to: str | None = None
    may_be_question: bool = False
    """The words may be a question about the routine and no matter at all."""
    question: str = ""
    """The last question about the routine that was asked beside the matter."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What is kept after handover: nothing of the content."""

    message_id: str
    number: str
    channel: str
    delivery: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice in hand: how it stands, and the go at one scenario. Nothing in it is meant to be about a real person."""

    pack: str
    cards: tuple[PracticeCard, ...] = ()
    tallies: tuple[PracticeTally, ...] = ()
    announce: bool = False
    mode: str = "next"
    """What the person practises on: see `bot.practice.queue.Mode`."""
    go: str = ""
    """The go's own id: it is recorded once."""
    scenario: str = ""
    """Empty: the menu."""
    step: int = 0
    told: bool = False
    """The answer to this step is given and told."""
    helped: bool = False
    answers: tuple[PracticeAnswer, ...] = ()
    sections: tuple[Section, ...] = ()
    editing: str | None = None
    """The heading of a draft that the next text goes to."""
    done: tuple[str, ...] = ()
    """Scenarios of this sitting, so that another comes."""
    said: str = ""
    """What was written last in own words: "på riktigt" takes it up as a real matter."""
    wish: str = ""
    """What she asked to practise on as she came: her own words."""
    doubted: bool = False
    """Those words speak of danger: whether a real person is meant is asked before anything is graded."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live exercise that the person takes part in, as she last saw it. The seat itself is the message API's."""

    code: str
    nickname: str = ""
    """What she gave as she came, until she has joined."""
    tried: str = ""
    """The letter or number that she answered with just now, until it is known whether it counted."""
    room: LiveRoom | None = None
    leaving: bool = False
    """Whether she wants to leave is asked."""
    said: str = ""
    """What was written last in own words: "på riktigt" takes it up as a real matter."""
    doubted: bool = False
    """Those words speak of danger: whether a real person is meant is asked before they are taken as an answer."""


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    staff_id: str
    schema: int = SCHEMA
    phase: Phase = Phase.WELCOME
    turn: int = 0
    """Raised when new choices are offered, so that an older button is known as old."""
    profile: Profile | None = None
    profile_day: date | None = None
    """The day the profile was asked for: units and routines change, so it is asked for anew on the next."""
    pending: TextSaid | ChoicePicked | CommandGiven | None = None
    """What the person did while the profile was being asked for."""
    matter: Matter | None = None
    outgoing: tuple[Matter, ...] = ()
    """Matters whose handover is in the outbox and not confirmed: kept whole until it is."""
    failed: tuple[Matter, ...] = ()
    """Matters whose handover was refused, kept to be put right."""
    queue: tuple[str, ...] = ()
    """Other matters of a text that held several, waiting for their turn."""
    offered: tuple[Offered, ...] = ()
    picked: str | None = None
    """The last choice that acted: a second tap on it does nothing more."""
    handed: tuple[Handed, ...] = ()
    system_down: bool = False
    practice: Practice | None = None
    live: Live | None = None


class StaleConversationError(Exception):
    """The stored state has a schema this version does not read: tell the person with StateLost and start over."""


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Conversation]:
    return TypeAdapter(Conversation)


def to_json(conversation: Conversation) -> str:
    return _adapter().dump_json(conversation).decode()


def from_json(text: str) -> Conversation:
    """Raises StaleConversationError for a state written by another schema, or one that does not fit it."""
    try:
        conversation = _adapter().validate_json(text)
    except ValidationError:
        raise StaleConversationError("the stored conversation does not fit this version; start it over") from None
    if conversation.schema != SCHEMA:
        raise StaleConversationError(
            f"the stored conversation has schema {conversation.schema}, this version reads {SCHEMA}"
        )
    return conversation
