"""The audit's chain and its head, retention by organisation, what was erased, and where event cursors begin after a restore."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()
SEALED = sa.text("seq IS NOT NULL")
UNSEALED = sa.text("seq IS NULL")


def upgrade() -> None:
    op.add_column("audit", sa.Column("seq", sa.BigInteger))
    op.add_column("audit", sa.Column("sealed_at", MOMENT))
    op.add_column("audit", sa.Column("mac", WORD))
    op.create_index("audit_chain", "audit", ["seq"], unique=True, sqlite_where=SEALED, postgresql_where=SEALED)
    op.create_index("audit_unsealed", "audit", ["at", "id"], sqlite_where=UNSEALED, postgresql_where=UNSEALED)
    op.create_table(
        "audit_head",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("mac", WORD, nullable=False),
        sa.Column("holder", WORD, nullable=False),
        sa.Column("held_until", MOMENT),
    )
    op.create_table(
        "retention",
        sa.Column("organisation", WORD, primary_key=True),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
    )
    op.create_table(
        "erased_message",
        sa.Column("message_id", WORD, sa.ForeignKey("message.id"), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("export", WORD, nullable=False),
    )
    op.create_table(
        "event_epoch",
        sa.Column("base", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
    )
