"""Agents: who calls."""

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from app.storage.command import Transaction
from app.storage.tables import agent


class Agent(Struct, frozen=True):
    name: str
    description: str
    created_at: int


def all_agents(connection: Connection) -> list[Agent]:
    """Every agent, by name."""
    rows = connection.execute(select(agent).order_by(agent.c.name))
    return [Agent(row.name, row.description, row.created_at) for row in rows]


class AgentExists(Struct, frozen=True):
    """Guard: there is, or is not, an agent of this name."""

    name: str
    expected: bool

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(select(agent.c.name).where(agent.c.name == self.name)) is self.expected


class AddAgent(Struct, frozen=True):
    name: str
    description: str

    def apply(self, transaction: Transaction) -> None:
        transaction.execute(
            insert(agent).values(name=self.name, description=self.description, created_at=transaction.now)
        )
