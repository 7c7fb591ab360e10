"""Workspaces: the roots that an operator registered as the places where agents work."""

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from app.storage.command import Transaction
from app.storage.tables import workspace


def all_workspaces(connection: Connection) -> list[str]:
    """Every registered root, in order."""
    return list(connection.execute(select(workspace.c.root).order_by(workspace.c.root)).scalars())


class SetWorkspaces(Struct, frozen=True):
    """Replaces all roots."""

    roots: tuple[str, ...]
    by: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(delete(workspace))
        for root in self.roots:
            transaction.execute(insert(workspace).values(root=root, added_by=self.by, added_at=transaction.now))
