"""The shapes of messages over HTTP. Says what can be read, not what is allowed: that is `checks`."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from api.fields import Line, Moment, Prose, UnitId, Word, Words
from knowledge.vocabulary import ConsentState

ATTACHMENT_FIELD: Final = re.compile(r"attach|bilag|bifog|file|document|image|media|upload", re.IGNORECASE)
ATTACHMENT_TEXT: Final = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w=.-]+)*;base64,", re.IGNORECASE)
"""A file written into a text."""


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _no_attachments(cls, value: object) -> object:
        """A field that looks like a file is refused as such; an empty one is as none at all."""
        if not isinstance(value, Mapping):
            return value
        suspects = [
            key
            for key in value
            if isinstance(key, str) and key not in cls.model_fields and ATTACHMENT_FIELD.search(key)
        ]
        if any(value[key] for key in suspects):
            raise PydanticCustomError("attachment_forbidden", "Files cannot be sent.")
        return {key: held for key, held in value.items() if key not in suspects}


class PersonIn(In):
    id_type: Word
    id: Annotated[str, Field(min_length=1, max_length=40)]
    name: Line | None = None


class SectionIn(In):
    heading: Annotated[Prose, Field(max_length=200)] = ""
    text: Prose

    @model_validator(mode="after")
    def _no_file_in_the_text(self) -> "SectionIn":
        if ATTACHMENT_TEXT.search(self.text):
            raise PydanticCustomError("attachment_forbidden", "Files cannot be sent.")
        return self


class ConsentIn(In):
    """`obtained_by` is a role in words. What each state needs besides is checked apart."""

    state: ConsentState
    basis: Literal["oral", "written", "process", "secrecy_assessment"] | None = None
    obtained_by: Line | None = None
    obtained_at: Moment | None = None
    decided_by: Line | None = None
    reason: Annotated[Prose, Field(max_length=2000)] | None = None


class MessageIn(In):
    channel: Word
    pack: Word
    sender_unit: UnitId
    recipient_units: Annotated[list[UnitId], Field(min_length=1, max_length=20)]
    person: PersonIn
    subject: Line
    sections: Annotated[list[SectionIn], Field(max_length=40)]
    consent: ConsentIn | None = None
    in_response_to: Word | None = None
    exercise: StrictBool = False


class AnswerIn(In):
    text: Words
    kind: Literal["answer", "request_more", "redirect"] = "answer"


class ForwardingIn(In):
    recipient_unit: UnitId
    reason: Annotated[Words, Field(max_length=2000)]


class SupplementIn(In):
    heading: Annotated[Prose, Field(max_length=200)] = ""
    text: Words


class ParticipantIn(In):
    unit: UnitId


class NothingIn(In):
    """A body without fields: the call says it all."""


class FollowUpIn(In):
    state: Literal["read", "answered"]


class ClosingIn(In):
    """`wrong`: it went to the wrong place or is about the wrong person."""

    reason: Literal["done", "wrong"] = "done"


class RecipientOut(BaseModel):
    unit: str
    unit_name: str
    state: str
    """`received`, `acknowledged`, `answered` or `forwarded`."""
    added_as: str
    received_at: datetime
    read_at: datetime | None
    acknowledged_at: datetime | None
    answered_at: datetime | None
    asks_for_more: bool = False
    """Its latest answer asks for more, and the sender has not filled in or sent more in the thread since."""


class MessageSummary(BaseModel):
    """A message without a word of what it says or whom it is about."""

    id: str
    number: str
    thread: str
    in_response_to: str | None
    status: str
    delivery: str
    pack: str
    channel: str
    channel_label: str
    sender_unit: str
    sender_unit_name: str
    sent_by_me: bool
    recipients: list[RecipientOut]
    asked_for_more: bool
    """One of them asks for more: the sender is awaited, whatever `status` says."""
    exercise: bool
    follow_up: str | None
    closed_as: str | None
    """Of a closed message: `done`, or `wrong` where its sender says that it was wrongly sent."""
    consent_state: str
    consent_basis: str | None
    created_at: datetime
    sent_at: datetime | None
    due_at: datetime | None
    earliest_answer_at: datetime | None


class PersonOut(BaseModel):
    id_type: str
    id: str
    name: str | None


class SectionOut(BaseModel):
    heading: str
    text: str


class ConsentOut(BaseModel):
    state: str
    basis: str | None = None
    obtained_by: str | None = None
    obtained_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None


class EntryOut(BaseModel):
    """One thing done with a message. `kind`: `answer`, `request_more`, `redirect`, `forwarding`, `supplement`, `participant`, `acknowledgement`, `sent`, `follow_up`, `closing` or `wrongly_sent`."""

    id: str
    kind: str
    unit: str
    unit_name: str
    other_unit: str | None
    other_unit_name: str | None
    heading: str | None
    text: str | None
    at: datetime


class InboxItem(MessageSummary):
    """A message in a unit's inbox; `unit_state` is what this unit has done with it."""

    unit_state: str
    read_at: datetime | None
    received_at: datetime
    subject: str | None
    person: PersonOut | None


class MessageOut(MessageSummary):
    """A whole message. `subject`, `sections` and `person` are null where the content is not kept here."""

    subject: str | None
    sections: list[SectionOut] | None
    person: PersonOut | None
    consent: ConsentOut
    entries: list[EntryOut]


class SentList(BaseModel):
    items: list[MessageSummary]
    next: str | None


class InboxList(BaseModel):
    items: list[InboxItem]
    next: str | None
