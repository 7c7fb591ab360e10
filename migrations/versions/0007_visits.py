"""Operators' sign-ins to the console."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("operator", sa.Text, sa.ForeignKey("operator.name"), nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("stands", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", I64, nullable=False),
        sa.Column("expires_at", I64, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("visit_operator", "visit", ["operator", "opened_at"])
