"""What limits have counted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "limit_use",
        sa.Column("agent", sa.Text, sa.ForeignKey("agent.name"), primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, primary_key=True),
        sa.Column("until", I64, primary_key=True, autoincrement=False),
        sa.Column("since", I64, primary_key=True, autoincrement=False),
        sa.Column("amount", I64, nullable=False),
        sqlite_strict=True,
    )
