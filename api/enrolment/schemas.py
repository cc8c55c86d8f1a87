"""The shapes of chat accounts and their codes. Holds no rules."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Line

Client = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""The chat client's name: `telegram`, `matrix`."""

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Language = Literal["sv", "en"]


class NewCode(BaseModel):
    """`code` is for a program or a link, `shown` the same in groups for a person to type. `links`: client → address to open."""

    code: str
    shown: str
    expires_at: datetime
    links: dict[str, str]


class Redeem(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=80)]
    client: Client
    account: Line
    language: Language = "sv"


class Enrolment(BaseModel):
    """A chat account that speaks for a person. Its own name in the chat client is told to nobody but its person, on her page."""

    id: str
    client: str
    staff_id: str
    name: str
    language: str
    quiet_from: str | None
    quiet_to: str | None
    created_at: datetime


class Enrolments(BaseModel):
    items: list[Enrolment]


class Preferences(BaseModel):
    """When the account is left alone, in Swedish time; both or neither."""

    model_config = ConfigDict(extra="forbid")

    language: Language
    quiet_from: Clock | None = None
    quiet_to: Clock | None = None
