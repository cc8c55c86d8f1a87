"""What came in: the closed union of events that a conversation can meet. Frozen values; decides nothing and knows no chat client.

A person says, picks or commands. The shell answers a query within the turn, or tells what became of a command from the outbox.
The message API tells what happened to a message. Every class has a literal `type`, so that each is one JSON object.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.findings import QueryResult


class CommandName(StrEnum):
    START = "start"
    CANCEL = "cancel"
    RESTART = "restart"
    HELP = "help"
    MESSAGES = "messages"
    PROFILE = "profile"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True)
class TextSaid:
    """Free text as it was written. It may be empty, very long, or in any script."""

    text: str
    type: Literal["text_said"] = "text_said"


@dataclass(frozen=True, slots=True)
class ChoicePicked:
    """A tap: the id of a choice that was offered, now or long ago."""

    choice: str
    type: Literal["choice_picked"] = "choice_picked"


@dataclass(frozen=True, slots=True)
class CommandGiven:
    command: CommandName
    type: Literal["command_given"] = "command_given"


# ── answers to queries: run over HTTP within the turn ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class QueryAnswered:
    result: QueryResult
    type: Literal["query_answered"] = "query_answered"


# ── what became of commands: from the outbox, later ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the message API said on handover. `delivery` is `built_in`, `copy_out` or `port`; no due date: none is promised."""

    message_id: str
    number: str
    status: str
    delivery: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    idempotency_key: str
    receipt: Receipt
    type: Literal["handed_over"] = "handed_over"


@dataclass(frozen=True, slots=True)
class HandOverFailed:
    """The API refused: `code` is a problem's stable code, `detail` its own sentence for the person."""

    idempotency_key: str
    code: str
    detail: str = ""
    type: Literal["hand_over_failed"] = "hand_over_failed"


@dataclass(frozen=True, slots=True)
class ApiUnreachable:
    """The API gave no answer; the outbox goes on trying with the same key. Sent once, at the first failed attempt."""

    idempotency_key: str
    type: Literal["api_unreachable"] = "api_unreachable"


@dataclass(frozen=True, slots=True)
class DraftCreated:
    """A draft lies on the secure page. `url` is absolute, or a path under the server's own address."""

    draft_id: str
    url: str
    type: Literal["draft_created"] = "draft_created"


@dataclass(frozen=True, slots=True)
class CallMade:
    """A call has its card on a page. `name` and `phone`: whom to ring first; None where only the page may show it."""

    call_id: str
    number: int
    name: str | None
    phone: str | None
    url: str
    type: Literal["call_made"] = "call_made"


@dataclass(frozen=True, slots=True)
class CallNoted:
    """What came of a call is noted. `name` and `phone`: whom to ring next, when nobody was reached; None where only the page may show it."""

    call_id: str
    number: int
    outcome: str
    name: str | None
    phone: str | None
    url: str
    retry_at: datetime | None = None
    type: Literal["call_noted"] = "call_noted"


@dataclass(frozen=True, slots=True)
class CommandDone:
    """Any other command went through."""

    command: str
    """The `type` of the command."""
    message_id: str | None = None
    due_at: datetime | None = None
    type: Literal["command_done"] = "command_done"


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """Any other command was refused for good; `detail` is the problem's own sentence."""

    command: str
    code: str
    detail: str = ""
    message_id: str | None = None
    type: Literal["command_failed"] = "command_failed"


# ── what happened elsewhere ─────────────────────────────────────────────────────────────────────────────────────────────


class MessageHappening(StrEnum):
    HANDED_OVER = "message_handed_over"
    TO_COPY = "message_to_copy"
    RECEIVED = "message_received"
    ACKNOWLEDGED = "message_acknowledged"
    ANSWERED = "message_answered"
    FORWARDED = "message_forwarded"
    OVERDUE = "message_overdue"
    DUE_SOON = "message_due_soon"
    SUPPLEMENTED = "message_supplemented"
    NOT_SENT = "message_not_sent"
    UNDELIVERED = "message_undelivered"
    UNIT_CLOSED = "message_unit_closed"
    REMINDER = "message_reminder"
    WATCH_UNREAD = "watch_unread"
    WATCH_DUE_SOON = "watch_due_soon"
    WATCH_OVERDUE = "watch_overdue"


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """Something happened to a message that this person sent or receives. Never carries its text."""

    happening: MessageHappening
    message_id: str
    number: str
    unit_name: str | None = None
    at: datetime | None = None
    phone: str | None = None
    """The number to ring when a message is overdue or reached nobody."""
    due_at: datetime | None = None
    """When an answer is due, with a receipt."""
    asks_for_more: bool = False
    """The answer is a question back."""
    type: Literal["message_event"] = "message_event"


@dataclass(frozen=True, slots=True)
class OutageChanged:
    """The message system of the person's organisation went down or came back."""

    system: str
    down: bool
    type: Literal["outage_changed"] = "outage_changed"


@dataclass(frozen=True, slots=True)
class OutageNotice:
    """Something told of an outage that turns nothing by itself: `planned`, `applies`, `call_again`, or anything of an exercise."""

    kind: str
    system: str
    exercise: bool = False
    at: datetime | None = None
    call_id: str | None = None
    number: int | None = None
    name: str | None = None
    phone: str | None = None
    type: Literal["outage_notice"] = "outage_notice"


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """A reminder that the person chose."""

    message_id: str
    number: str
    type: Literal["reminder_due"] = "reminder_due"


@dataclass(frozen=True, slots=True)
class ExerciseMoved:
    """A live exercise has opened a question, or shows its answer."""

    code: str
    type: Literal["exercise_moved"] = "exercise_moved"


@dataclass(frozen=True, slots=True)
class PracticeDue:
    """Scenarios that the person has practised come again today, and she has asked to be told."""

    count: int
    type: Literal["practice_due"] = "practice_due"


@dataclass(frozen=True, slots=True)
class StateLost:
    """The conversation that was could not be read on: `schema` (Lots was updated) or `idle` (forgotten after a day)."""

    reason: Literal["schema", "idle"]
    type: Literal["state_lost"] = "state_lost"


PersonEvent = TextSaid | ChoicePicked | CommandGiven
"""What a person did. Every one of them is answered."""

Outcome = (
    HandedOver | HandOverFailed | ApiUnreachable | DraftCreated | CallMade | CallNoted | CommandDone | CommandFailed
)

Event = (
    PersonEvent
    | QueryAnswered
    | Outcome
    | MessageEvent
    | OutageChanged
    | OutageNotice
    | ReminderDue
    | PracticeDue
    | ExerciseMoved
    | StateLost
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event on its way to its conversation. A client that sends the same `message_id` twice is answered once."""

    conversation_id: str
    message_id: str
    event: Event
    language: str | None = None
    """What the person has chosen to read Lots in, where the client knows."""
