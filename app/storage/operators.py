"""Operators: the people who approve and administer."""

from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from app.storage.command import Transaction
from app.storage.tables import operator

Role = Literal["admin", "approver", "auditor"]


class Operator(Struct, frozen=True):
    """`passphrase` is its argon2id hash."""

    name: str
    role: Role
    passphrase: str
    created_at: int


def all_operators(connection: Connection) -> list[Operator]:
    """Every operator, by name."""
    rows = connection.execute(select(operator).order_by(operator.c.name))
    return [Operator(row.name, row.role, row.passphrase, row.created_at) for row in rows]


class NoOperator(Struct, frozen=True):
    """Guard: nobody administers this home yet."""

    def holds(self, transaction: Transaction) -> bool:
        return not transaction.finds(select(operator.c.name))


class AddOperator(Struct, frozen=True):
    name: str
    role: Role
    passphrase: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(
            insert(operator).values(
                name=self.name, role=self.role, passphrase=self.passphrase, created_at=transaction.now
            )
        )
