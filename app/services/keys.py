"""Agents' keys: made, replaced, revoked."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from app.core.trust import KeyKind
from app.services import api_key
from app.services.agents import no_agent
from app.services.desk import Desk
from app.services.errors import InvalidError, NotFoundError
from app.storage import agents, keys
from app.storage.agents import AgentExists
from app.storage.command import Change, Stale
from app.storage.database import Database
from app.storage.keys import AddKey, ExpireKey, Key, KeyLives, RevokeKey
from app.storage.sessions import EndSessionsBy, ShortenSessionsBy

# Agents for which one key may speak.
MOST_AGENTS = 100


class NewKey(Struct, frozen=True):
    """A key that was just made. `secret` is shown this once."""

    id: str
    agent: str
    kind: KeyKind
    secret: str
    expires_at: int | None
    also: tuple[str, ...] = ()


def mint(
    agent: str, kind: KeyKind, *, may_explain: bool, expires_at: int | None, also: tuple[str, ...] = ()
) -> tuple[NewKey, AddKey]:
    """A fresh key and the change that stores its digest."""
    key = NewKey(f"k_{secrets.token_hex(6)}", agent, kind, api_key.new_key(), expires_at, also)
    return key, AddKey(key.id, agent, kind, may_explain, api_key.digest(key.secret), expires_at, also)


class Keys:
    """The use cases around keys."""

    def __init__(self, database: Database, desk: Desk, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._clock = clock

    def of(self, agent: str) -> list[Key]:
        """The keys that may speak for the agent, revoked ones too. Raises NotFoundError."""
        with self._database.read() as connection:
            if agent not in {one.name for one in agents.all_agents(connection)}:
                raise no_agent(agent)
            return [key for key in keys.all_keys(connection) if agent in key.agents]

    def create(
        self,
        by: str,
        agent: str,
        kind: KeyKind,
        *,
        may_explain: bool = False,
        ttl_seconds: int | None = None,
        also: Sequence[str] = (),
    ) -> NewKey:
        """A key of `agent`, which may also speak for others. Raises InvalidError, NotFoundError."""
        others = tuple(sorted(set(also) - {agent}))
        if others and kind != "pep":
            raise InvalidError("invalid_key", "Only a pep key may speak for several agents.")
        if len(others) >= MOST_AGENTS:
            raise InvalidError("invalid_key", f"A key speaks for at most {MOST_AGENTS} agents.")
        expires_at = self._after(ttl_seconds) if ttl_seconds is not None else None
        key, change = mint(agent, kind, may_explain=may_explain, expires_at=expires_at, also=others)
        self._write("key.created", by, _told(key, may_explain=may_explain), key, (change,))
        return key

    def rotate(self, by: str, agent: str, key: str, overlap_seconds: int, ttl_seconds: int | None) -> NewKey:
        """A key with the same rights as an old one, which ends when the overlap does. Raises NotFoundError."""
        old = next((one for one in self.of(agent) if one.id == key and one.agent == agent), None)
        if old is None or old.revoked_at is not None:
            raise _no_key(agent, key)
        expires_at = self._after(ttl_seconds) if ttl_seconds is not None else None
        new, add = mint(agent, old.kind, may_explain=old.may_explain, expires_at=expires_at, also=old.also)
        until = self._after(overlap_seconds)
        told = {**_told(new, may_explain=old.may_explain), "previous": key, "until": until}
        # INVARIANT: no session outlives the key that opened it.
        late = (ExpireKey(key, until), ShortenSessionsBy(key, until))
        end = late if overlap_seconds else (RevokeKey(key), EndSessionsBy(key))
        self._write("key.rotated", by, told, new, (add, *end), key)
        return new

    def revoke(self, by: str, agent: str, key: str) -> None:
        """When this returns, nothing recorded later relies on the key or on a session that it opened. NotFoundError."""
        data = {"agent": agent, "key": key}
        guards, changes = (KeyLives(agent, key),), (RevokeKey(key), EndSessionsBy(key))
        if isinstance(self._desk.change("key.revoked", by, data, changes, guards, urgent=True), Stale):
            raise _no_key(agent, key)

    def _write(
        self, type: str, by: str, told: dict[str, Any], key: NewKey, changes: tuple[Change, ...], old: str | None = None
    ) -> None:
        guards = tuple(AgentExists(name, True) for name in (key.agent, *key.also))
        lives = () if old is None else (KeyLives(key.agent, old),)
        result = self._desk.change(type, by, told, changes, (*guards, *lives))
        if isinstance(result, Stale) and isinstance(result.guard, AgentExists):
            raise no_agent(result.guard.name)
        if isinstance(result, Stale):
            raise _no_key(key.agent, str(old))

    def _after(self, seconds: int) -> int:
        return self._clock() + seconds * 1_000_000


def _told(key: NewKey, *, may_explain: bool) -> dict[str, Any]:
    return {
        "agent": key.agent,
        **({"also": list(key.also)} if key.also else {}),
        "expires_at": key.expires_at,
        "key": key.id,
        "kind": key.kind,
        "may_explain": may_explain,
    }


def _no_key(agent: str, key: str) -> NotFoundError:
    return NotFoundError("no_such_key", f"The agent {agent!r} has no live key {key!r}.")
