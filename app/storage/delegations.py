"""Delegations: issued, used up, revoked; never deleted."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, case, func, insert, select, update

from app.storage.command import Transaction
from app.storage.tables import delegation, delegation_use


class StoredDelegation(Struct, frozen=True, kw_only=True):
    """One delegation. `part` is its agent, or the part of it that alone may use it; `terms` is JSON."""

    id: str
    parent: str | None
    agent: str
    part: str
    session: str | None
    terms: str
    reason: str
    critical: int
    issued_by: str
    issued_role: str
    issued_at: int
    expires_at: int
    max_uses: int | None
    uses: int
    revoked_at: int | None
    revoked_by: str | None
    issued: int
    revoked: int | None
    changed: int

    @property
    def is_spent(self) -> bool:
        return self.max_uses is not None and self.uses >= self.max_uses


_COLUMNS = [delegation.c[name] for name in StoredDelegation.__struct_fields__]


def find_delegation(connection: Connection, name: str) -> StoredDelegation | None:
    """The delegation of this id, dead ones too."""
    return next(_rows(connection, select(*_COLUMNS).where(delegation.c.id == name)), None)


def page(
    connection: Connection, before: int | None, limit: int, agent: str | None, live_at: int | None
) -> list[StoredDelegation]:
    """The newest, issued before the entry `before`; with `live_at`, those that were neither ended nor used up then."""
    query = select(*_COLUMNS).order_by(delegation.c.issued.desc()).limit(limit)
    if before is not None:
        query = query.where(delegation.c.issued < before)
    if agent is not None:
        query = query.where(delegation.c.agent == agent)
    if live_at is not None:
        query = query.where(delegation.c.expires_at > live_at, delegation.c.revoked_at.is_(None), _HAS_USES)
    return list(_rows(connection, query))


def unrevoked(connection: Connection, now: int) -> list[StoredDelegation]:
    """Those that are neither revoked nor expired, used up ones too, in the order of issue."""
    query = select(*_COLUMNS).where(delegation.c.expires_at > now, delegation.c.revoked_at.is_(None))
    return list(_rows(connection, query.order_by(delegation.c.issued)))


def changed_since(connection: Connection, entry: int) -> list[StoredDelegation]:
    """Those issued, revoked or used up by later entries, in that order."""
    return list(_rows(connection, select(*_COLUMNS).where(delegation.c.changed > entry).order_by(delegation.c.changed)))


def uses_of(connection: Connection, name: str, after: int, limit: int) -> list[int]:
    """The entries that relied on a delegation, those after the entry `after`."""
    query = (
        select(delegation_use.c.entry)
        .where(delegation_use.c.delegation == name, delegation_use.c.entry > after)
        .order_by(delegation_use.c.entry)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _rows(connection: Connection, query: Any) -> Any:
    return (StoredDelegation(**row._mapping) for row in connection.execute(query))  # noqa: SLF001 - its public name


_HAS_USES = delegation.c.max_uses.is_(None) | (delegation.c.uses < delegation.c.max_uses)


class DelegationLives(Struct, frozen=True):
    """Guard: it and all that it descends from are neither revoked nor expired, and have a use left."""

    chain: tuple[str, ...]

    def holds(self, transaction: Transaction) -> bool:
        live = select(func.count()).where(
            delegation.c.id.in_(self.chain),
            delegation.c.revoked_at.is_(None),
            delegation.c.expires_at > transaction.now,
            _HAS_USES,
        )
        return transaction.finds(live.having(func.count() == len(self.chain)))


class IsUnrevoked(Struct, frozen=True):
    """Guard: there is such a delegation, and nobody has revoked it."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        query = select(delegation.c.id).where(delegation.c.id == self.id, delegation.c.revoked_at.is_(None))
        return transaction.finds(query)


class AddDelegation(Struct, frozen=True, kw_only=True):
    """`ttl` in microseconds from the time of the transaction."""

    id: str
    parent: str | None = None
    agent: str
    part: str
    session: str | None
    terms: str
    reason: str
    critical: bool
    by: str
    role: str
    ttl: int
    max_uses: int | None

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(
            insert(delegation).values(
                id=self.id,
                parent=self.parent,
                agent=self.agent,
                part=self.part,
                session=self.session,
                terms=self.terms,
                reason=self.reason,
                critical=int(self.critical),
                issued_by=self.by,
                issued_role=self.role,
                issued_at=transaction.now,
                expires_at=transaction.now + self.ttl,
                max_uses=self.max_uses,
                issued=transaction.seq,
                changed=transaction.seq,
            )
        )


class UseDelegation(Struct, frozen=True):
    """One use, of it and of all that it descends from; the entry at hand relies on it."""

    chain: tuple[str, ...]

    def apply(self, transaction: Transaction) -> None:
        uses = delegation.c.uses + 1
        transaction.execute(
            update(delegation)
            .where(delegation.c.id.in_(self.chain))
            .values(
                uses=uses,
                changed=case((uses == delegation.c.max_uses, transaction.seq), else_=delegation.c.changed),
            )
        )
        for name in self.chain:
            transaction.execute(insert(delegation_use).values(delegation=name, entry=transaction.seq))


class RevokeDelegation(Struct, frozen=True):
    id: str
    by: str

    def apply(self, transaction: Transaction) -> None:
        values = {"revoked_at": transaction.now, "revoked_by": self.by, "revoked": transaction.seq}
        transaction.execute(
            update(delegation).where(delegation.c.id == self.id).values(**values, changed=transaction.seq)
        )


class RevokeDelegationsBy(Struct, frozen=True):
    """Revokes all that an operator has issued."""

    issuer: str
    by: str

    def apply(self, transaction: Transaction) -> None:
        values = {"revoked_at": transaction.now, "revoked_by": self.by, "revoked": transaction.seq}
        issued = update(delegation).where(delegation.c.issued_by == self.issuer, delegation.c.revoked_at.is_(None))
        transaction.execute(issued.values(**values, changed=transaction.seq))
