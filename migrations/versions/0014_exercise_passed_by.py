"""A question of a live exercise that was passed by is come back to where it stood, not at its answer."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exercise", sa.Column("passed_by", sa.String, nullable=False, server_default=""))
