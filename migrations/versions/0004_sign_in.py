"""Sign-in through an identity provider, sessions one can see and end, keys that expire, and chat accounts with their codes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()
IN_USE = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.add_column("api_key", sa.Column("last_used_at", MOMENT))
    op.add_column("browser_session", sa.Column("id", WORD))
    op.add_column("browser_session", sa.Column("seen_at", MOMENT))
    op.add_column("browser_session", sa.Column("method", WORD))
    op.add_column("browser_session", sa.Column("device", WORD))
    op.add_column("browser_session", sa.Column("units", WORD))
    op.create_index("browser_session_staff", "browser_session", ["staff_id", "expires_at"])
    op.create_table(
        "staff_identity",
        sa.Column("lookup", WORD, primary_key=True),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "chat_account",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("client", WORD, nullable=False),
        sa.Column("account_hash", WORD, nullable=False),
        sa.Column("account", WORD, nullable=False),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("language", WORD, nullable=False),
        sa.Column("quiet_from", WORD),
        sa.Column("quiet_to", WORD),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_index(
        "chat_account_in_use",
        "chat_account",
        ["client", "account_hash"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )
    op.create_table(
        "enrolment_code",
        sa.Column("hash", WORD, primary_key=True),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False, index=True),
        sa.Column("used_at", MOMENT),
        sa.Column("used_by", WORD, sa.ForeignKey("chat_account.id")),
    )
