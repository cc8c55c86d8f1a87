"""Files that were uploaded and wait for their sender's confirmation. Holds no rules; what is in them is sealed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class ImportFileRow(SQLModel, table=True):
    __tablename__ = "import_file"

    id: str = Field(primary_key=True)
    kind: str
    """`units` or `staff`."""
    staff_id: str = Field(foreign_key="staff.id")
    content: str
    made_at: datetime = Field(sa_type=UtcDateTime)
