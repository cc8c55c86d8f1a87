"""Who works where in which role, and how they and their programs are known: keys, sessions, links. Only hashes of secrets are kept."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from common.database import UtcDateTime


class StaffRow(SQLModel, table=True):
    __tablename__ = "staff"

    id: str = Field(primary_key=True)
    name: str
    active: bool = True
    demo: bool = False


class MembershipRow(SQLModel, table=True):
    """A person's role in a unit. The one with the latest `chosen_at` is where she works now."""

    __tablename__ = "membership"

    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    unit_id: str = Field(primary_key=True, foreign_key="unit.id", index=True)
    role: str
    chosen_at: datetime = Field(sa_type=UtcDateTime)


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


class SessionRow(SQLModel, table=True):
    __tablename__ = "browser_session"

    hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignInLinkRow(SQLModel, table=True):
    __tablename__ = "sign_in_link"

    hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id")
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
