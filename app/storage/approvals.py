"""Approvals as they are stored: opened with the decision that asks, answered by people, used with those that rely."""

from collections.abc import Collection
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    literal_column,
    or_,
    select,
    tuple_,
)

from app.core.approval_life import Status, Vote
from app.storage.tables import agent_key, approval, approval_use, approval_vote, session

Scope = Literal["once", "session"]


class StoredApproval(Struct, frozen=True, kw_only=True):
    """One approval. `quorums` is JSON; times and `lasts` in microseconds; `uses` None: any number."""

    id: str
    digest: bytes
    agent: str
    key: str
    session: str | None
    strong: int
    quorums: str
    trust: int
    tainted: int
    risk: int
    size: int
    uses: int | None
    used: int
    lasts: int
    status: Status
    asked: int
    opened: int
    opened_at: int
    expires_at: int
    scope: Scope | None
    valid_until: int | None
    decided: int | None
    decided_at: int | None
    decided_by: str | None
    message: str
    edited_into: str | None
    changed: int

    def is_open(self, now: int) -> bool:
        """Whether it stands between this request and a new approval: it waits, may be used, or was just denied."""
        if self.status == "approved":
            return self.valid_until is None or self.valid_until > now
        return self.status in ("pending", "denied") and self.expires_at > now


class Place(Struct, frozen=True):
    """Where a page ended: the risk and expiry of what waits, the entry that opened it."""

    risk: int
    expires_at: int
    opened: int


_COLUMNS = [approval.c[name] for name in StoredApproval.__struct_fields__]
# Written out, so that the partial indexes are seen to hold them.
PENDING = approval.c.status == literal_column("'pending'")
APPROVED = approval.c.status == literal_column("'approved'")


def find_approval(connection: Connection, name: str) -> StoredApproval | None:
    """The approval of this id, whatever became of it."""
    return next(iter(_rows(connection, select(*_COLUMNS).where(approval.c.id == name))), None)


def newest(connection: Connection, digest: bytes) -> StoredApproval | None:
    """The newest approval of a request; those before it are over."""
    query = select(*_COLUMNS).where(approval.c.digest == digest).order_by(approval.c.opened.desc()).limit(1)
    return next(iter(_rows(connection, query)), None)


def votes_of(connection: Connection, name: str) -> tuple[Vote, ...]:
    """Who has agreed, in that order."""
    query = select(approval_vote).where(approval_vote.c.approval == name).order_by(approval_vote.c.entry)
    return tuple(Vote(row.operator, row.role) for row in connection.execute(query))


def uses_of(connection: Connection, name: str, limit: int) -> list[int]:
    """The newest entries that relied on an approval."""
    query = select(approval_use.c.entry).where(approval_use.c.approval == name)
    return list(connection.execute(query.order_by(approval_use.c.entry.desc()).limit(limit)).scalars())


def waiting(
    connection: Connection,
    now: int,
    limit: int,
    after: Place | None = None,
    agents: Collection[str] | None = None,
) -> list[StoredApproval]:
    """What waits for people: the gravest first, then what expires first."""
    at = tuple_(-approval.c.risk, approval.c.expires_at, approval.c.opened)
    query = select(*_COLUMNS).where(PENDING, approval.c.expires_at > now)
    query = query.order_by(approval.c.risk.desc(), approval.c.expires_at, approval.c.opened).limit(limit)
    if agents is not None:
        query = query.where(approval.c.agent.in_(agents))
    if after is not None:
        query = query.where(at > tuple_(-after.risk, after.expires_at, after.opened))
    return _rows(connection, query)


def next_waiting(connection: Connection, now: int, after: int) -> StoredApproval | None:
    """The first that waits of those opened after the entry `after`."""
    query = select(*_COLUMNS).where(PENDING, approval.c.expires_at > now, approval.c.opened > after)
    return next(iter(_rows(connection, query.order_by(approval.c.opened).limit(1))), None)


def page(
    connection: Connection,
    limit: int,
    before: int | None = None,
    status: Status | None = None,
    agents: Collection[str] | None = None,
) -> list[StoredApproval]:
    """The newest, opened before the entry `before`."""
    query = select(*_COLUMNS).order_by(approval.c.opened.desc()).limit(limit)
    if before is not None:
        query = query.where(approval.c.opened < before)
    if status is not None:
        query = query.where(approval.c.status == status)
    if agents is not None:
        query = query.where(approval.c.agent.in_(agents))
    return _rows(connection, query)


def changed_since(
    connection: Connection, entry: int, limit: int, agents: Collection[str] | None = None
) -> list[StoredApproval]:
    """Those that changed with later entries, in that order."""
    query = select(*_COLUMNS).where(approval.c.changed > entry).order_by(approval.c.changed, approval.c.id).limit(limit)
    if agents is not None:
        query = query.where(approval.c.agent.in_(agents))
    return _rows(connection, query)


def overdue(connection: Connection, now: int, limit: int) -> list[StoredApproval]:
    """Those whose time is over and of which the log does not say so yet."""
    pending = select(*_COLUMNS).where(PENDING, approval.c.expires_at <= now).limit(limit)
    granted = select(*_COLUMNS).where(APPROVED, approval.c.valid_until <= now).limit(limit)
    return _rows(connection, pending) + _rows(connection, granted)


def orphans(connection: Connection, now: int, limit: int) -> list[StoredApproval]:
    """Those that are neither answered nor used up, and whose key or session is gone."""
    gone = ~bearers_live(now)
    return [
        one
        for status in (PENDING, APPROVED)
        for one in _rows(connection, select(*_COLUMNS).where(status, gone).limit(limit))
    ]


def _rows(connection: Connection, query: Any) -> list[StoredApproval]:
    return [StoredApproval(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - its public name


def bearers_live(now: Any, of: Any = approval) -> ColumnElement[bool]:
    """Neither the key that asked was revoked, nor the session in which it did is over."""
    key = select(agent_key.c.id).where(agent_key.c.id == of.c.key, agent_key.c.revoked_at.is_(None)).exists()
    within = select(session.c.id).where(
        session.c.id == of.c.session, session.c.ended_at.is_(None), session.c.expires_at > now
    )
    return and_(key, or_(of.c.session.is_(None), within.exists()))
