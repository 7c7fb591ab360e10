"""Sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOTES = "type IN ('session.prompted', 'session.observed')"


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("session_epoch", I64, nullable=False, server_default=sa.text("0")))
    op.create_index(
        "audit_entry_session",
        "audit_entry",
        ["log_id", "session", "type", "seq"],
        sqlite_where=sa.text(NOTES),
        postgresql_where=sa.text(NOTES),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, sa.ForeignKey("agent.name"), nullable=False),
        sa.Column("key", sa.Text, sa.ForeignKey("agent_key.id"), nullable=False),
        sa.Column("parent", sa.Text, sa.ForeignKey("session.id")),
        sa.Column("root", sa.Text, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("created_at", I64, nullable=False),
        sa.Column("expires_at", I64, nullable=False),
        sa.Column("ended_at", I64),
        sa.Column("trust", sa.Integer, nullable=False),
        sa.Column("prompts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("observations", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("version", I64, nullable=False),
        sa.CheckConstraint("trust BETWEEN 0 AND 3", name="session_trust"),
        sqlite_strict=True,
    )
    op.create_index("session_agent", "session", ["agent", "expires_at"])
    op.create_index("session_agent_version", "session", ["agent", "version"])
    op.create_index("session_expiry", "session", ["expires_at"])
    op.create_index("session_root", "session", ["root"])
    op.create_index("session_version", "session", ["version"])
