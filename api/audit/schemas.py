"""The shape of the audit as auditors see it: ids and times, no content. Holds no rules."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.audit.service import Action
from api.fields import Moment, UnitId, Word

Actor = Annotated[str, StringConstraints(pattern=r"^(system|(staff|key):[A-Za-z0-9_-]{1,80})$")]


class AuditQuery(BaseModel):
    """Which deeds: every condition that is given must hold. `until` is not included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: Actor | None = Field(None, description="`staff:<id>`, `key:<id>` or `system`")
    action: Action | None = None
    unit: UnitId | None = None
    about: Word | None = Field(None, description="the id of a message or a draft")
    since: Moment | None = None
    until: Moment | None = None


class AuditSearch(AuditQuery):
    after: Word | None = Field(None, description="`next` of the page before")
    limit: int = Field(100, ge=1, le=500)


class AuditSample(AuditQuery):
    size: int = Field(20, ge=1, le=200)


class AuditOut(BaseModel):
    """One deed. `number` is its place in the chain, null until it is sealed."""

    kind: Literal["deed"] = "deed"
    id: str
    at: datetime
    action: str
    actor: str
    via: str | None
    unit: str | None
    about: str | None
    number: int | None
    sealed_at: datetime | None


class AuditList(BaseModel):
    items: list[AuditOut]
    next: str | None


class AuditSampled(BaseModel):
    """`of` is how many deeds the sample was drawn from."""

    items: list[AuditOut]
    of: int
