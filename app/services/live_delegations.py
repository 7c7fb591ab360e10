"""The live delegations as this process knows them, by agent.

It reads what was issued, revoked or used up since it looked last, and so follows the log at the cost of what changed.
What others have used up or ended in the meantime is found out when a command that relies on it is refused.
"""

import heapq
import math
from collections.abc import Mapping

from msgspec.json import decode
from sqlalchemy import Connection

from app.core.delegation import Delegation, Scope, Terms
from app.core.delegations import NONE, Delegations
from app.storage import entries
from app.storage.delegations import StoredDelegation, changed_since, find_delegation, unrevoked


class LiveDelegations:
    """A memory of delegations. Not for several threads at once; what it gives away never changes."""

    def __init__(self) -> None:
        self._seen: int | None = None  # the newest entry of which the effect is known
        self._of: Mapping[str, Delegations] = {}
        self._expiries: list[tuple[int, str, str]] = []

    @property
    def expires_at(self) -> float:
        """When the next one expires."""
        return self._expiries[0][0] if self._expiries else math.inf

    def followed(self, connection: Connection, now: int) -> Mapping[str, Delegations]:
        """All by agent, after what the log has brought since the last time."""
        newest = entries.head(connection).size - 1
        rows = unrevoked(connection, now) if self._seen is None else changed_since(connection, self._seen)
        put: dict[str, list[Delegation]] = {}
        drop: dict[str, list[str]] = {}
        for row in rows:
            if row.revoked_at is None:
                put.setdefault(row.agent, []).append(understood(connection, row))
                heapq.heappush(self._expiries, (row.expires_at, row.agent, row.id))
            else:
                drop.setdefault(row.agent, []).append(row.id)
        self._seen = newest
        return self._changed(put, drop)

    def unexpired(self, now: int) -> Mapping[str, Delegations]:
        """All by agent, without those that have expired."""
        drop: dict[str, list[str]] = {}
        while self._expiries and self._expiries[0][0] <= now:
            _, agent, name = heapq.heappop(self._expiries)
            drop.setdefault(agent, []).append(name)
        return self._changed({}, drop)

    def _changed(self, put: Mapping[str, list[Delegation]], drop: Mapping[str, list[str]]) -> Mapping[str, Delegations]:
        if put or drop:
            changed = dict(self._of)
            for agent in put.keys() | drop.keys():
                changed[agent] = changed.get(agent, NONE).changed(put.get(agent, ()), drop.get(agent, ()))
            self._of = changed
        return self._of


def understood(connection: Connection, row: StoredDelegation) -> Delegation:
    """A stored delegation with all that it descends from, ready to be matched."""
    line = [row]
    while (parent := line[-1].parent) is not None:
        found = find_delegation(connection, parent)
        if found is None:
            raise LookupError(f"the delegation {parent} is missing")
        line.append(found)
    return Delegation(
        id=row.id,
        chain=tuple(one.id for one in line),
        agent=row.part,
        session=row.session,
        scopes=tuple(Scope(decode(one.terms, type=Terms)) for one in line),
        by=row.issued_by,
        role=row.issued_role,
        critical=bool(row.critical),
        expires_at=min(one.expires_at for one in line),
        revoked_at=row.revoked_at,
        spent=row.is_spent,
    )
