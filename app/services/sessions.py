"""Sessions: opened and attested by enforcement points, lowered by whatever they have seen, ended by whoever may."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.json import Encoder

from app.audit_log.commitment import SALT_BYTES
from app.audit_log.entry import Draft, draft
from app.core.session import RUN, giving_way, observed, opened
from app.services.agents import no_agent
from app.services.desk import Desk
from app.services.errors import ConflictError, NotFoundError, RefusedError
from app.services.live_sessions import LiveSessions
from app.services.shown import shown_body, shown_payload
from app.storage import entries, sessions
from app.storage.agents import AgentExists
from app.storage.command import Change, Guard, Stale
from app.storage.database import Database
from app.storage.entries import Entry
from app.storage.keys import Key
from app.storage.sessions import (
    CountNote,
    EndSession,
    EndSessionsOf,
    ExpireSession,
    ExtendSession,
    FewerSessions,
    LowerSession,
    NoSession,
    NoteKind,
    NotEnded,
    OpenSession,
    RoomForNote,
    Session,
    SessionLives,
    SessionsUnchanged,
)

_encode = Encoder().encode
_SECOND = 1_000_000
_LONGEST_LIFE = 30 * 86_400 * _SECOND
# Live sessions of one agent, and how many of them its own keys may have opened: its gate always finds room.
MOST_LIVE = 64
MOST_BY_ITSELF = 16
MOST_NOTES: dict[NoteKind, int] = {"prompts": 500, "observations": 5_000}
_SHOWN = 20
_TRIES = 5


class Room(Struct, frozen=True):
    """Room for one more live session: what must hold for it, and the run that gives way, if one must."""

    guards: tuple[Guard, ...]
    gives_way: str | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        return () if self.gives_way is None else (ExpireSession(self.gives_way),)


class History(Struct, frozen=True):
    """A session and the newest of what it was told and has seen."""

    session: Session
    prompts: list[dict[str, Any]]
    observations: list[dict[str, Any]]


class Sessions:
    """The use cases around sessions."""

    def __init__(self, database: Database, desk: Desk, live: LiveSessions, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._live = live
        self._clock = clock

    def all(self, agents: Sequence[str] | None, limit: int) -> list[Session]:
        """Those that live, the newest first; `agents` None: of all."""
        with self._database.read() as connection:
            return sessions.live_sessions(connection, self._clock(), agents, limit)

    def show(self, id: str, agents: Sequence[str] | None) -> History:
        """One session, live or not. `agents` None may see all. Raises NotFoundError."""
        with self._database.read() as connection:
            found = sessions.find_session(connection, id)
            if found is None or (agents is not None and found.agent not in agents):
                raise _no_session()
            prompts = entries.of_session(connection, id, "session.prompted", _SHOWN)
            observations = entries.of_session(connection, id, "session.observed", _SHOWN)
        return History(found, [_prompt(one) for one in prompts], [_observation(one) for one in observations])

    def open(
        self,
        key: Key,
        *,
        ttl_seconds: int,
        prompts: list[str],
        labels: list[str],
        parent: str | None = None,
        agent: str | None = None,
    ) -> Session:
        """Open a session for the agent named, or the only one. Raises RefusedError, NotFoundError, ConflictError."""
        # INVARIANT: only an enforcement point says what the user said.
        if prompts and key.kind != "pep":
            raise RefusedError("pep_key_needed", "Only a key of kind pep attests what the user said.")
        if agent is None and key.also:
            raise RefusedError("actor_needed", "This key speaks for several agents: name one of them as `agent`.")
        agent = agent or key.agent
        if agent not in key.agents:
            raise RefusedError("actor_mismatch", f"This key of the agent {key.agent!r} does not speak for this one.")
        new = f"s_{secrets.token_hex(8)}"
        fewer = () if key.kind == "pep" else (FewerSessions(agent, MOST_BY_ITSELF, by_itself=True),)
        for _ in range(_TRIES):
            room = self._room(agent)
            outer = self._own((agent,), parent) if parent is not None else None
            trust = opened(key.kind, outer.trust if outer is not None else None)
            change = OpenSession(
                id=new,
                agent=agent,
                key=key.id,
                parent=parent,
                root=outer.root if outer is not None else new,
                labels=labels,
                trust=trust,
                ttl=ttl_seconds * _SECOND,
                at_most=min(_times(key.expires_at, outer.expires_at if outer is not None else None), default=None),
                prompts=len(prompts),
            )
            data = {"labels": labels, "parent": parent, "trust": trust.name, "ttl_seconds": ttl_seconds}
            data["gave_way"] = room.gives_way
            who = _actor(key, agent, new)
            opening = self._entry("session.opened", who, data)
            written = (opening, *(self._prompted(who, one) for one in prompts))
            # INVARIANT: a session is opened with the trust that the one around it has left, not with what it had.
            unchanged = () if outer is None else (SessionLives(outer.id, agent, outer.version),)
            guards = (*room.guards, *fewer, *unchanged)
            result = self._desk.change_by_key(key, written, (*room.changes, change), guards)
            if not isinstance(result, Stale):
                self._live.refresh()
                return self._found(new)
            if isinstance(result.guard, FewerSessions) and result.guard.by_itself:
                raise _too_many(MOST_BY_ITSELF)
        raise ConflictError("session_changed", "The session around it changed just now; open it again.")

    def resume(self, key: Key, id: str, label: str, ttl_seconds: int) -> None:
        """Let the run that its enforcement point knows by `id` live, under this label, with the trust it has left.

        Raises ConflictError once somebody has ended it.
        """
        ttl = ttl_seconds * _SECOND
        for _ in range(_TRIES):
            with self._database.read() as connection:
                found = sessions.find_session(connection, id)
            lives = found is not None and found.expires_at > self._clock()
            room = Room(()) if lives else self._room(key.agent)
            data: dict[str, Any] = {"ttl_seconds": ttl_seconds, "gave_way": room.gives_way}
            guard: Guard
            change: Change
            if found is None:
                trust = opened(key.kind)
                data |= {"labels": [label], "trust": trust.name}
                entry = self._entry("session.opened", _actor(key, key.agent, id), data)
                change = OpenSession(id, key.agent, key.id, None, id, [label], trust, ttl, key.expires_at, 0)
                guard = NoSession(id)
            elif found.agent not in key.agents or found.ended_at is not None:
                raise _over()
            else:
                # INVARIANT: what has expired comes back as it was: nothing that it has seen is forgotten by waiting.
                until = self._at_most(found)
                if until <= self._clock():
                    raise _over()
                if lives and found.expires_at >= until:
                    return
                entry = self._entry("session.extended", _actor(key, found.agent, id), data)
                change, guard = ExtendSession(id, ttl, until), NotEnded(id)
            result = self._desk.change_by_key(key, (entry,), (*room.changes, change), (*room.guards, guard))
            if not isinstance(result, Stale):
                self._live.refresh()
                return
        raise ConflictError("session_changed", "The session changed just now; try again.")

    def _room(self, agent: str) -> Room:
        """Room for one more session of an agent; a run that is silent gives way. Raises ConflictError."""
        with self._database.read() as connection:
            # In this order: what changes in between is noticed.
            epoch = sessions.session_epoch(connection)
            living = sessions.live_sessions(connection, self._clock(), (agent,))
        if len(living) < MOST_LIVE:
            return Room((FewerSessions(agent, MOST_LIVE),))
        around = {one.parent for one in living}
        # Only a run comes back by itself; others would be lost to those who opened them.
        found = giving_way(one for one in living if one.id.startswith(RUN) and one.id not in around)
        if found is None:
            raise _too_many(MOST_LIVE)
        return Room((SessionsUnchanged(agent, epoch), FewerSessions(agent, MOST_LIVE + 1)), found)

    def prompt(self, key: Key, id: str, text: str) -> Session:
        """Write down what the user said. Raises NotFoundError, ConflictError."""
        who = self._actor(key, id)
        room = RoomForNote(id, "prompts", MOST_NOTES["prompts"])
        return self._change(key, id, self._prompted(who, text), (CountNote(id, "prompts"),), (room,))

    def observe(self, key: Key, id: str, tool: str | None, source: str | None, content: str | None) -> Session:
        """Take note of what the session has seen, and lower it by that. Raises NotFoundError, ConflictError."""
        who, trust = self._actor(key, id), observed(source)
        # No output is kept, as it may hold secrets: its digest is enough to know it again.
        payload = None if content is None else {"content": _digest(content), "length": len(content)}
        entry = self._entry("session.observed", who, {"source": source, "tool": tool, "trust": trust.name}, payload)
        changes = (LowerSession(id, trust), CountNote(id, "observations"))
        room = RoomForNote(id, "observations", MOST_NOTES["observations"], trust)
        return self._change(key, id, entry, changes, (room,))

    def extend(self, key: Key, id: str, ttl_seconds: int) -> Session:
        """Let it live longer, within its parent's life and its key's. Raises NotFoundError, ConflictError."""
        found = self._own(key.agents, id)
        entry = self._entry("session.extended", _actor(key, found.agent, id), {"ttl_seconds": ttl_seconds})
        extending = ExtendSession(id, ttl_seconds * _SECOND, self._at_most(found))
        return self._change(key, id, entry, (extending,), ())

    def _at_most(self, found: Session) -> int:
        """The time beyond which it does not live, however often it is extended."""
        outer = self._found(found.parent) if found.parent is not None else None
        keys = self._desk.configurations.current.keys.values()
        expiry = next((one.expires_at for one in keys if one.id == found.key), None)
        return min(_times(found.created_at + _LONGEST_LIFE, expiry, outer.expires_at if outer is not None else None))

    def end(self, key: Key, id: str) -> None:
        """End it, and all inside of it: nothing recorded afterwards relies on them. Raises as `extend` does."""
        self._change(key, id, self._entry("session.ended", self._actor(key, id), {}), (EndSession(id),), ())

    def stop(self, by: str, id: str) -> None:
        """The same for an operator."""
        data = {"agent": self._found(id).agent, "session": id}
        # No change of the configuration: the sessions' own epoch tells the decisions that it concerns.
        result = self._desk.change(
            "session.stopped", by, data, (EndSession(id),), (SessionLives(id),), raises_epoch=False, urgent=True
        )
        if isinstance(result, Stale):
            raise _over()
        self._live.refresh()

    def stop_all(self, by: str, agent: str) -> None:
        """End all sessions of an agent, for an operator. Raises NotFoundError."""
        ending, exists = EndSessionsOf(agent), AgentExists(agent, expected=True)
        result = self._desk.change(
            "sessions.stopped", by, {"agent": agent}, (ending,), (exists,), raises_epoch=False, urgent=True
        )
        if isinstance(result, Stale):
            raise no_agent(agent)
        self._live.refresh()

    def _change(
        self, key: Key, id: str, entry: Draft, changes: tuple[Change, ...], guards: tuple[Guard, ...]
    ) -> Session:
        """Change a live session of one of the key's agents."""
        result = self._desk.change_by_key(key, (entry,), changes, (SessionLives(id), *guards))
        if isinstance(result, Stale):
            self._own(key.agents, id)
            raise ConflictError("session_full", "This session takes no more notes of this kind; open another.")
        self._live.refresh()
        return self._found(id)

    def _own(self, agents: Sequence[str], id: str) -> Session:
        """A live session of one of these agents. Raises NotFoundError, ConflictError."""
        found = self._found(id)
        # An agent learns nothing about others, not even that there is something to learn.
        if found.agent not in agents:
            raise _no_session()
        if found.ended_at is not None or found.expires_at <= self._clock():
            raise _over()
        return found

    def _found(self, id: str) -> Session:
        with self._database.read() as connection:
            found = sessions.find_session(connection, id)
        if found is None:
            raise _no_session()
        return found

    def _actor(self, key: Key, id: str) -> dict[str, str]:
        return _actor(key, self._own(key.agents, id).agent, id)

    def _prompted(self, who: dict[str, str], text: str) -> Draft:
        return self._entry("session.prompted", who, {"length": len(text)}, {"prompt": text})

    def _entry(
        self, type: str, who: dict[str, str], data: dict[str, Any], payload: dict[str, Any] | None = None
    ) -> Draft:
        known = {name: value for name, value in data.items() if value is not None}
        fields = {"actor": who, **({"data": known} if known else {})}
        log = self._desk.configurations.current.log
        if payload is None:
            return draft(type, fields, log=log)
        return draft(type, fields, log=log, payload=_encode(payload), salt=secrets.token_bytes(SALT_BYTES))


def _actor(key: Key, agent: str, session: str) -> dict[str, str]:
    """Who writes of a session, as its entries say it."""
    return {"agent": agent, "key": key.id, "session": session}


def _times(*times: int | None) -> list[int]:
    return [time for time in times if time is not None]


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _prompt(entry: Entry) -> dict[str, Any]:
    """A prompt as it is shown; null once it was erased."""
    return {"seq": entry.seq, "ts": entry.ts, "prompt": (shown_payload(entry) or {}).get("prompt")}


def _observation(entry: Entry) -> dict[str, Any]:
    data = shown_body(entry).get("data", {})
    return {"seq": entry.seq, "ts": entry.ts, **{name: data.get(name) for name in ("tool", "source", "trust")}}


def _too_many(count: int) -> ConflictError:
    return ConflictError("too_many_sessions", f"At most {count} of these live; end one.")


def _no_session() -> NotFoundError:
    return NotFoundError("no_such_session", "There is no session of this id.")


def _over() -> ConflictError:
    return ConflictError("session_over", "This session has ended or expired; open another one.")
