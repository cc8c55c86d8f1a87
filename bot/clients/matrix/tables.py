"""Which room shows a conversation, and how far; and which lines a message with choices stands for. Holds no words and nobody's name."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class MatrixRoomRow(SQLModel, table=True):
    __tablename__ = "matrix_room"

    conversation_id: str = Field(primary_key=True)
    room: str
    """The room and the person's account, sealed."""
    delivered: int = 0
    """The last line that is in the room."""
    batch_to: int = 0
    """The last line of the message at hand, when it may have got through; 0: none."""
    card: str | None = None
    """The latest message with choices, while nothing has come after it."""
    first: int = 0
    last: int = 0
    """The lines whose choices stand: a number that is typed picks one of them."""
    attempts: int = 0
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Not before then: the homeserver could not be reached."""
    quiet: bool = False
    """It waits for the person's quiet hours to end, and for nothing else."""
    parked: bool = False
    """The person has left: nothing is tried until she writes again."""


class MatrixCardRow(SQLModel, table=True):
    """A message with choices. A number put on it picks one of those that were seen."""

    __tablename__ = "matrix_card"

    event_id: str = Field(primary_key=True)
    conversation_id: str = Field(index=True)
    first: int
    last: int
    edit: str | None = None
    """The event that made it read so, until it has come back to us in the room's order. What is picked before then is of the lines before."""
    before_first: int = 0
    before_last: int = 0
    signs: str = "[]"
    """The numbers we have put on it, as events, in order (JSON)."""
