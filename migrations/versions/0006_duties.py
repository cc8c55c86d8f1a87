"""Reading duties, reminders of one's own, retention by routine, how a message was closed, and since when the chat follows one."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()


def upgrade() -> None:
    op.create_table(
        "inbox_opening",
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "own_reminder",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("message_id", WORD, sa.ForeignKey("message.id"), nullable=False),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index("own_reminder_message", "own_reminder", ["message_id", "staff_id"])
    op.create_table(
        "retention_of_pack",
        sa.Column("organisation", WORD, primary_key=True),
        sa.Column("pack", WORD, primary_key=True),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
    )
    op.add_column("message", sa.Column("closed_as", WORD))
    op.add_column("bot_watched", sa.Column("at", MOMENT))
