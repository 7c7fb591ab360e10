"""Sessions: runs of agents. A change that decisions can feel is numbered, so that those on their way are stale."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from app.core.trust import Trust
from app.storage.command import Transaction
from app.storage.tables import LOG, agent_key, audit_log, session

NoteKind = Literal["prompts", "observations"]


class Session(Struct, frozen=True):
    """One run of an agent. `root` is the outermost session that it is inside of; times in microseconds."""

    id: str
    agent: str
    key: str
    parent: str | None
    root: str
    labels: list[str]
    created_at: int
    expires_at: int
    ended_at: int | None
    trust: Trust
    prompts: int
    observations: int
    version: int


def session_epoch(connection: Connection) -> int:
    """How many changes of sessions were committed."""
    query = select(audit_log.c.session_epoch).where(audit_log.c.log_id == LOG)
    return int(connection.execute(query).scalar_one())


def find_session(connection: Connection, id: str) -> Session | None:
    """The session of this id, live or not."""
    row = connection.execute(select(session).where(session.c.id == id)).first()
    return _session(row) if row else None


def live_sessions(
    connection: Connection, now: int, agents: Sequence[str] | None = None, limit: int | None = None
) -> list[Session]:
    """Those that live, of some agents or of all, the newest first."""
    query = select(session).where(_lives(now)).order_by(session.c.created_at.desc(), session.c.id).limit(limit)
    if agents is not None:
        query = query.where(session.c.agent.in_(agents))
    return [_session(row) for row in connection.execute(query)]


def changed_sessions(connection: Connection, since: int) -> list[Session]:
    """Those that were changed after the session epoch `since`, ended ones too."""
    return [_session(row) for row in connection.execute(select(session).where(session.c.version > since))]


def _session(row: Any) -> Session:
    fields = {name: getattr(row, name) for name in Session.__struct_fields__}
    return Session(**{**fields, "labels": json.loads(row.labels), "trust": Trust(row.trust)})


def _lives(now: int) -> ColumnElement[bool]:
    return and_(session.c.ended_at.is_(None), session.c.expires_at > now)


class SessionsUnchanged(Struct, frozen=True):
    """Guard: no session of this agent has changed since the session epoch `since`.

    Costs nothing while nothing changes: the epoch stands in the locked row.
    """

    agent: str
    since: int

    def holds(self, transaction: Transaction) -> bool:
        if transaction.session_epoch == self.since:
            return True
        version = transaction.versions.get(self.agent)
        if version is None:
            newest = select(func.coalesce(func.max(session.c.version), 0)).where(session.c.agent == self.agent)
            version = transaction.versions[self.agent] = transaction.value(newest)
        return version <= self.since


class SessionLives(Struct, frozen=True):
    """Guard: the session has neither ended nor expired; with `agent`, it is that agent's, with `version`, unchanged."""

    id: str
    agent: str | None = None
    version: int | None = None

    def holds(self, transaction: Transaction) -> bool:
        query = select(session.c.id).where(session.c.id == self.id, _lives(transaction.now))
        if self.agent is not None:
            query = query.where(session.c.agent == self.agent)
        if self.version is not None:
            query = query.where(session.c.version == self.version)
        return transaction.finds(query)


