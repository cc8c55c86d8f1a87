"""Which chat a conversation is shown in, and how far: the one row that a sender leases. Holds no words and nobody's name."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class TelegramChatRow(SQLModel, table=True):
    __tablename__ = "telegram_chat"

    conversation_id: str = Field(primary_key=True)
    chat_hash: str = Field(index=True)
    """A keyed hash of the chat's number, which is also the person's account."""
    chat: str
    """The number itself, sealed."""
    delivered: int = 0
    """The last line that is in the chat."""
    part: int = 0
    """How many parts of the next batch are in the chat already."""
    batch_to: int = 0
    """The last line of the batch at hand, once a part of it may have got through; 0: not begun."""
    unclear: bool = False
    """The part at hand may be in the chat: it is sent once more, marked as a repeat."""
    place_id: int | None = Field(default=None, sa_type=BigInteger)
    """The message that the repeat is written into."""
    card_id: int | None = Field(default=None, sa_type=BigInteger)
    """The latest message, where a tap on it turns it into the answer."""
    last_cause: str = ""
    attempts: int = 0
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Not before then: Telegram asked us to wait, or could not be reached."""
    quiet: bool = False
    """It waits for the person's quiet hours to end, and for nothing else."""
    parked: bool = False
    """Blocked or gone: nothing is tried until the person writes again."""
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_by: str | None = None
