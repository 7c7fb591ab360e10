"""Agents' keys: only their SHA-256 is stored."""

from msgspec import Struct
from msgspec.json import decode, encode
from sqlalchemy import Connection, insert, select, update

from app.core.trust import KeyKind
from app.storage.command import Transaction
from app.storage.tables import agent_key


class Key(Struct, frozen=True):
    """One key of one agent, which may speak for further ones. `may_explain` lets it ask for the trace of a decision."""

    id: str
    agent: str
    kind: KeyKind
    may_explain: bool
    digest: bytes
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    also: tuple[str, ...] = ()
    last_used_at: int | None = None

    @property
    def agents(self) -> tuple[str, ...]:
        """Everybody for whom it may speak."""
        return (self.agent, *self.also)


def all_keys(connection: Connection) -> list[Key]:
    """Every key, revoked ones too."""
    rows = connection.execute(select(agent_key).order_by(agent_key.c.agent, agent_key.c.created_at, agent_key.c.id))
    return [
        Key(
            row.id,
            row.agent,
            row.kind,
            bool(row.may_explain),
            bytes(row.digest),
            row.created_at,
            row.expires_at,
            row.revoked_at,
            decode(row.also, type=tuple[str, ...]),
            row.last_used_at,
        )
        for row in rows
    ]


class KeyLives(Struct, frozen=True):
    """Guard: the agent has this key, and nobody has revoked it."""

    agent: str
    id: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(
            select(agent_key.c.id).where(
                agent_key.c.agent == self.agent, agent_key.c.id == self.id, agent_key.c.revoked_at.is_(None)
            )
        )


class AddKey(Struct, frozen=True):
    id: str
    agent: str
    kind: KeyKind
    may_explain: bool
    digest: bytes
    expires_at: int | None
    also: tuple[str, ...] = ()

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(
            insert(agent_key).values(
                id=self.id,
                agent=self.agent,
                kind=self.kind,
                may_explain=int(self.may_explain),
                digest=self.digest,
                created_at=transaction.now,
                expires_at=self.expires_at,
                also=encode(self.also).decode(),
            )
        )


class ExpireKey(Struct, frozen=True):
    """Lets a key end at `at`, if it would not end sooner by itself."""

    id: str
    at: int

    def apply(self, transaction: Transaction) -> None:
        later = agent_key.c.expires_at.is_(None) | (agent_key.c.expires_at > self.at)
        transaction.execute(update(agent_key).where(agent_key.c.id == self.id, later).values(expires_at=self.at))


class RevokeKey(Struct, frozen=True):
    id: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(update(agent_key).where(agent_key.c.id == self.id).values(revoked_at=transaction.now))


class MarkUsed(Struct, frozen=True):
    """Notes that keys were used lately."""

    ids: tuple[str, ...]

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(update(agent_key).where(agent_key.c.id.in_(self.ids)).values(last_used_at=transaction.now))
