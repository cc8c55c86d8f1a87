"""Access that is stopped stays stopped: blocked people, chat accounts renewed now and then, and what a restore holds until it is released.

Until now nobody but the operator made somebody inactive who still had a place to work: these are blocked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("staff", sa.Column("blocked_at", MOMENT))
    op.add_column("staff", sa.Column("blocked_by", sa.String))
    op.add_column("chat_account", sa.Column("renewed_at", MOMENT))
    op.add_column("chat_account", sa.Column("held_at", MOMENT))
    op.add_column("api_key", sa.Column("held_at", MOMENT))
    _block()


def _block() -> None:
    staff = sa.table(
        "staff",
        sa.column("id"),
        sa.column("active", sa.Boolean),
        sa.column("blocked_at", MOMENT),
        sa.column("blocked_by", sa.String),
    )
    works = sa.select(sa.table("membership", sa.column("staff_id")).c.staff_id)
    stopped = sa.not_(staff.c.active) & staff.c.id.in_(works)
    op.execute(staff.update().where(stopped).values(blocked_at=sa.func.current_timestamp(), blocked_by="system"))
