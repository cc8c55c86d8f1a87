"""Whom one rings is sealed: `whom` holds it, and `numbers` only what the directory has. Rows from before are sealed by the watch."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UNSEALED = sa.text("whom IS NULL")


def upgrade() -> None:
    op.add_column("phone_call", sa.Column("whom", sa.String))
    op.create_index("phone_call_unsealed", "phone_call", ["id"], sqlite_where=UNSEALED, postgresql_where=UNSEALED)
