"""Every sealed column of the message API, for key rotation and backups. A new one is added here in the change that makes it."""

from typing import Final

from api.drafts.tables import DraftRow
from api.enrolment.tables import ChatAccountRow
from api.imports.tables import ImportFileRow
from api.messages.tables import EntryRow, MessageRow
from common.sealed import SealedColumn

SEALED: Final = (
    SealedColumn(MessageRow, "consent", "message:{id}:consent"),
    SealedColumn(MessageRow, "content", "message:{id}:content"),
    SealedColumn(MessageRow, "person", "message:{id}:person"),
    SealedColumn(EntryRow, "sealed", "entry:{id}:words"),
    SealedColumn(DraftRow, "sealed", "draft:{id}"),
    SealedColumn(ChatAccountRow, "account", "chat_account:{id}:account"),
    SealedColumn(ImportFileRow, "content", "import:{id}"),
)
