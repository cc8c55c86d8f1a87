"""How long each organisation keeps its messages' content, and which were erased. Holds no rules."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class RetentionRow(SQLModel, table=True):
    """Days after a finished message's last event until its content is erased. No row: never."""

    __tablename__ = "retention"

    organisation: str = Field(primary_key=True)
    days: int
    set_at: datetime = Field(sa_type=UtcDateTime)


class RetentionOfPackRow(SQLModel, table=True):
    """Another time for what was sent by one routine: it goes before the organisation's. 0 days: always kept."""

    __tablename__ = "retention_of_pack"

    organisation: str = Field(primary_key=True)
    pack: str = Field(primary_key=True)
    days: int
    set_at: datetime = Field(sa_type=UtcDateTime)


class ErasedRow(SQLModel, table=True):
    """A message whose content was erased, and the name of the file it was written to first; of several, with a space between."""

    __tablename__ = "erased_message"

    message_id: str = Field(primary_key=True, foreign_key="message.id")
    at: datetime = Field(sa_type=UtcDateTime)
    export: str
