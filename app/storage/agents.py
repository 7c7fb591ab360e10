"""Agents: who calls."""

from typing import Any

from msgspec import Struct
from msgspec.json import decode, encode
from sqlalchemy import Connection, insert, select, update

from app.core.decision import Mode
from app.core.trust import TrustName
from app.storage.command import Transaction
from app.storage.tables import agent


class Traits(Struct, frozen=True):
    """What operators lay down about an agent.

    `owner` is the operator who answers for it, None for one that is older than owners. Without `scopes` it is not
    restricted by scopes.
    """

    description: str = ""
    owner: str | None = None
    scopes: tuple[str, ...] = ()
    mode: Mode = "enforce"
    highest_trust: TrustName = "USER_DIRECT"
    needs_session: bool = False


class Agent(Struct, frozen=True):
    name: str
    traits: Traits
    created_at: int


def all_agents(connection: Connection) -> list[Agent]:
    """Every agent, by name."""
    rows = connection.execute(select(agent).order_by(agent.c.name))
    return [
        Agent(
            row.name,
            Traits(
                row.description,
                row.owner,
                decode(row.scopes, type=tuple[str, ...]),
                row.mode,
                row.highest_trust,
                bool(row.needs_session),
            ),
            row.created_at,
        )
        for row in rows
    ]


class AgentExists(Struct, frozen=True):
    """Guard: there is, or is not, an agent of this name."""

    name: str
    expected: bool

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(select(agent.c.name).where(agent.c.name == self.name)) is self.expected


class AgentIs(Struct, frozen=True):
    """Guard: the agent is as it was when somebody decided how to change it."""

    name: str
    traits: Traits

    def holds(self, transaction: Transaction) -> bool:
        same = [agent.c[name].is_not_distinct_from(value) for name, value in _values(self.traits).items()]
        return transaction.finds(select(agent.c.name).where(agent.c.name == self.name, *same))


class AddAgent(Struct, frozen=True):
    name: str
    traits: Traits

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(insert(agent).values(name=self.name, created_at=transaction.now, **_values(self.traits)))


class ChangeAgent(Struct, frozen=True):
    name: str
    traits: Traits

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(update(agent).where(agent.c.name == self.name).values(**_values(self.traits)))


def _values(traits: Traits) -> dict[str, Any]:
    return {
        "description": traits.description,
        "owner": traits.owner,
        "scopes": encode(traits.scopes).decode(),
        "mode": traits.mode,
        "highest_trust": traits.highest_trust,
        "needs_session": int(traits.needs_session),
    }
