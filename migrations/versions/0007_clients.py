"""Chat clients: which chat in Telegram shows a conversation, and how far."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()


def upgrade() -> None:
    op.create_table(
        "telegram_chat",
        sa.Column("conversation_id", WORD, primary_key=True),
        sa.Column("chat_hash", WORD, nullable=False),
        sa.Column("chat", WORD, nullable=False),
        sa.Column("delivered", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("batch_to", sa.Integer, nullable=False),
        sa.Column("unclear", sa.Boolean, nullable=False),
        sa.Column("place_id", sa.BigInteger),
        sa.Column("card_id", sa.BigInteger),
        sa.Column("last_cause", WORD, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("quiet", sa.Boolean, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
        sa.Column("claimed_until", MOMENT),
        sa.Column("claimed_by", WORD),
    )
    op.create_index("ix_telegram_chat_chat_hash", "telegram_chat", ["chat_hash"])
