"""What an organisation keeps about one person, by her number: for her right to know. Says what it cannot search; writes nothing but the deed."""

from datetime import datetime
from enum import StrEnum
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
from api.keeping.outages import CallRecord, PatientRecord, SipRecord, outages_about
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
    """That someone at a unit did something with a message about the person, or with her call, SIP or line of a worklist (`message` is its id).

    Not who: that is for the auditor's own check.
    """

    at: datetime
    unit: str | None
    action: str
    message: str


class NotSearched(StrEnum):
    """What may hold something of a person and cannot be searched by her number."""

    DRAFTS = "drafts"
    CONVERSATIONS = "conversations"
    WITHOUT_NUMBER = "outages_without_whole_number"
    """Lines of worklists, calls and SIPs by phone that name her some other way."""
    OTHERS = "messages_about_others"
    """Where she is named in the text."""
    FILES = "exported_files_and_backups"


class SubjectOut(BaseModel):
    """`patients`, `calls` and `sips`: of outages, where the whole number was written. Another's may be among them: see docs/operator.md."""

    made_at: datetime
    messages: list[MessageRecord]
    patients: list[PatientRecord]
    calls: list[CallRecord]
    sips: list[SipRecord]
    accesses: list[Access]
    not_searched: list[NotSearched]


async def kept_about(api: Api, caller: Caller, body: SubjectIn) -> SubjectOut:
    """Messages to or from the organisation where she works now, what outages have left there, and what was done with it there.

    The number is never kept or logged. The deed stands in the audit by the case, by the person's hash, and by each thing handed out.
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
    async with api.db.read() as session:
        units = (await session.exec(ours)).all()
        outages = await outages_about(session, api.cipher, person, units)
    async with api.db.write() as session:
        messages = (await session.exec(about.order_by(col(MessageRow.created_at), col(MessageRow.id)))).all()
        records = await records_of(session, api.cipher, messages)
        handed_out = [*(message.id for message in messages), *outages.ids]
        accesses = await _accesses(session, handed_out, col(AuditRow.unit_id).in_(ours))
        for about_what in (body.reference, key, *handed_out):
            note(session, caller, now, Action.SUBJECT_ACCESS, here.unit_id, about_what)
    return SubjectOut(
        made_at=now,
        messages=records,
        patients=outages.patients,
        calls=outages.calls,
        sips=outages.sips,
        accesses=accesses,
        not_searched=list(NotSearched),
    )


async def _accesses(session: AsyncSession, ids: list[str], in_units: ColumnElement[bool]) -> list[Access]:
    wanted = select(AuditRow).where(col(AuditRow.object_id).in_(ids), in_units)
    rows = (await session.exec(wanted.order_by(col(AuditRow.at), col(AuditRow.id)))).all()
    return [Access(at=row.at, unit=row.unit_id, action=row.action, message=row.object_id or "") for row in rows]
