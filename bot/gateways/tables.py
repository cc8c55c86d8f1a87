"""The bot's tables: conversations, what came in, what was said, and who follows events. Holds no text in the clear and no rules."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class ConversationRow(SQLModel, table=True):
    """Where one conversation is. `sealed` is the encrypted state, None when nothing is remembered; `lost` says why a matter is gone."""

    __tablename__ = "bot_conversation"

    id: str = Field(primary_key=True)
    client: str
    staff_id: str
    version: int = 0
    sealed: str | None = None
    lost: str | None = None
    next_line: int = 1
    erased_before: int = 0
    """Lines with a lower number are gone; a page that still shows them takes them away."""
    touched_at: datetime = Field(sa_type=UtcDateTime)
    """When the person last did something here."""


class IncomingRow(SQLModel, table=True):
    """What has been acted on, so that nothing is decided twice. Ids only, kept when the conversation is erased."""

    __tablename__ = "bot_incoming"

    conversation_id: str = Field(primary_key=True, foreign_key="bot_conversation.id")
    message_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


class LineRow(SQLModel, table=True):
    """One line of the conversation, encrypted. `cause` is the person's message, or the event, that it belongs to."""

    __tablename__ = "bot_line"

    conversation_id: str = Field(primary_key=True, foreign_key="bot_conversation.id")
    number: int = Field(primary_key=True)
    author: str
    cause: str
    tone: str
    sealed: str
    at: datetime = Field(sa_type=UtcDateTime)


class WatchedRow(SQLModel, table=True):
    """Which conversation handed over a message, so that what happens to it is told there."""

    __tablename__ = "bot_watched"

    message_id: str = Field(primary_key=True)
    conversation_id: str = Field(foreign_key="bot_conversation.id")
    at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when; None for those from before this was written down."""


class LiveSeatRow(SQLModel, table=True):
    """A conversation that takes part in a live exercise. `room` is a keyed hash of its code, `shown` what of it was last shown."""

    __tablename__ = "bot_live_seat"

    conversation_id: str = Field(primary_key=True, foreign_key="bot_conversation.id")
    room: str
    shown: str
    at: datetime = Field(sa_type=UtcDateTime)


class FollowerRow(SQLModel, table=True):
    """How far the event log has been read, and which process holds the lease to read it."""

    __tablename__ = "bot_follower"

    name: str = Field(primary_key=True)
    cursor: str = ""
    holder: str = ""
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
