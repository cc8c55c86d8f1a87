"""What a turn asks the shell for: queries answered within the turn, commands for the outbox. Frozen; carries out nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from knowledge.vocabulary import UnitType

# ── queries: read-only, or as harmless to repeat; run over HTTP, answered by QueryAnswered ──────────────────────────────


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """`GET /me` → ProfileFound."""

    type: Literal["who_am_i"] = "who_am_i"


@dataclass(frozen=True, slots=True)
class FindUnits:
    """`GET /units?query=&region=` → UnitsFound, best first. An empty query lists units of the type."""

    query: str
    region: str | None
    unit_type: UnitType | None = None
    limit: int = 5
    type: Literal["find_units"] = "find_units"


@dataclass(frozen=True, slots=True)
class MyMessages:
    """What I have sent and what became of it → MessagesListed."""

    type: Literal["my_messages"] = "my_messages"


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """One of my messages with the answers to it → MessageRead. Asked for on trusted clients only."""

    message_id: str
    type: Literal["read_message"] = "read_message"


@dataclass(frozen=True, slots=True)
class MyPractice:
    """How my practice stands in a routine → PracticeFound. Answered by the practice's own store, never by the message API."""

    pack: str
    type: Literal["my_practice"] = "my_practice"


@dataclass(frozen=True, slots=True)
class SeeRoom:
    """`GET /exercise-rooms/{code}` → RoomFound: where a live exercise stands."""

    code: str
    type: Literal["see_room"] = "see_room"


@dataclass(frozen=True, slots=True)
class JoinRoom:
    """`POST /exercise-rooms/{code}/participants` → RoomFound. Joined twice is as once."""

    code: str
    nickname: str
    type: Literal["join_room"] = "join_room"


@dataclass(frozen=True, slots=True)
class VoteInRoom:
    """`POST /exercise-rooms/{code}/votes` → RoomFound. One answer to a question in a round, however often it is sent."""

    code: str
    place: int
    round: int
    option: str
    type: Literal["vote_in_room"] = "vote_in_room"


Query = WhoAmI | FindUnits | MyMessages | ReadMessage | MyPractice | SeeRoom | JoinRoom | VoteInRoom

# ── commands: in the outbox in the turn's own transaction, carried out after it ─────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PersonRef:
    """`id_type` is `personnummer`, `samordningsnummer` or `reservnummer`; `id` is normalised."""

    id_type: str
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SectionText:
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """As `POST /messages` wants it. `basis`: `oral`, `written`, `process` or `secrecy_assessment`."""

    state: str
    basis: str | None = None
    obtained_by: str | None = None
    obtained_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MessageBody:
    """The body of `POST /messages`. `person` is None only in a draft for the secure page."""

    channel: str
    pack: str
    sender_unit: str
    recipient_units: tuple[str, ...]
    subject: str
    sections: tuple[SectionText, ...]
    consent: ConsentRecord
    person: PersonRef | None = None
    in_response_to: str | None = None
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class HandOver:
    """`POST /messages` with `Idempotency-Key` → HandedOver, HandOverFailed, or ApiUnreachable once and tried again."""

    body: MessageBody
    idempotency_key: str
    type: Literal["hand_over"] = "hand_over"


@dataclass(frozen=True, slots=True)
class CreateDraft:
    """`POST /drafts`: the rest is done on the secure page → DraftCreated."""

    body: MessageBody
    idempotency_key: str
    type: Literal["create_draft"] = "create_draft"


@dataclass(frozen=True, slots=True)
class MarkSent:
    """`POST /messages/{id}/sent`: the person has pasted the text into the system → CommandDone with the due date."""

    message_id: str
    type: Literal["mark_sent"] = "mark_sent"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """`POST /messages/{id}/follow_up`: what the person has seen of a copied message → CommandDone."""

    message_id: str
    state: Literal["read", "answered"]
    type: Literal["follow_up"] = "follow_up"


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """The person works at another of her units now → CommandDone; the shell asks `GET /me` anew at the next turn."""

    unit_id: str
    type: Literal["change_profile"] = "change_profile"


@dataclass(frozen=True, slots=True)
class ScheduleReminder:
    """A reminder of one's own where the routine gives no time → ReminderDue at that moment."""

    message_id: str
    number: str
    at: datetime
    type: Literal["schedule_reminder"] = "schedule_reminder"


@dataclass(frozen=True, slots=True)
class EraseIncoming:
    """Remove the person's last message from the chat where the client can, and keep it nowhere: it named a patient."""

    type: Literal["erase_incoming"] = "erase_incoming"


@dataclass(frozen=True, slots=True)
class ForgetQueued:
    """The matter is handed over or dropped: erase what the outbox still holds of delivered replies and commands of this conversation."""

    type: Literal["forget_queued"] = "forget_queued"


@dataclass(frozen=True, slots=True)
class PracticeAnswer:
    """One step of a go: what was asked, by which rule, what was chosen. `helped`: with a hint, or at a second try."""

    step: int
    kind: str
    channel: str
    rule: str
    chosen: str
    right: bool
    helped: bool = False


@dataclass(frozen=True, slots=True)
class RecordPractice:
    """A go at a scenario is over → kept by the practice's own store, once for each id. Never sent to the message API."""

    go: str
    pack: str
    scenario: str
    answers: tuple[PracticeAnswer, ...]
    type: Literal["record_practice"] = "record_practice"


@dataclass(frozen=True, slots=True)
class AnnouncePractice:
    """The person wants, or no longer wants, to be told in this conversation when something is due."""

    conversation: str
    on: bool
    type: Literal["announce_practice"] = "announce_practice"


@dataclass(frozen=True, slots=True)
class CallNumber:
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class MakeCall:
    """`POST /calls`: a card and a page for a call → CallMade."""

    numbers: tuple[CallNumber, ...]
    said: str
    idempotency_key: str
    type: Literal["make_call"] = "make_call"


@dataclass(frozen=True, slots=True)
class NoteCall:
    """`POST /calls/{id}/notes`: `reached`, `not_reached` or `left_word` → CallNoted."""

    call_id: str
    outcome: str
    idempotency_key: str
    type: Literal["note_call"] = "note_call"


@dataclass(frozen=True, slots=True)
class ReportOutage:
    """`POST /outages/reports`: it is down, `wide` for more than herself → CommandDone."""

    wide: bool
    type: Literal["report_outage"] = "report_outage"


Command = (
    MakeCall
    | NoteCall
    | ReportOutage
    | HandOver
    | CreateDraft
    | MarkSent
    | FollowUp
    | ChangeProfile
    | ScheduleReminder
    | EraseIncoming
    | ForgetQueued
    | RecordPractice
    | AnnouncePractice
)
