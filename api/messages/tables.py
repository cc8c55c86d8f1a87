"""Messages, who they went to, what was done with them, and which calls were made before. Everything personal is sealed. Holds no rules."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel

from common.database import UtcDateTime


class MessageRow(SQLModel, table=True):
    """`content` (subject and sections) and `person` are None where the content is not kept (`copy_out`)."""

    __tablename__ = "message"
    __table_args__ = (Index("message_sent", "sender_unit", "created_at", "id"),)

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    thread: str = Field(index=True)
    """The id of the thread's first message."""
    in_response_to: str | None = None
    pack: str
    channel: str
    sender_unit: str = Field(foreign_key="unit.id")
    sender_staff: str | None = Field(default=None, foreign_key="staff.id")
    exercise: bool
    delivery: str
    state: str
    """`to_copy`, `to_send`, `sent`, `delivered`, `undelivered` or `closed`: what the recipients do is with them."""
    follow_up: str | None = None
    """What the sender has seen of a message that was copied: `read` or `answered`."""
    closed_as: str | None = None
    """`done` or `wrong`: sent to the wrong place, or about the wrong person."""
    consent_state: str
    consent_basis: str | None = None
    consent: str
    content: str | None = None
    person: str | None = None
    person_hash: str | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecipientRow(SQLModel, table=True):
    """One unit that the message lies with. `hidden` keeps exercises and what was copied out of inboxes."""

    __tablename__ = "message_recipient"
    __table_args__ = (Index("message_inbox", "unit_id", "hidden", "received_at", "message_id"),)

    message_id: str = Field(primary_key=True, foreign_key="message.id")
    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    state: str
    """`received`, `acknowledged`, `answered` or `forwarded`."""
    added_as: str
    """`recipient`, `forward` or `participant`."""
    hidden: bool
    received_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EntryRow(SQLModel, table=True):
    """One thing done with a message, in the order it was done. `sealed` holds its words."""

    __tablename__ = "message_entry"

    id: str = Field(primary_key=True)
    message_id: str = Field(foreign_key="message.id", index=True)
    kind: str
    unit_id: str = Field(foreign_key="unit.id")
    other_unit: str | None = Field(default=None, foreign_key="unit.id")
    staff_id: str | None = Field(default=None, foreign_key="staff.id")
    sealed: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)


class CallRow(SQLModel, table=True):
    """A call with an `Idempotency-Key`: by whom, a keyed hash of what was asked, and what it made."""

    __tablename__ = "idempotent_call"

    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    result: str
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class NumberRow(SQLModel, table=True):
    """The next message number of a year that no process has taken."""

    __tablename__ = "message_number"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    next: int
