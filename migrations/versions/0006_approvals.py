"""Approvals, the votes on them and their uses."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATUSES = "'pending', 'approved', 'denied', 'expired', 'cancelled', 'consumed'"


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("agent", sa.Text, sa.ForeignKey("agent.name"), nullable=False),
        sa.Column("key", sa.Text, sa.ForeignKey("agent_key.id"), nullable=False),
        sa.Column("session", sa.Text, sa.ForeignKey("session.id")),
        sa.Column("strong", sa.Integer, nullable=False),
        sa.Column("quorums", sa.Text, nullable=False),
        sa.Column("trust", sa.Integer, nullable=False),
        sa.Column("tainted", sa.Integer, nullable=False),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("size", I64, nullable=False),
        sa.Column("uses", I64),
        sa.Column("used", I64, nullable=False, server_default=sa.text("0")),
        sa.Column("lasts", I64, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("asked", I64, nullable=False),
        sa.Column("opened", I64, nullable=False),
        sa.Column("opened_at", I64, nullable=False),
        sa.Column("expires_at", I64, nullable=False),
        sa.Column("scope", sa.Text),
        sa.Column("valid_until", I64),
        sa.Column("decided", I64),
        sa.Column("decided_at", I64),
        sa.Column("decided_by", sa.Text),
        sa.Column("message", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("edited_into", sa.Text),
        sa.Column("changed", I64, nullable=False),
        sa.CheckConstraint(f"status IN ({_STATUSES})", name="approval_status"),
        sa.CheckConstraint("used >= 0 AND (uses IS NULL OR used <= uses)", name="approval_uses"),
        sqlite_strict=True,
    )
    op.create_index("approval_digest", "approval", ["digest", "opened"])
    op.create_index("approval_changed", "approval", ["changed"])
    op.create_index("approval_opened", "approval", ["opened"])
    op.create_index("approval_agent", "approval", ["agent", "opened"])
    for name, columns, status in (
        ("approval_pending", ["agent", "expires_at"], "pending"),
        ("approval_waiting", ["risk", "expires_at"], "pending"),
        ("approval_granted", ["valid_until"], "approved"),
    ):
        where = sa.text(f"status = '{status}'")
        op.create_index(name, "approval", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "approval_vote",
        sa.Column("approval", sa.Text, sa.ForeignKey("approval.id"), primary_key=True),
        sa.Column("operator", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("entry", I64, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "approval_use",
        sa.Column("approval", sa.Text, sa.ForeignKey("approval.id"), primary_key=True),
        sa.Column("entry", I64, primary_key=True, autoincrement=False),
        sqlite_strict=True,
    )
