"""Approvals: opened with the decision that asks, answered by people, used up with the decisions that rely on them."""

from collections.abc import Collection
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from app.core.approval_life import Status, Vote
from app.storage.command import Transaction
from app.storage.tables import agent_key, approval, approval_use, approval_vote, session

Scope = Literal["once", "session"]
CHANNEL = "agent_sudo_approvals"


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
_PENDING = approval.c.status == literal_column("'pending'")
_APPROVED = approval.c.status == literal_column("'approved'")


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
    query = select(*_COLUMNS).where(_PENDING, approval.c.expires_at > now)
    query = query.order_by(approval.c.risk.desc(), approval.c.expires_at, approval.c.opened).limit(limit)
    if agents is not None:
        query = query.where(approval.c.agent.in_(agents))
    if after is not None:
        query = query.where(at > tuple_(-after.risk, after.expires_at, after.opened))
    return _rows(connection, query)


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
    pending = select(*_COLUMNS).where(_PENDING, approval.c.expires_at <= now).limit(limit)
    granted = select(*_COLUMNS).where(_APPROVED, approval.c.valid_until <= now).limit(limit)
    return _rows(connection, pending) + _rows(connection, granted)


def orphans(connection: Connection, now: int, limit: int) -> list[StoredApproval]:
    """Those that are neither answered nor used up, and whose key or session is gone."""
    gone = ~_bearers_live(now)
    return [
        one
        for status in (_PENDING, _APPROVED)
        for one in _rows(connection, select(*_COLUMNS).where(status, gone).limit(limit))
    ]


