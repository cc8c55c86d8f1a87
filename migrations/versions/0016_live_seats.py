"""Which chats take part in a live exercise, and what of it was last shown there, so that they are told when it goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_live_seat",
        sa.Column("conversation_id", sa.String(200), sa.ForeignKey("bot_conversation.id"), primary_key=True),
        sa.Column("room", sa.String(80), nullable=False),
        sa.Column("shown", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
