"""Agents in full, keys for several agents, disabled operators, stop buttons, failed sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TRUST = "'USER_DIRECT', 'AGENT_INTERNAL', 'EXTERNAL_CONTENT', 'UNKNOWN'"


def upgrade() -> None:
    # In plain SQL: both databases take a constraint with the column, Alembic gives SQLite none.
    for column in (
        "owner TEXT",
        "scopes TEXT NOT NULL DEFAULT '[]'",
        "mode TEXT NOT NULL DEFAULT 'enforce' CHECK (mode IN ('enforce', 'monitor'))",
        f"highest_trust TEXT NOT NULL DEFAULT 'USER_DIRECT' CHECK (highest_trust IN ({_TRUST}))",
        "needs_session INTEGER NOT NULL DEFAULT 0 CHECK (needs_session IN (0, 1))",
    ):
        op.execute(f"ALTER TABLE agent ADD COLUMN {column}")
    op.execute("ALTER TABLE agent_key ADD COLUMN also TEXT NOT NULL DEFAULT '[]'")
    op.add_column("agent_key", sa.Column("last_used_at", I64))
    op.add_column("operator", sa.Column("disabled_at", I64))
    op.create_table(
        "stop",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("pressed_by", sa.Text, nullable=False),
        sa.Column("pressed_at", I64, nullable=False),
        sa.UniqueConstraint("kind", "name", name="stop_kind_name"),
        sa.CheckConstraint("kind IN ('agent', 'tool', 'everything')", name="stop_kind"),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("operator", sa.Text, sa.ForeignKey("operator.name"), primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("failures", I64, nullable=False),
        sa.Column("last_at", I64, nullable=False),
        sqlite_strict=True,
    )
