"""Who works where in which role, and how they and their programs are known: keys, sessions, links. Only hashes of secrets are kept."""

from datetime import date, datetime

from sqlalchemy import Index, true
from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class StaffRow(SQLModel, table=True):
    """`hsa_id`: who she is outside Lots, for sign-in and staff files. A person is never deleted, since the audit names her."""

    __tablename__ = "staff"
    __table_args__ = (Index("staff_hsa_id", "hsa_id", unique=True),)

    id: str = Field(primary_key=True)
    name: str
    active: bool = True
    demo: bool = False
    hsa_id: str | None = None
    language: str | None = None
    """What she reads Lots in; None: the house's own language."""
    blocked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Stopped by name: no file and no unit lets her in again, as they may somebody who had only left."""
    blocked_by: str | None = None


class MembershipRow(SQLModel, table=True):
    """A person's role in a unit. The one with the latest `chosen_at` is where she works now."""

    __tablename__ = "membership"

    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    unit_id: str = Field(primary_key=True, foreign_key="unit.id", index=True)
    role: str
    chosen_at: datetime = Field(sa_type=UtcDateTime)
    source: str | None = None
    """`import` where a staff file gave it: then the next file may take it away."""
    watches: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    """Whether she watches the unit's inbox, in a role that may read it."""


class AbsenceRow(SQLModel, table=True):
    """A person is away from a unit, both days included; `covered_by` watches its inbox in her place."""

    __tablename__ = "absence"
    __table_args__ = (Index("absence_unit", "unit_id"),)

    id: str = Field(primary_key=True)
    unit_id: str = Field(foreign_key="unit.id")
    staff_id: str = Field(foreign_key="staff.id")
    covered_by: str | None = Field(default=None, foreign_key="staff.id")
    first_day: date
    last_day: date
    set_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Taken back before its time."""


class ApiKeyRow(SQLModel, table=True):
    """A program's key: bound to a person, to a unit with a role, or (scope `on_behalf`) to nobody but whom each call names."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    hash: str = Field(unique=True)
    name: str
    on_behalf: bool = False
    staff_id: str | None = Field(default=None, foreign_key="staff.id")
    unit_id: str | None = Field(default=None, foreign_key="unit.id")
    role: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """To the minute."""
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Brought back by a restore, and of no use until it is released."""


class StaffIdentityRow(SQLModel, table=True):
    """Who a person is at the identity provider, where that is no HSA-id: a keyed hash, since the word itself is not needed."""

    __tablename__ = "staff_identity"

    lookup: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class SessionRow(SQLModel, table=True):
    """A sign-in in one browser. `id` names it on the person's own page; `units`: those that the sign-in was for, None for all of hers."""

    __tablename__ = "browser_session"
    __table_args__ = (Index("browser_session_staff", "staff_id", "expires_at"),)

    hash: str = Field(primary_key=True)
    id: str | None = None
    staff_id: str = Field(foreign_key="staff.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """To the minute."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    method: str | None = None
    device: str | None = None
    units: str | None = None


class SignInLinkRow(SQLModel, table=True):
    __tablename__ = "sign_in_link"

    hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id")
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
