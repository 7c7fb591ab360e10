"""Outcomes: what enforcement points report after running a tool."""

from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, select

from app.storage.command import Transaction
from app.storage.driver import Prepared
from app.storage.tables import LOG, audit_entry, outcome

_DECIDED = Prepared(
    select(audit_entry.c.seq).where(
        audit_entry.c.log_id == LOG,
        audit_entry.c.seq == bindparam("evaluation"),
        audit_entry.c.type == "decision",
        audit_entry.c.agent == bindparam("agent"),
    )
)
_REPORTED = Prepared(
    select(outcome.c.entry).where(outcome.c.log_id == LOG, outcome.c.evaluation == bindparam("evaluation"))
)
_ADD = Prepared(insert(outcome))


def outcome_of(connection: Connection, evaluation: int) -> int | None:
    """The entry in which the evaluation at this `seq` has reported, if it has."""
    query = select(outcome.c.entry).where(outcome.c.log_id == LOG, outcome.c.evaluation == evaluation)
    return connection.execute(query).scalar()


class IsDecision(Struct, frozen=True):
    """Guard: the entry at this number is a decision about this agent."""

    evaluation: int
    agent: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(_DECIDED, {"evaluation": self.evaluation, "agent": self.agent})


class NoOutcome(Struct, frozen=True):
    """Guard: the evaluation has not reported yet."""

    evaluation: int

    def holds(self, transaction: Transaction) -> bool:
        return not transaction.finds(_REPORTED, {"evaluation": self.evaluation})


class AddOutcome(Struct, frozen=True):
    evaluation: int

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(_ADD, {"log_id": LOG, "evaluation": self.evaluation, "entry": transaction.seq})
