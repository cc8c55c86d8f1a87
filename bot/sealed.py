"""Every sealed column of the bot, for key rotation and backups. A new one is added here in the change that makes it."""

from typing import Final

from bot.clients.matrix.tables import MatrixRoomRow
from bot.clients.telegram.tables import TelegramChatRow
from bot.gateways.tables import ConversationRow, LineRow
from bot.practice.tables import PracticeCardRow, PracticeGoRow
from common.outbox import OutboxRow
from common.sealed import SealedColumn

SEALED: Final = (
    SealedColumn(TelegramChatRow, "chat", "telegram_chat:{conversation_id}"),
    SealedColumn(MatrixRoomRow, "room", "matrix_room:{conversation_id}"),
    SealedColumn(ConversationRow, "sealed", "bot_conversation:{id}"),
    SealedColumn(LineRow, "sealed", "bot_line:{conversation_id}:{number}"),
    SealedColumn(PracticeCardRow, "sealed", "practice_card:{staff_id}:{scenario}"),
    SealedColumn(PracticeGoRow, "sealed", "practice_go:{id}"),
    SealedColumn(
        OutboxRow,
        "payload",
        "outbox:{key}",
        kinds=("bot.command", "bot.reminder", "bot.practice", "telegram.say", "telegram.erase"),
    ),
)
