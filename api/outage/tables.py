"""Outages, who reported and was told, calls, patients and their ticks, SIPs by phone. What is personal is sealed. Holds no rules."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
_UNSEALED = text("whom IS NULL")


class OutageRow(SQLModel, table=True):
    """One outage of one message system in a region, or in one organisation of it. `state`: `planned`, `suspected`, `confirmed`, `ended`, `dismissed`."""

    __tablename__ = "outage"
    __table_args__ = (Index("outage_scope", "region", "state"),)

    id: str = Field(primary_key=True)
    region: str
    organisation: str | None = None
    """None: every organisation of the region."""
    system: str
    pack: str
    exercise: bool
    state: str
    source: str
    """`staff`, `administrator`, `health` or `planned`: what began it."""
    open_key: str | None = Field(default=None, unique=True)
    """Held while it is suspected or confirmed, so that there is one at a time; None before and after."""
    units: str = "[]"
    """Of an exercise: the ids of the units that take part, as JSON."""
    speed: int = 1
    """Of an exercise: how many times faster its time goes."""
    planned_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    planned_to: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    applies_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the whole routine was said to apply."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    confirmed_by: str | None = None
    ended_by: str | None = None


class ReportRow(SQLModel, table=True):
    """One member of staff who says that it is down for more than herself."""

    __tablename__ = "outage_report"

    outage_id: str = Field(primary_key=True, foreign_key="outage.id")
    staff_id: str = Field(primary_key=True)
    unit_id: str
    at: datetime = Field(sa_type=UtcDateTime)


class CheckRow(SQLModel, table=True):
    """What the health checks of one place remember between them. `target`: region, a slash, and the organisation if it is one's own."""

    __tablename__ = "outage_check"

    target: str = Field(primary_key=True)
    passing: bool = True
    run: int = 0
    since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    down: bool = False
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class NoticeRow(SQLModel, table=True):
    """One thing told to one person, once: the key makes it stand once. `tx` as in `event`."""

    __tablename__ = "outage_notice"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "staff_id"),
        Index("outage_notice_order", "tx", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SEQUENCE)
    tx: int = Field(default=0, sa_type=BigInteger)
    kind: str
    """`planned`, `began`, `applies`, `ended` or `call_again`."""
    subject: str
    """The outage's id, or the call's with the number of the try."""
    call_id: str | None = None
    outage_id: str | None = Field(default=None, foreign_key="outage.id")
    staff_id: str
    at: datetime = Field(sa_type=UtcDateTime)


class PatientRow(SQLModel, table=True):
    """A line of a unit's worklist. `sealed` holds who it is, None where only the number is known or when it was erased."""

    __tablename__ = "outage_patient"
    __table_args__ = (UniqueConstraint("outage_id", "unit_id", "number"),)

    id: str = Field(primary_key=True)
    outage_id: str = Field(foreign_key="outage.id")
    unit_id: str = Field(foreign_key="unit.id")
    role: str
    number: int
    sealed: str | None = None
    admitted: str = "before"
    discharged: str = "no"
    ready: str = "no"
    gone_home: str = "no"
    sip_date_agreed: str = "no"
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    delete_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)


class TickRow(SQLModel, table=True):
    """Something done: for a patient, a SIP or the unit itself. `subject` is its id."""

    __tablename__ = "outage_tick"

    outage_id: str = Field(primary_key=True, foreign_key="outage.id")
    unit_id: str = Field(primary_key=True, foreign_key="unit.id")
    subject: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str


class PhoneCallRow(SQLModel, table=True):
    """A call to make or made: in an outage, or of an urgent matter. `card` is what to say, `note` what came of it; sealed, as is `whom`."""

    __tablename__ = "phone_call"
    __table_args__ = (
        UniqueConstraint("unit_id", "number"),
        Index("phone_call_retry", "retry_at"),
        Index("phone_call_delete", "delete_at"),
        Index("phone_call_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

    id: str = Field(primary_key=True)
    unit_id: str = Field(foreign_key="unit.id")
    number: int
    staff_id: str
    outage_id: str | None = Field(default=None, foreign_key="outage.id", index=True)
    patient_id: str | None = Field(default=None, foreign_key="outage_patient.id")
    item: str | None = None
    """Which call of the routine it is, where it is one."""
    exercise: bool = False
    numbers: str = "[]"
    """Whom to ring, in order, as JSON: the directory's own numbers, and a sign for each of the others."""
    whom: str | None = None
    """The same with all of them, sealed. None: the version before wrote the row, and all of them stand in `numbers`."""
    place: int = 0
    """Which of the numbers is next."""
    outcome: str | None = None
    """`reached`, `not_reached` or `left_word`; None while nobody has rung."""
    tries: int = 0
    card: str | None = None
    note: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    called_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delete_at: datetime = Field(sa_type=UtcDateTime)


class SipRow(SQLModel, table=True):
    """A SIP called by phone. `sealed` holds the agreed day, the parties' names and the meeting's notes."""

    __tablename__ = "outage_sip"
    __table_args__ = (UniqueConstraint("outage_id", "unit_id", "number"),)

    id: str = Field(primary_key=True)
    outage_id: str = Field(foreign_key="outage.id")
    unit_id: str = Field(foreign_key="unit.id")
    patient_id: str | None = Field(default=None, foreign_key="outage_patient.id")
    number: int
    staff_id: str
    sealed: str | None = None
    date_agreed: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    delete_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
