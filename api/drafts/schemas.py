"""The shapes of drafts: a message in which anything may still be missing. Holds no rules."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from api.fields import Prose, UnitId, Word
from api.messages.schemas import ConsentIn, In, PersonIn, SectionIn


class DraftIn(In):
    channel: Word
    pack: Word
    sender_unit: UnitId
    recipient_units: Annotated[list[UnitId], Field(max_length=20, default_factory=list)]
    person: PersonIn | None = None
    subject: Annotated[Prose, Field(max_length=200)] = ""
    sections: Annotated[list[SectionIn], Field(max_length=40, default_factory=list)]
    consent: ConsentIn | None = None
    in_response_to: Word | None = None
    exercise: StrictBool = False


class HandoverIn(In):
    """What is still missing, or changed at the last moment; what is not given stays as in the draft."""

    person: PersonIn | None = None
    consent: ConsentIn | None = None
    recipient_units: Annotated[list[UnitId], Field(min_length=1, max_length=20)] | None = None
    subject: Annotated[Prose, Field(max_length=200)] | None = None
    sections: Annotated[list[SectionIn], Field(max_length=40)] | None = None


class DraftOut(BaseModel):
    """`content` is null once the draft was handed over; `message_id` says what became of it."""

    id: str
    url: str
    content: DraftIn | None
    message_id: str | None
    created_at: datetime
    updated_at: datetime
