"""Live exercises: sessions, participants, votes, and trainers' own scenarios."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String


def upgrade() -> None:
    op.create_table(
        "exercise",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("code", WORD, nullable=False, unique=True),
        sa.Column("organisation", WORD, nullable=False),
        sa.Column("pack", WORD, nullable=False),
        sa.Column("title", WORD, nullable=False),
        sa.Column("material", WORD, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("phase", WORD, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opened_at", MOMENT),
        sa.Column("seconds", sa.Integer),
        sa.Column("points", sa.Boolean, nullable=False),
        sa.Column("teams", sa.Integer, nullable=False),
        sa.Column("named", sa.Boolean, nullable=False),
        sa.Column("created_by", WORD, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("delete_at", MOMENT, nullable=False),
    )
    op.create_index("exercise_owner", "exercise", ["created_by", "created_at"])
    op.create_index("ix_exercise_delete_at", "exercise", ["delete_at"])
    op.create_table(
        "exercise_participant",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("exercise_id", WORD, sa.ForeignKey("exercise.id"), nullable=False),
        sa.Column("nickname", WORD, nullable=False),
        sa.Column("nickname_key", WORD, nullable=False),
        sa.Column("rejoin", WORD, nullable=False),
        sa.Column("door", WORD),
        sa.Column("team", sa.Integer),
        sa.Column("unit_type", WORD),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.UniqueConstraint("exercise_id", "nickname_key"),
        sa.UniqueConstraint("exercise_id", "rejoin"),
        sa.UniqueConstraint("exercise_id", "door"),
    )
    op.create_table(
        "exercise_vote",
        sa.Column("participant_id", WORD, sa.ForeignKey("exercise_participant.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("exercise_id", WORD, sa.ForeignKey("exercise.id"), nullable=False),
        sa.Column("option", WORD, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("exercise_vote_tally", "exercise_vote", ["exercise_id", "place", "round"])
    op.create_table(
        "exercise_scenario",
        sa.Column("id", WORD, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("newest", sa.Boolean, nullable=False),
        sa.Column("organisation", WORD, nullable=False),
        sa.Column("pack", WORD, nullable=False),
        sa.Column("title", WORD, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("body", WORD, nullable=False),
        sa.Column("created_by", WORD, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("exercise_scenario_owner", "exercise_scenario", ["organisation", "created_by"])
