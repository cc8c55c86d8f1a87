"""Outages, calls and worklists."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()
SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "outage",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("region", WORD, nullable=False),
        sa.Column("organisation", WORD),
        sa.Column("system", WORD, nullable=False),
        sa.Column("pack", WORD, nullable=False),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("source", WORD, nullable=False),
        sa.Column("open_key", WORD, unique=True),
        sa.Column("units", WORD, nullable=False),
        sa.Column("speed", sa.Integer, nullable=False),
        sa.Column("planned_from", MOMENT),
        sa.Column("planned_to", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("applies_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", WORD, nullable=False),
        sa.Column("confirmed_by", WORD),
        sa.Column("ended_by", WORD),
    )
    op.create_index("outage_scope", "outage", ["region", "state"])
    op.create_table(
        "outage_report",
        sa.Column("outage_id", WORD, sa.ForeignKey("outage.id"), primary_key=True),
        sa.Column("staff_id", WORD, primary_key=True),
        sa.Column("unit_id", WORD, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "outage_check",
        sa.Column("target", WORD, primary_key=True),
        sa.Column("passing", sa.Boolean, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("since", MOMENT),
        sa.Column("down", sa.Boolean, nullable=False),
        sa.Column("told_at", MOMENT),
        sa.Column("checked_at", MOMENT),
    )
    op.create_table(
        "outage_notice",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("tx", sa.BigInteger, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("call_id", WORD),
        sa.Column("outage_id", WORD, sa.ForeignKey("outage.id")),
        sa.Column("staff_id", WORD, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.UniqueConstraint("kind", "subject", "staff_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("outage_notice_order", "outage_notice", ["tx", "seq"])
    op.create_table(
        "outage_patient",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("outage_id", WORD, sa.ForeignKey("outage.id"), nullable=False),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sealed", WORD),
        *(
            sa.Column(name, WORD, nullable=False)
            for name in ("admitted", "discharged", "ready", "gone_home", "sip_date_agreed")
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", WORD, nullable=False),
        sa.Column("delete_at", MOMENT),
        sa.UniqueConstraint("outage_id", "unit_id", "number"),
    )
    op.create_index("ix_outage_patient_delete_at", "outage_patient", ["delete_at"])
    op.create_table(
        "outage_tick",
        sa.Column("outage_id", WORD, sa.ForeignKey("outage.id"), primary_key=True),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("subject", WORD, primary_key=True),
        sa.Column("item", WORD, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", WORD, nullable=False),
    )
    op.create_table(
        "phone_call",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("staff_id", WORD, nullable=False),
        sa.Column("outage_id", WORD, sa.ForeignKey("outage.id")),
        sa.Column("patient_id", WORD, sa.ForeignKey("outage_patient.id")),
        sa.Column("item", WORD),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("numbers", WORD, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("outcome", WORD),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("card", WORD),
        sa.Column("note", WORD),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("called_at", MOMENT),
        sa.Column("retry_at", MOMENT),
        sa.Column("delete_at", MOMENT, nullable=False),
        sa.UniqueConstraint("unit_id", "number"),
    )
    op.create_index("ix_phone_call_outage_id", "phone_call", ["outage_id"])
    op.create_index("phone_call_retry", "phone_call", ["retry_at"])
    op.create_index("phone_call_delete", "phone_call", ["delete_at"])
    op.create_table(
        "outage_sip",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("outage_id", WORD, sa.ForeignKey("outage.id"), nullable=False),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("patient_id", WORD, sa.ForeignKey("outage_patient.id")),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("staff_id", WORD, nullable=False),
        sa.Column("sealed", WORD),
        sa.Column("date_agreed", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delete_at", MOMENT),
        sa.UniqueConstraint("outage_id", "unit_id", "number"),
    )
    op.create_index("ix_outage_sip_delete_at", "outage_sip", ["delete_at"])
