"""Every sealed column of the bot, for key rotation and backups. A new one is added here in the change that makes it."""

from typing import Final

from bot.gateways.tables import ConversationRow, LineRow
from common.outbox import OutboxRow
from common.sealed import SealedColumn

SEALED: Final = (
    SealedColumn(ConversationRow, "sealed", "bot_conversation:{id}"),
    SealedColumn(LineRow, "sealed", "bot_line:{conversation_id}:{number}"),
    SealedColumn(OutboxRow, "payload", "outbox:{key}", kinds=("bot.command", "bot.reminder")),
)
