"""Delegations and their uses."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("parent", sa.Text, sa.ForeignKey("delegation.id")),
        sa.Column("agent", sa.Text, sa.ForeignKey("agent.name"), nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("session", sa.Text),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("critical", sa.Integer, nullable=False),
        sa.Column("issued_by", sa.Text, nullable=False),
        sa.Column("issued_role", sa.Text, nullable=False),
        sa.Column("issued_at", I64, nullable=False),
        sa.Column("expires_at", I64, nullable=False),
        sa.Column("max_uses", I64),
        sa.Column("uses", I64, nullable=False, server_default=sa.text("0")),
        sa.Column("revoked_at", I64),
        sa.Column("revoked_by", sa.Text),
        sa.Column("issued", I64, nullable=False),
        sa.Column("revoked", I64),
        sa.Column("changed", I64, nullable=False),
        sa.CheckConstraint("uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name="delegation_uses"),
        sqlite_strict=True,
    )
    op.create_index("delegation_changed", "delegation", ["changed"])
    op.create_index("delegation_agent", "delegation", ["agent", "issued"])
    op.create_index("delegation_issued", "delegation", ["issued"])
    op.create_table(
        "delegation_use",
        sa.Column("delegation", sa.Text, sa.ForeignKey("delegation.id"), primary_key=True),
        sa.Column("entry", I64, primary_key=True, autoincrement=False),
        sqlite_strict=True,
    )