class NoSession(Struct, frozen=True):
    """Guard: there never was a session of this id."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        return not transaction.finds(select(session.c.id).where(session.c.id == self.id))


class NotEnded(Struct, frozen=True):
    """Guard: nobody has ended the session, though it may have expired."""

    id: str

    def holds(self, transaction: Transaction) -> bool:
        return transaction.finds(select(session.c.id).where(session.c.id == self.id, session.c.ended_at.is_(None)))


class FewerSessions(Struct, frozen=True):
    """Guard: fewer than `count` sessions of this agent live; with `by_itself`, of those that its own keys opened."""

    agent: str
    count: int
    by_itself: bool = False

    def holds(self, transaction: Transaction) -> bool:
        query = select(func.count()).where(session.c.agent == self.agent, _lives(transaction.now))
        if self.by_itself:
            query = query.where(session.c.key == agent_key.c.id, agent_key.c.kind == "agent")
        return bool(transaction.value(query) < self.count)


class RoomForNote(Struct, frozen=True):
    """Guard: fewer than `count` notes of this kind were taken, or the session is trusted more than `trust`."""

    id: str
    kind: NoteKind
    count: int
    trust: Trust = Trust.USER_DIRECT

    def holds(self, transaction: Transaction) -> bool:
        # INVARIANT: a full session is still lowered.
        room = or_(session.c[self.kind] < self.count, session.c.trust > int(self.trust))
        return transaction.finds(select(session.c.id).where(session.c.id == self.id, room))


class OpenSession(Struct, frozen=True):
    """`ttl` in microseconds from the time of the transaction; `at_most` is a time beyond which it does not live."""

    id: str
    agent: str
    key: str
    parent: str | None
    root: str
    labels: list[str]
    trust: Trust
    ttl: int
    at_most: int | None
    prompts: int

    def apply(self, transaction: Transaction) -> None:
        transaction.session_epoch += 1
        transaction.versions.clear()
        expires_at = transaction.now + self.ttl
        transaction.execute(
            insert(session).values(
                id=self.id,
                agent=self.agent,
                key=self.key,
                parent=self.parent,
                root=self.root,
                labels=json.dumps(self.labels),
                created_at=transaction.now,
                expires_at=expires_at if self.at_most is None else min(expires_at, self.at_most),
                trust=int(self.trust),
                prompts=self.prompts,
                version=transaction.session_epoch,
            )
        )


class LowerSession(Struct, frozen=True):
    """Lowers the session to `trust`, and with it all that share its root: what one has heard, the others may hear."""

    id: str
    trust: Trust

    def apply(self, transaction: Transaction) -> None:
        root = select(session.c.root).where(session.c.id == self.id).scalar_subquery()
        above = and_(session.c.root == root, session.c.trust > int(self.trust), _lives(transaction.now))
        _change(transaction, above, trust=int(self.trust))


class CountNote(Struct, frozen=True):
    """One note more."""

    id: str
    kind: NoteKind

    def apply(self, transaction: Transaction) -> None:
        column = session.c[self.kind]
        transaction.execute(update(session).where(session.c.id == self.id).values({column: column + 1}))


class ExtendSession(Struct, frozen=True):
    """Lets it live `ttl` microseconds from now, if that is later, and never beyond `at_most`."""

    id: str
    ttl: int
    at_most: int

    def apply(self, transaction: Transaction) -> None:
        expires_at = min(transaction.now + self.ttl, self.at_most)
        _change(transaction, and_(session.c.id == self.id, session.c.expires_at < expires_at), expires_at=expires_at)


class ExpireSession(Struct, frozen=True):
    """Lets it expire now; it is not over, and can be brought back with what it has seen."""

    id: str

    def apply(self, transaction: Transaction) -> None:
        _change(transaction, and_(session.c.id == self.id, _lives(transaction.now)), expires_at=transaction.now)


class EndSession(Struct, frozen=True):
    """Ends a session and all that were opened inside of it."""

    id: str

    def apply(self, transaction: Transaction) -> None:
        _end(transaction, session.c.id == self.id)


class EndSessionsOf(Struct, frozen=True):
    """Ends all sessions of an agent."""

    agent: str

    def apply(self, transaction: Transaction) -> None:
        _end(transaction, session.c.agent == self.agent)


class EndSessionsBy(Struct, frozen=True):
    """Ends the sessions that a key has opened, and all inside of them."""

    key: str

    def apply(self, transaction: Transaction) -> None:
        _end(transaction, session.c.key == self.key)


class ShortenSessionsBy(Struct, frozen=True):
    """Lets the sessions that a key has opened, and all inside of them, end at `at`, if they would not end sooner."""

    key: str
    at: int

    def apply(self, transaction: Transaction) -> None:
        within = _within(session.c.key == self.key, _lives(transaction.now))
        _change(transaction, and_(within, session.c.expires_at > self.at), expires_at=self.at)


def _end(transaction: Transaction, which: ColumnElement[bool]) -> None:
    _change(transaction, _within(which, _lives(transaction.now)), ended_at=transaction.now)


def _within(which: ColumnElement[bool], lives: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those that live of some sessions, and of all inside of them."""
    ending = select(session.c.id, session.c.root).where(which, lives).cte("ending", recursive=True)
    ending = ending.union(
        select(session.c.id, session.c.root).where(session.c.root == ending.c.root, session.c.parent == ending.c.id)
    )
    return and_(session.c.id.in_(select(ending.c.id)), lives)


def _change(transaction: Transaction, which: ColumnElement[bool], **values: int) -> None:
    """Change those rows, if there are any, under a new number."""
    if transaction.finds(select(session.c.id).where(which)):
        transaction.session_epoch += 1
        transaction.versions.clear()
        transaction.execute(update(session).where(which).values(version=transaction.session_epoch, **values))
