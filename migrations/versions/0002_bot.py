"""The bot's tables: conversations, what came in, lines, handed-over messages that are followed, and the follower of events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "bot_conversation",
        sa.Column("id", ID, primary_key=True),
        sa.Column("client", sa.String(20), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.Text),
        sa.Column("lost", sa.String(10)),
        sa.Column("next_line", sa.Integer, nullable=False),
        sa.Column("erased_before", sa.Integer, nullable=False),
        sa.Column("touched_at", MOMENT, nullable=False),
    )
    op.create_index("bot_conversation_staff", "bot_conversation", ["staff_id", "touched_at"])
    op.create_index("bot_conversation_touched", "bot_conversation", ["touched_at"])
    op.create_table(
        "bot_incoming",
        sa.Column("conversation_id", ID, sa.ForeignKey("bot_conversation.id"), primary_key=True),
        sa.Column("message_id", ID, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "bot_line",
        sa.Column("conversation_id", ID, sa.ForeignKey("bot_conversation.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("author", sa.String(10), nullable=False),
        sa.Column("cause", ID, nullable=False),
        sa.Column("tone", sa.String(20), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "bot_watched",
        sa.Column("message_id", ID, primary_key=True),
        sa.Column("conversation_id", ID, sa.ForeignKey("bot_conversation.id"), nullable=False),
    )
    op.create_table(
        "bot_follower",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("cursor", ID, nullable=False),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("held_until", MOMENT),
    )
