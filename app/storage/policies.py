"""Policies: every one that was ever proposed, and the one in force."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, insert, select, update

from app.storage.command import Transaction
from app.storage.tables import LOG, policy, policy_in_force


class StoredPolicy(Struct, frozen=True):
    """`files` is JSON: the policy's own text and those it extends; `digest` is `sha256:…` of it."""

    digest: str
    files: bytes
    proposed_by: str
    proposed_at: int


class InForce(Struct, frozen=True):
    policy: StoredPolicy
    activated_by: str
    activated_at: int


def policy_in_force_now(connection: Connection) -> InForce | None:
    """None only in a home that was never initialised."""
    query = select(policy, policy_in_force.c.activated_by, policy_in_force.c.activated_at).join(
        policy_in_force, policy_in_force.c.digest == policy.c.digest
    )
    row = connection.execute(query).first()
    return InForce(_stored(row), row.activated_by, row.activated_at) if row else None


def find_policy(connection: Connection, digest: str) -> StoredPolicy | None:
    """The policy of this digest, if it was ever proposed."""
    row = connection.execute(select(policy).where(policy.c.digest == digest)).first()
    return _stored(row) if row else None


def proposed(connection: Connection, limit: int) -> list[StoredPolicy]:
    """The newest that are not in force."""
    in_force = select(policy_in_force.c.digest).where(policy_in_force.c.log_id == LOG)
    query = select(policy).where(policy.c.digest.not_in(in_force))
    found = connection.execute(query.order_by(policy.c.proposed_at.desc(), policy.c.digest).limit(limit))
    return [_stored(row) for row in found]


def _stored(row: Row[Any]) -> StoredPolicy:
    return StoredPolicy(row.digest, bytes(row.files), row.proposed_by, row.proposed_at)


class PolicyExists(Struct, frozen=True):
    """Guard: a policy of this digest was proposed before, or was not."""

    digest: str
    expected: bool

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(select(policy.c.digest).where(policy.c.digest == self.digest)) is self.expected


class PolicyInForceIs(Struct, frozen=True):
    """Guard: the policy in force is this one; None: there is none yet."""

    digest: str | None

    def holds(self, transaction: Transaction) -> bool:
        any_in_force = select(policy_in_force.c.digest).where(policy_in_force.c.log_id == LOG)
        if self.digest is None:
            return not transaction.finds(any_in_force)
        return transaction.finds(any_in_force.where(policy_in_force.c.digest == self.digest))


class AddPolicy(Struct, frozen=True):
    digest: str
    files: bytes
    by: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(
            insert(policy).values(
                digest=self.digest, files=self.files, proposed_by=self.by, proposed_at=transaction.now
            )
        )


class PutInForce(Struct, frozen=True):
    """The first policy of a home (`first`), or the successor of the one in force."""

    digest: str
    by: str
    first: bool = False

    def apply(self, transaction: Transaction) -> None:
        values = {"digest": self.digest, "activated_by": self.by, "activated_at": transaction.now}
        transaction.execute(
            insert(policy_in_force).values(log_id=LOG, **values)
            if self.first
            else update(policy_in_force).where(policy_in_force.c.log_id == LOG).values(**values)
        )
