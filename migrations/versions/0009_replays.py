"""The names that clients gave to their requests."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# SQLite's strict tables know INTEGER only, which has 64 bits there.
I64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "replay",
        sa.Column("key", sa.Text, sa.ForeignKey("agent_key.id"), primary_key=True),
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("place", I64, nullable=False),
        sa.Column("seq", I64, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sqlite_strict=True,
        # One page less to write for each.
        sqlite_with_rowid=False,
    )
    op.create_index("replay_place", "replay", ["key", "place"])
