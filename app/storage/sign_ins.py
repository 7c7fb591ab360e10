"""Failed sign-ins: how long the next attempt at an operator's passphrase has to wait, on every replica."""

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from app.storage.command import Transaction
from app.storage.tables import sign_in_failure

# After a day without another one, failures are forgotten.
KEPT_US = 86_400_000_000


class Failures(Struct, frozen=True):
    """How often an operator's passphrase was wrong from one source, and when last (microseconds)."""

    count: int = 0
    last_at: int = 0


def failures(connection: Connection, operator: str, source: str) -> Failures:
    """Those of one operator from one source."""
    query = select(sign_in_failure.c.failures, sign_in_failure.c.last_at).where(*_at(operator, source))
    row = connection.execute(query).first()
    return Failures(row.failures, row.last_at) if row else Failures()


class AddFailure(Struct, frozen=True):
    operator: str
    source: str
    count: int = 1

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(delete(sign_in_failure).where(sign_in_failure.c.last_at < transaction.now - KEPT_US))
        here = _at(self.operator, self.source)
        values = {"last_at": transaction.now}
        if transaction.finds(select(sign_in_failure.c.operator).where(*here)):
            more = sign_in_failure.c.failures + self.count
            transaction.execute(update(sign_in_failure).where(*here).values(failures=more, **values))
        else:
            key = {"operator": self.operator, "source": self.source}
            transaction.execute(insert(sign_in_failure).values(failures=self.count, **key, **values))


class ForgetFailures(Struct, frozen=True):
    """After a sign-in from there; `source` None: from everywhere, after a new passphrase."""

    operator: str
    source: str | None

    def apply(self, transaction: Transaction) -> None:
        anywhere = sign_in_failure.c.operator == self.operator
        where = (anywhere,) if self.source is None else _at(self.operator, self.source)
        transaction.execute(delete(sign_in_failure).where(*where))


def _at(operator: str, source: str) -> tuple[ColumnElement[bool], ...]:
    return sign_in_failure.c.operator == operator, sign_in_failure.c.source == source
