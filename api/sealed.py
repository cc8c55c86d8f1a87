"""Every sealed column of the message API, for key rotation and backups. A new one is added here in the change that makes it."""

from typing import Final

from api.drafts.tables import DraftRow
from api.enrolment.tables import ChatAccountRow
from api.exercise.tables import ParticipantRow
from api.imports.tables import ImportFileRow
from api.messages.tables import EntryRow, MessageRow
from api.outage.tables import PatientRow, PhoneCallRow, SipRow
from common.sealed import SealedColumn

SEALED: Final = (
    SealedColumn(MessageRow, "consent", "message:{id}:consent"),
    SealedColumn(MessageRow, "content", "message:{id}:content"),
    SealedColumn(MessageRow, "person", "message:{id}:person"),
    SealedColumn(EntryRow, "sealed", "entry:{id}:words"),
    SealedColumn(DraftRow, "sealed", "draft:{id}"),
    SealedColumn(PatientRow, "sealed", "outage_patient:{id}"),
    SealedColumn(PhoneCallRow, "whom", "phone_call:{id}:whom"),
    SealedColumn(PhoneCallRow, "card", "phone_call:{id}:card"),
    SealedColumn(PhoneCallRow, "note", "phone_call:{id}:note"),
    SealedColumn(SipRow, "sealed", "outage_sip:{id}"),
    SealedColumn(ChatAccountRow, "account", "chat_account:{id}:account"),
    SealedColumn(ParticipantRow, "nickname", "exercise_participant:{id}"),
    SealedColumn(ImportFileRow, "content", "import:{id}"),
)