def _rows(connection: Connection, query: Any) -> list[StoredApproval]:
    return [StoredApproval(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - its public name


def _bearers_live(now: Any, of: Any = approval) -> ColumnElement[bool]:
    """Neither the key that asked was revoked, nor the session in which it did is over."""
    key = select(agent_key.c.id).where(agent_key.c.id == of.c.key, agent_key.c.revoked_at.is_(None)).exists()
    within = select(session.c.id).where(
        session.c.id == of.c.session, session.c.ended_at.is_(None), session.c.expires_at > now
    )
    return and_(key, or_(of.c.session.is_(None), within.exists()))


def _usable(now: Any, of: Any = approval) -> ColumnElement[bool]:
    return and_(or_(of.c.valid_until.is_(None), of.c.valid_until > now), _bearers_live(now, of))


_NOW: ColumnElement[int] = bindparam("now")
_IS_PENDING = select(approval.c.id).where(
    approval.c.id == bindparam("id"), _PENDING, approval.c.expires_at > _NOW, _bearers_live(_NOW)
)
_LIVES = select(approval.c.id).where(
    approval.c.id == bindparam("id"), approval.c.digest == bindparam("digest"), _APPROVED, _usable(_NOW)
)
_IS_GONE = select(approval.c.id).where(
    approval.c.id == bindparam("id"),
    or_(
        and_(_PENDING, approval.c.expires_at <= _NOW),
        and_(_APPROVED, approval.c.valid_until <= _NOW),
        ~_bearers_live(_NOW),
    ),
)
_latest = (
    select(approval)
    .where(approval.c.digest == bindparam("digest"))
    .order_by(approval.c.opened.desc())
    .limit(1)
    .subquery()
)
_IN_THE_WAY = select(_latest.c.id).where(
    _latest.c.id != bindparam("but"),
    or_(
        and_(_latest.c.status == "pending", _latest.c.expires_at > _NOW, _bearers_live(_NOW, _latest)),
        and_(_latest.c.status == "approved", _usable(_NOW, _latest)),
        and_(_latest.c.status == "denied", _latest.c.expires_at > _NOW),
    ),
)
_ROOM = select(func.count() < bindparam("most")).select_from(
    select(approval.c.id)
    .where(approval.c.agent == bindparam("agent"), _PENDING, approval.c.expires_at > _NOW)
    .limit(bindparam("most"))
    .subquery()
)


class NothingOpen(Struct, frozen=True):
    """Guard: no approval of this request waits, may be used, or was just denied; but for `but`, which is replaced."""

    digest: bytes
    but: str = ""

    def holds(self, transaction: Transaction) -> bool:
        values = {"digest": self.digest, "but": self.but, "now": transaction.now}
        return not transaction.finds(_IN_THE_WAY, values)


class FewerPending(Struct, frozen=True):
    """Guard: fewer than `count` requests of this agent wait for people."""

    agent: str
    count: int

    def holds(self, transaction: Transaction) -> bool:
        values = {"agent": self.agent, "most": self.count, "now": transaction.now}
        return bool(transaction.value(_ROOM, values))


class IsPending(Struct, frozen=True):
    """Guard: it can be answered: it waits, and its key and session live."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(_IS_PENDING, {"id": self.id, "now": transaction.now})


class ApprovalLives(Struct, frozen=True):
    """Guard: a yes to the request of this digest that can be used now: not used up, not over, key and session live."""

    id: str
    digest: bytes

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(_LIVES, {"id": self.id, "digest": self.digest, "now": transaction.now})


class IsGone(Struct, frozen=True):
    """Guard: its time is over, or its key or session is gone."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(_IS_GONE, {"id": self.id, "now": transaction.now})


class ApprovalUnchanged(Struct, frozen=True):
    """Guard: nothing has happened to it since the entry `changed`."""

    id: str
    changed: int

    def holds(self, transaction: Transaction) -> bool:
        query = select(approval.c.id).where(approval.c.id == self.id, approval.c.changed == self.changed)
        return transaction.finds(query)


class OpenApproval(Struct, frozen=True, kw_only=True):
    """`expires` and `lasts` in microseconds; `asked` is the decision that asked, None: the entry at hand."""

    id: str
    digest: bytes
    agent: str
    key: str
    session: str | None
    strong: bool
    quorums: str
    trust: int
    tainted: bool
    risk: int
    size: int
    uses: int
    lasts: int
    expires: int
    asked: int | None = None

    def apply(self, transaction: Transaction) -> None:
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name != "expires"}
        values |= {
            "strong": int(self.strong),
            "tainted": int(self.tainted),
            "status": "pending",
            "asked": transaction.seq if self.asked is None else self.asked,
            "opened": transaction.seq,
            "opened_at": transaction.now,
            "expires_at": transaction.now + self.expires,
            "changed": transaction.seq,
        }
        transaction.execute(insert(approval), values)
        transaction.tell(CHANNEL)


class AddVote(Struct, frozen=True):
    """One person's yes, which alone may not be enough."""

    id: str
    operator: str
    role: str

    def apply(self, transaction: Transaction) -> None:
        vote = {"approval": self.id, "operator": self.operator, "role": self.role, "entry": transaction.seq}
        transaction.execute(insert(approval_vote), vote)
        _change(transaction, self.id)


class GrantApproval(Struct, frozen=True):
    """Approved: `once` for the uses and the time that its rule gives, or for the session."""

    id: str
    by: str
    scope: Scope
    message: str = ""

    def apply(self, transaction: Transaction) -> None:
        values: dict[str, Any] = {"valid_until": transaction.now + approval.c.lasts}
        if self.scope == "session":
            values = {"uses": None, "valid_until": None}
        values |= {"status": "approved", "scope": self.scope, "message": self.message}
        _change(transaction, self.id, **values, **_decided(transaction, self.by))


class EndApproval(Struct, frozen=True):
    """Denied, cancelled or expired, by somebody or by itself. A denial with the scope `session` ended that too."""

    id: str
    status: Status
    by: str | None = None
    message: str = ""
    edited_into: str | None = None
    scope: Scope | None = None

    def apply(self, transaction: Transaction) -> None:
        told = {name: getattr(self, name) for name in ("status", "message", "edited_into", "scope")}
        _change(transaction, self.id, **told, **(_decided(transaction, self.by) if self.by is not None else {}))


class UseApproval(Struct, frozen=True):
    """One use; the entry at hand relies on it."""

    id: str

    def apply(self, transaction: Transaction) -> None:
        used = approval.c.used + 1
        _change(transaction, self.id, used=used, status=case((used == approval.c.uses, "consumed"), else_="approved"))
        transaction.execute(insert(approval_use), {"approval": self.id, "entry": transaction.seq})


def _decided(transaction: Transaction, by: str | None) -> dict[str, Any]:
    return {"decided": transaction.seq, "decided_at": transaction.now, "decided_by": by}


def _change(transaction: Transaction, name: str, **values: Any) -> None:
    transaction.execute(update(approval).where(approval.c.id == name).values(changed=transaction.seq, **values))
    transaction.tell(CHANNEL)
