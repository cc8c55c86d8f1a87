"""People, memberships and the unit directory: outside identities, closed units, delivery by unit, leave, and files on their way in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()


def upgrade() -> None:
    _units()
    _people()
    op.create_table(
        "import_file",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("content", WORD, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
    )


def _units() -> None:
    op.add_column("unit", sa.Column("hsa_id", WORD))
    op.add_column("unit", sa.Column("closed_at", MOMENT))
    op.create_index("unit_hsa_id", "unit", ["hsa_id"], unique=True)
    op.create_index("unit_organisation", "unit", ["organisation"])
    op.create_table(
        "unit_delivery",
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("channel", WORD, primary_key=True),
        sa.Column("delivery", WORD, nullable=False),
    )
    op.create_table(
        "directory_version",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _people() -> None:
    op.add_column("staff", sa.Column("hsa_id", WORD))
    op.create_index("staff_hsa_id", "staff", ["hsa_id"], unique=True)
    op.add_column("membership", sa.Column("source", WORD))
    op.add_column("membership", sa.Column("watches", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "absence",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("covered_by", WORD, sa.ForeignKey("staff.id")),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index("absence_unit", "absence", ["unit_id"])
