"""Lots in Matrix: which room shows a conversation, and what its cards stand for."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()


def upgrade() -> None:
    op.create_table(
        "matrix_room",
        sa.Column("conversation_id", WORD, primary_key=True),
        sa.Column("room", WORD, nullable=False),
        sa.Column("delivered", sa.Integer, nullable=False),
        sa.Column("batch_to", sa.Integer, nullable=False),
        sa.Column("card", WORD),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("quiet", sa.Boolean, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "matrix_card",
        sa.Column("event_id", WORD, primary_key=True),
        sa.Column("conversation_id", WORD, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("edit", WORD),
        sa.Column("before_first", sa.Integer, nullable=False),
        sa.Column("before_last", sa.Integer, nullable=False),
        sa.Column("signs", WORD, nullable=False),
    )
    op.create_index("ix_matrix_card_conversation_id", "matrix_card", ["conversation_id"])
