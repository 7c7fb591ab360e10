"""Visits: operators signed in on the console's pages, each by a cookie and a second secret of its own."""

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from app.storage.command import Transaction
from app.storage.tables import visit


class Visit(Struct, frozen=True):
    """One operator in one browser. `token`, `secret` and `stands` are SHA-256; times in microseconds."""

    id: str
    operator: str
    token: bytes
    secret: bytes
    stands: bytes
    opened_at: int
    expires_at: int


_COLUMNS = [visit.c[name] for name in Visit.__struct_fields__]


def find_visit(connection: Connection, token: bytes, now: int) -> Visit | None:
    """The visit that bears this token, unless its time is over."""
    row = connection.execute(select(*_COLUMNS).where(visit.c.token == token, visit.c.expires_at > now)).first()
    return Visit(*row) if row else None


class OpenVisit(Struct, frozen=True):
    """`lasts` in microseconds. Of the operator's earlier ones the newest `kept` stay, and none that has expired."""

    id: str
    operator: str
    token: bytes
    secret: bytes
    stands: bytes
    lasts: int
    kept: int

    def apply(self, transaction: Transaction) -> None:
        newest = select(visit.c.id).where(visit.c.operator == self.operator).order_by(visit.c.opened_at.desc())
        old = visit.c.id.not_in(select(newest.limit(self.kept).subquery().c.id))
        transaction.execute(delete(visit).where(visit.c.operator == self.operator, old))
        transaction.execute(delete(visit).where(visit.c.expires_at <= transaction.now))
        transaction.execute(
            insert(visit).values(
                id=self.id,
                operator=self.operator,
                token=self.token,
                secret=self.secret,
                stands=self.stands,
                opened_at=transaction.now,
                expires_at=transaction.now + self.lasts,
            )
        )


class EndVisit(Struct, frozen=True):
    id: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(delete(visit).where(visit.c.id == self.id))
