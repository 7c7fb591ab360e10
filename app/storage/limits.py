"""What limits have counted, in buckets of time that round against the caller: the cost stays flat.

A bucket counts as a whole as long as any of it lies within the stretch that a limit looks at. So more may be counted
than was used in that stretch, by what one bucket holds, and never less.
"""

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, func, select, text

from app.storage.command import Transaction
from app.storage.tables import limit_use

_BUCKETS = 20
_ADD = text(
    "INSERT INTO limit_use (agent, rule, unit, until, since, amount) "
    "VALUES (:agent, :rule, :unit, :until, :since, :amount) "
    "ON CONFLICT (agent, rule, unit, until, since) DO UPDATE SET amount = limit_use.amount + excluded.amount"
)


class Counter(Struct, frozen=True):
    """What is counted together: for one agent and one rule, calls or the amounts of one argument."""

    agent: str
    rule: str
    unit: str

    def counted(self) -> ColumnElement[bool]:
        return and_(limit_use.c.agent == self.agent, limit_use.c.rule == self.rule, limit_use.c.unit == self.unit)


class LimitHolds(Struct, frozen=True):
    """Guard: no more than `at_most` was counted in the last `per` microseconds. `name` is the limit's."""

    name: str
    counter: Counter
    per: int
    at_most: int

    def holds(self, transaction: Transaction) -> bool:
        # Whatever the length of a bucket, that of another policy's limit too, it counts while its end lies within.
        within = select(func.coalesce(func.sum(limit_use.c.amount), 0)).where(
            self.counter.counted(), limit_use.c.until > transaction.now - self.per
        )
        return bool(transaction.value(within) <= self.at_most)


class CountUse(Struct, frozen=True):
    """Counts `amount`, and forgets what no longer counts by the length of its own bucket."""

    counter: Counter
    per: int
    amount: int

    def apply(self, transaction: Transaction) -> None:
        length = self.per // _BUCKETS
        since = transaction.now - transaction.now % length
        past = limit_use.c.until + (limit_use.c.until - limit_use.c.since) * (_BUCKETS + 1) <= transaction.now
        transaction.execute(delete(limit_use).where(self.counter.counted(), past))
        counter = {"agent": self.counter.agent, "rule": self.counter.rule, "unit": self.counter.unit}
        transaction.execute(_ADD, {**counter, "until": since + length, "since": since, "amount": self.amount})
