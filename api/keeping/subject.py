"""Everything an organisation keeps about one person, by the keyed hash of her number: for her right to know. Writes nothing but the deed."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.audit.service import Action, note
from api.audit.tables import AuditRow
from api.authorisation import Caller
from api.context import Api
from api.errors import ValidationFailed
from api.fields import Line, Word
from api.keeping.records import MessageRecord, records_of
from api.messages import sealing
from api.messages.checks import person_id
from api.messages.schemas import In, PersonIn
from api.messages.tables import MessageRow, RecipientRow
from api.units.tables import UnitRow
from triage.identity import NUMBERS, identify


class SubjectIn(In):
    """Whose, and in which case: `id_type` is personnummer, samordningsnummer or reservnummer; `reference` the case's number."""

    id_type: Word
    id: Annotated[str, Field(min_length=1, max_length=40)]
    reference: Annotated[Line, Field(min_length=3, max_length=60)]


class Access(BaseModel):
    """That someone at a unit did something with a message about the person. Not who: that is for the auditor's own check."""

    at: datetime
    unit: str | None
    action: str
    message: str


class SubjectOut(BaseModel):
    made_at: datetime
    messages: list[MessageRecord]
    accesses: list[Access]


async def everything_about(api: Api, caller: Caller, body: SubjectIn) -> SubjectOut:
    """Messages to or from the organisation where she works now, and what was done with them there. The number is never kept or logged.

    The deed stands in the audit by the case, by the person's hash, and by each message that was handed out.
    """
    if any(span.kind in NUMBERS for span in identify(body.reference, api.knowledge.names)):
        raise ValidationFailed(variant="reference")
    here = caller.here
    person = person_id(PersonIn(id_type=body.id_type, id=body.id))
    key, now = sealing.person_hash(api.cipher, person), api.now()
    ours = select(UnitRow.id).where(UnitRow.organisation == here.organisation)
    received = select(RecipientRow.message_id).where(col(RecipientRow.unit_id).in_(ours))
    about = select(MessageRow).where(
        MessageRow.person_hash == key,
        or_(col(MessageRow.sender_unit).in_(ours), col(MessageRow.id).in_(received)),
    )
    async with api.db.write() as session:
        messages = (await session.exec(about.order_by(col(MessageRow.created_at), col(MessageRow.id)))).all()
        records = await records_of(session, api.cipher, messages)
        accesses = await _accesses(session, [message.id for message in messages], col(AuditRow.unit_id).in_(ours))
        for about_what in (body.reference, key, *(message.id for message in messages)):
            note(session, caller, now, Action.SUBJECT_ACCESS, here.unit_id, about_what)
    return SubjectOut(made_at=now, messages=records, accesses=accesses)


async def _accesses(session: AsyncSession, message_ids: list[str], in_units: ColumnElement[bool]) -> list[Access]:
    wanted = select(AuditRow).where(col(AuditRow.object_id).in_(message_ids), in_units)
    rows = (await session.exec(wanted.order_by(col(AuditRow.at), col(AuditRow.id)))).all()
    return [Access(at=row.at, unit=row.unit_id, action=row.action, message=row.object_id or "") for row in rows]
