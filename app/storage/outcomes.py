"""Outcomes: what enforcement points report after running a tool."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from app.storage.command import Transaction
from app.storage.tables import LOG, outcome


def outcome_of(connection: Connection, evaluation: int) -> int | None:
    """The entry in which the evaluation at this `seq` has reported, if it has."""
    query = select(outcome.c.entry).where(outcome.c.log_id == LOG, outcome.c.evaluation == evaluation)
    return connection.execute(query).scalar()


class NoOutcome(Struct, frozen=True):
    """Guard: the evaluation has not reported yet."""

    evaluation: int

    def holds(self, transaction: Transaction) -> bool:
        return not transaction.finds(
            select(outcome.c.entry).where(outcome.c.log_id == LOG, outcome.c.evaluation == self.evaluation)
        )


class AddOutcome(Struct, frozen=True):
    evaluation: int

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(insert(outcome).values(log_id=LOG, evaluation=self.evaluation, entry=transaction.seq))
