"""Operators: the people who approve and administer."""

from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from app.storage.command import Transaction
from app.storage.tables import operator

Role = Literal["admin", "approver", "auditor"]


class Operator(Struct, frozen=True):
    """`passphrase` is its argon2id hash."""

    name: str
    role: Role
    passphrase: str
    created_at: int
    disabled_at: int | None = None


def all_operators(connection: Connection) -> list[Operator]:
    """Every operator, by name; disabled ones too."""
    rows = connection.execute(select(operator).order_by(operator.c.name))
    return [Operator(row.name, row.role, row.passphrase, row.created_at, row.disabled_at) for row in rows]


class NoOperator(Struct, frozen=True):
    """Guard: nobody administers this home yet."""

    def holds(self, transaction: Transaction) -> bool:
        return not transaction.finds(select(operator.c.name))


class OperatorExists(Struct, frozen=True):
    """Guard: there is, or is not, an operator of this name."""

    name: str
    expected: bool

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(select(operator.c.name).where(operator.c.name == self.name)) is self.expected


class OperatorStands(Struct, frozen=True):
    """Guard: the operator is still who they were when they signed in: same role, same passphrase, not disabled."""

    name: str
    role: Role
    passphrase: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(
            select(operator.c.name).where(
                operator.c.name == self.name,
                operator.c.role == self.role,
                operator.c.passphrase == self.passphrase,
                operator.c.disabled_at.is_(None),
            )
        )


class AnotherAdmin(Struct, frozen=True):
    """Guard: somebody else could still administer this home."""

    name: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(
            select(operator.c.name).where(
                operator.c.name != self.name, operator.c.role == "admin", operator.c.disabled_at.is_(None)
            )
        )


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


class SetRole(Struct, frozen=True):
    name: str
    role: Role

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(update(operator).where(operator.c.name == self.name).values(role=self.role))


class SetPassphrase(Struct, frozen=True):
    name: str
    passphrase: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(update(operator).where(operator.c.name == self.name).values(passphrase=self.passphrase))


class SetDisabled(Struct, frozen=True):
    name: str
    disabled: bool

    def apply(self, transaction: Transaction) -> None:
        since = transaction.now if self.disabled else None
        transaction.execute(update(operator).where(operator.c.name == self.name).values(disabled_at=since))
