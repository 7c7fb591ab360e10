"""How far people were notified."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("told", I64, nullable=False),
        sqlite_strict=True,
    )
