"""Practice and spaced repetition: cards, goes, and who wants to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "practice_card",
        sa.Column("staff_id", ID, primary_key=True),
        sa.Column("scenario", ID, primary_key=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    op.create_table(
        "practice_go",
        sa.Column("id", ID, primary_key=True),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    op.create_index("bot_practice_go_staff", "practice_go", ["staff_id", "at"])
    op.create_table(
        "practice_staff",
        sa.Column("staff_id", ID, primary_key=True),
        sa.Column("conversation_id", ID, nullable=False),
    )
