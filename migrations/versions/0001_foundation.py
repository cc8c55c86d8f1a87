"""The outbox and the message API: units, staff, messages, drafts, events, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String()
SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _outbox()
    _units_and_staff()
    _messages()
    _drafts_events_audit()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("payload", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claimed_until", MOMENT),
        sa.Column("claimed_by", WORD),
        sa.Column("last_error", WORD),
        sa.UniqueConstraint("kind", "key"),
    )
    op.create_index("outbox_due", "outbox", ["state", "due_at"])


def _units_and_staff() -> None:
    op.create_table(
        "unit",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("name", WORD, nullable=False),
        sa.Column("type", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("organisation", WORD, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
        sa.Column("document", WORD, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
    op.create_table(
        "delivery_setting",
        sa.Column("organisation", WORD, primary_key=True),
        sa.Column("channel", WORD, primary_key=True),
        sa.Column("delivery", WORD, nullable=False),
    )
    op.create_table(
        "staff",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("name", WORD, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False),
    )
    op.create_table(
        "membership",
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), primary_key=True),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), primary_key=True, index=True),
        sa.Column("role", WORD, nullable=False),
        sa.Column("chosen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "api_key",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("hash", WORD, nullable=False, unique=True),
        sa.Column("name", WORD, nullable=False),
        sa.Column("on_behalf", sa.Boolean, nullable=False),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id")),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id")),
        sa.Column("role", WORD),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "browser_session",
        sa.Column("hash", WORD, primary_key=True),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("hash", WORD, primary_key=True),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("number", WORD, nullable=False, unique=True),
        sa.Column("thread", WORD, nullable=False, index=True),
        sa.Column("in_response_to", WORD),
        sa.Column("pack", WORD, nullable=False),
        sa.Column("channel", WORD, nullable=False),
        sa.Column("sender_unit", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("sender_staff", WORD, sa.ForeignKey("staff.id")),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("delivery", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("follow_up", WORD),
        sa.Column("consent_state", WORD, nullable=False),
        sa.Column("consent_basis", WORD),
        sa.Column("consent", WORD, nullable=False),
        sa.Column("content", WORD),
        sa.Column("person", WORD),
        sa.Column("person_hash", WORD, index=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("due_at", MOMENT),
    )
    op.create_index("message_sent", "message", ["sender_unit", "created_at", "id"])
    op.create_table(
        "message_recipient",
        sa.Column("message_id", WORD, sa.ForeignKey("message.id"), primary_key=True),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("added_as", WORD, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT),
        sa.Column("acknowledged_at", MOMENT),
        sa.Column("answered_at", MOMENT),
    )
    op.create_index("message_inbox", "message_recipient", ["unit_id", "hidden", "received_at", "message_id"])
    op.create_table(
        "message_entry",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("message_id", WORD, sa.ForeignKey("message.id"), nullable=False, index=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("other_unit", WORD, sa.ForeignKey("unit.id")),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id")),
        sa.Column("sealed", WORD),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "idempotent_call",
        sa.Column("scope", WORD, primary_key=True),
        sa.Column("key", WORD, primary_key=True),
        sa.Column("fingerprint", WORD, nullable=False),
        sa.Column("result", WORD, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "message_number",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next", sa.Integer, nullable=False),
    )


def _drafts_events_audit() -> None:
    op.create_table(
        "draft",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id"), index=True),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("sealed", WORD),
        sa.Column("message_id", WORD, sa.ForeignKey("message.id")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "event",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("tx", sa.BigInteger, nullable=False),
        sa.Column("key", WORD, nullable=False, unique=True),
        sa.Column("type", WORD, nullable=False),
        sa.Column("message_id", WORD, sa.ForeignKey("message.id"), nullable=False),
        sa.Column("number", WORD, nullable=False),
        sa.Column("unit_id", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("staff_id", WORD, sa.ForeignKey("staff.id")),
        sa.Column("about_unit", WORD, sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("event_order", "event", ["tx", "seq"])
    op.create_index("event_unit", "event", ["unit_id", "tx", "seq"])
    op.create_table(
        "audit",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("at", MOMENT, nullable=False, index=True),
        sa.Column("action", WORD, nullable=False),
        sa.Column("actor", WORD, nullable=False),
        sa.Column("via", WORD),
        sa.Column("unit_id", WORD),
        sa.Column("object_id", WORD, index=True),
    )
