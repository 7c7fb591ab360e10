"""Delegations: what people allow ahead of time, for a while."""

import secrets
from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct
from msgspec.json import Encoder, decode

from app.core.delegation import Scope, Terms
from app.core.delegation_breadth import warnings
from app.core.facts import Offered
from app.services.desk import Desk
from app.services.errors import InvalidError, NotFoundError
from app.services.live_delegations import understood
from app.services.shown import shown
from app.storage import delegations, entries
from app.storage.agents import AgentExists
from app.storage.command import Guard, Stale
from app.storage.database import Database
from app.storage.delegations import AddDelegation, IsUnrevoked, RevokeDelegation, StoredDelegation
from app.storage.operators import Operator
from app.storage.sessions import SessionLives

State = Literal["live", "used up", "expired", "revoked"]
_EXPLAINED = 20  # delegations
LONGEST_S = 30 * 86_400
_encode = Encoder(order="deterministic").encode


class Wish(Struct, frozen=True, kw_only=True):
    """What a delegation shall be. `agent` may name a part of an agent (`coder/reader`), which alone may use it."""

    agent: str
    terms: Terms
    ttl_seconds: int
    max_uses: int | None
    session: str | None
    reason: str
    critical: bool


class Shown(Struct, frozen=True):
    """A delegation as people look at it: as stored, its terms, how it stands, and what is broad about it."""

    stored: StoredDelegation
    terms: Terms
    state: State
    warnings: tuple[str, ...]


class Delegations:
    """The use cases around delegations."""

    def __init__(self, database: Database, desk: Desk, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._clock = clock

    def create(self, by: Operator, wish: Wish) -> Shown:
        """Raises InvalidError, NotFoundError."""
        _check(wish)
        agent = wish.agent.partition("/")[0]
        name = f"d_{secrets.token_hex(6)}"
        change = AddDelegation(
            id=name,
            agent=agent,
            part=wish.agent,
            session=wish.session,
            terms=_encode(wish.terms).decode(),
            reason=wish.reason,
            critical=wish.critical,
            by=by.name,
            role=by.role,
            ttl=wish.ttl_seconds * 1_000_000,
            max_uses=wish.max_uses,
        )
        data = {
            "agent": wish.agent,
            "critical": wish.critical,
            "delegation": name,
            "max_uses": wish.max_uses,
            "reason": wish.reason,
            "session": wish.session,
            "terms": _terms_data(wish.terms),
            "ttl_seconds": wish.ttl_seconds,
        }
        guards: tuple[Guard, ...] = (AgentExists(agent, True),)
        if wish.session is not None:
            guards += (SessionLives(wish.session, agent),)
        result = self._desk.change("delegation.created", by.name, data, (change,), guards)
        if isinstance(result, Stale) and isinstance(result.guard, SessionLives):
            raise NotFoundError("no_such_session", f"{agent!r} has no live session {wish.session!r}.")
        if isinstance(result, Stale):
            raise NotFoundError("no_such_agent", f"There is no agent {agent!r}.")
        return self.show(name)

    def all(self, before: int | None, limit: int, agent: str | None, *, live: bool) -> list[Shown]:
        """The newest first; with `live`, those that can still be used."""
        now = self._clock()
        with self._database.read() as connection:
            found = delegations.page(connection, before, limit, agent, now if live else None)
        return [_shown(one, now) for one in found]

    def show(self, name: str) -> Shown:
        """Raises NotFoundError."""
        return _shown(self._find(name), self._clock())

    def revoke(self, by: str, name: str) -> None:
        """When this returns, nothing that is recorded later relies on it. Raises NotFoundError."""
        data = {"delegation": name}
        guards = (IsUnrevoked(name),)
        if isinstance(self._desk.change("delegation.revoked", by, data, (RevokeDelegation(name, by),), guards), Stale):
            raise NotFoundError("no_such_delegation", f"There is no delegation {name!r} that is not revoked.")

    def recent(self, agent: str) -> Offered:
        """The newest of an agent, those that have ended too: why they do not cover a call is to be explained."""
        with self._database.read() as connection:
            rows = delegations.page(connection, None, _EXPLAINED, agent, None)
            found = tuple(understood(connection, row) for row in rows)
        return Offered(None, found, self._clock())

    def trace(self, name: str, after: int, limit: int) -> list[dict[str, Any]]:
        """Its life as the log tells it: the entries that issued it, used it, revoked it. Raises NotFoundError."""
        stored = self._find(name)
        ends = [seq for seq in (stored.issued, stored.revoked) if seq is not None and seq > after]
        with self._database.read() as connection:
            seqs = sorted({*ends, *delegations.uses_of(connection, name, after, limit)})[:limit]
            found = [entries.find_entry(connection, seq) for seq in seqs]
        return [shown(one) for one in found if one is not None]

    def _find(self, name: str) -> StoredDelegation:
        with self._database.read() as connection:
            found = delegations.find_delegation(connection, name)
        if found is None:
            raise NotFoundError("no_such_delegation", f"There is no delegation {name!r}.")
        return found


def _check(wish: Wish) -> None:
    """What the shape of a wish allows but nobody can mean. Raises InvalidError."""
    if not 1 <= wish.ttl_seconds <= LONGEST_S:
        raise InvalidError("invalid_ttl", f"A delegation lasts 1 second to {LONGEST_S // 86_400} days.")
    if wish.max_uses is not None and wish.max_uses < 1:
        raise InvalidError("invalid_uses", "A delegation has at least one use; leave `max_uses` out for any number.")
    if not wish.terms.allowed_actions and not wish.terms.denied_actions:
        raise InvalidError("empty_delegation", "A delegation names at least one action, allowed or denied.")
    try:
        Scope(wish.terms)
    except ValueError as error:
        raise InvalidError("invalid_delegation", f"{error}.") from None


def _terms_data(terms: Terms) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in _fields(terms) if value}


def _fields(terms: Terms) -> list[tuple[str, Any]]:
    return [(name, getattr(terms, name)) for name in Terms.__struct_fields__]


def _shown(stored: StoredDelegation, now: int) -> Shown:
    terms = decode(stored.terms, type=Terms)
    return Shown(
        stored, terms, _state(stored, now), warnings(terms, stored.expires_at - stored.issued_at, stored.max_uses)
    )


def _state(stored: StoredDelegation, now: int) -> State:
    if stored.revoked_at is not None:
        return "revoked"
    if stored.expires_at <= now:
        return "expired"
    return "used up" if stored.is_spent else "live"
