"""What must hold of an approval for a command to be written, and what the command changes of it."""

from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, bindparam, case, func, insert, or_, select, update

from app.core.approval_life import Status
from app.storage.approvals import APPROVED, PENDING, Scope, bearers_live
from app.storage.command import Transaction
from app.storage.driver import Prepared
from app.storage.tables import approval, approval_use, approval_vote

CHANNEL = "agent_sudo_approvals"


def _usable(now: Any, of: Any = approval) -> ColumnElement[bool]:
    return and_(or_(of.c.valid_until.is_(None), of.c.valid_until > now), bearers_live(now, of))


_NOW: ColumnElement[int] = bindparam("now")
_IS_PENDING = select(approval.c.id).where(
    approval.c.id == bindparam("id"), PENDING, approval.c.expires_at > _NOW, bearers_live(_NOW)
)
# Many may use one approval in one batch.
_LIVES = Prepared(
    select(approval.c.id).where(
        approval.c.id == bindparam("id"), approval.c.digest == bindparam("digest"), APPROVED, _usable(_NOW)
    )
)
_later = approval.alias()
_STANDS = select(approval.c.id).where(
    approval.c.id == bindparam("id"),
    approval.c.status.in_(("approved", "consumed")),
    _usable(_NOW),
    ~select(_later.c.id).where(_later.c.digest == approval.c.digest, _later.c.opened > approval.c.opened).exists(),
)
_IS_GONE = select(approval.c.id).where(
    approval.c.id == bindparam("id"),
    or_(
        and_(PENDING, approval.c.expires_at <= _NOW),
        and_(APPROVED, approval.c.valid_until <= _NOW),
        ~bearers_live(_NOW),
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
    or_(
        and_(
            _latest.c.id != bindparam("but"),
            or_(
                and_(_latest.c.status == "pending", _latest.c.expires_at > _NOW, bearers_live(_NOW, _latest)),
                and_(_latest.c.status == "approved", _usable(_NOW, _latest)),
            ),
        ),
        and_(_latest.c.status == "denied", _latest.c.expires_at > _NOW),
    )
)
_ROOM = select(func.count() < bindparam("most")).select_from(
    select(approval.c.id)
    .where(approval.c.agent == bindparam("agent"), PENDING, approval.c.expires_at > _NOW)
    .limit(bindparam("most"))
    .subquery()
)


_USED = approval.c.used + 1
_USE = Prepared(
    update(approval)
    .where(approval.c.id == bindparam("name"))
    .values(
        changed=bindparam("entry"), used=_USED, status=case((approval.c.uses == _USED, "consumed"), else_="approved")
    )
)
_NOTE_USE = Prepared(insert(approval_use))


class NothingOpen(Struct, frozen=True):
    """Guard: no approval of this request waits, may be used, or was just denied.

    But for `but`, which is replaced: that may wait or be usable. A no that a person has said to it stays.
    """

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


class ApprovalStands(Struct, frozen=True):
    """Guard: nobody took back this yes, which may be used up; it is not over, and nothing was asked since."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(_STANDS, {"id": self.id, "now": transaction.now})


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
        transaction.execute(_USE, {"name": self.id, "entry": transaction.seq})
        transaction.execute(_NOTE_USE, {"approval": self.id, "entry": transaction.seq})
        transaction.tell(CHANNEL)


def _decided(transaction: Transaction, by: str | None) -> dict[str, Any]:
    return {"decided": transaction.seq, "decided_at": transaction.now, "decided_by": by}


def _change(transaction: Transaction, name: str, **values: Any) -> None:
    transaction.execute(update(approval).where(approval.c.id == name).values(changed=transaction.seq, **values))
    transaction.tell(CHANNEL)
