"""Agents and their keys."""

import re
import secrets
from collections.abc import Callable

from msgspec import Struct

from app.core.trust import KeyKind
from app.services import api_key
from app.services.desk import Desk
from app.services.errors import ConflictError, InvalidError, NotFoundError
from app.storage import agents, keys
from app.storage.agents import AddAgent, Agent, AgentExists
from app.storage.command import Stale
from app.storage.database import Database
from app.storage.keys import AddKey, Key, KeyLives, RevokeKey

# No slash: it divides an agent from its sub-agent.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class NewKey(Struct, frozen=True):
    """A key that was just made. `secret` is shown this once."""

    id: str
    agent: str
    kind: KeyKind
    secret: str
    expires_at: int | None


def mint(agent: str, kind: KeyKind, *, may_explain: bool, expires_at: int | None) -> tuple[NewKey, AddKey]:
    """A fresh key and the change that stores its digest."""
    key = NewKey(f"k_{secrets.token_hex(6)}", agent, kind, api_key.new_key(), expires_at)
    return key, AddKey(key.id, agent, kind, may_explain, api_key.digest(key.secret), expires_at)


def checked_name(name: str) -> str:
    """`name`, if an agent or operator may bear it. Raises InvalidError."""
    if NAME.fullmatch(name) is None:
        raise InvalidError("invalid_name", "A name has 1 to 64 letters, digits, dots, dashes and underscores.")
    return name


class Agents:
    """The use cases around agents."""

    def __init__(self, database: Database, desk: Desk, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._clock = clock

    def all(self) -> list[Agent]:
        with self._database.read() as connection:
            return agents.all_agents(connection)

    def keys(self, agent: str) -> list[Key]:
        """The agent's keys, revoked ones too. Raises NotFoundError."""
        with self._database.read() as connection:
            if agent not in {one.name for one in agents.all_agents(connection)}:
                raise _no_agent(agent)
            return [key for key in keys.all_keys(connection) if key.agent == agent]

    def create(self, by: str, name: str, description: str) -> None:
        """Raises InvalidError, ConflictError."""
        change = AddAgent(checked_name(name), description)
        data = {"agent": name, "description": description}
        if isinstance(self._desk.change("agent.created", by, data, (change,), (AgentExists(name, False),)), Stale):
            raise ConflictError("agent_exists", f"There is an agent {name!r} already.")

    def create_key(
        self, by: str, agent: str, kind: KeyKind, *, may_explain: bool = False, ttl_seconds: int | None = None
    ) -> NewKey:
        """Raises NotFoundError."""
        expires_at = self._clock() + ttl_seconds * 1_000_000 if ttl_seconds is not None else None
        key, change = mint(agent, kind, may_explain=may_explain, expires_at=expires_at)
        data = {
            "agent": agent,
            "expires_at": expires_at,
            "key": key.id,
            "kind": kind,
            "may_explain": may_explain,
        }
        if isinstance(self._desk.change("key.created", by, data, (change,), (AgentExists(agent, True),)), Stale):
            raise _no_agent(agent)
        return key

    def revoke_key(self, by: str, agent: str, key: str) -> None:
        """When this returns, nothing that is recorded later relies on the key. Raises NotFoundError."""
        data = {"agent": agent, "key": key}
        if isinstance(self._desk.change("key.revoked", by, data, (RevokeKey(key),), (KeyLives(agent, key),)), Stale):
            raise NotFoundError("no_such_key", f"The agent {agent!r} has no live key {key!r}.")


def _no_agent(name: str) -> NotFoundError:
    return NotFoundError("no_such_agent", f"There is no agent {name!r}.")
