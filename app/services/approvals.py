"""Approvals as people and agents look at them: what waits, what it is about, what became of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Connection

from app.audit_log.entry import draft
from app.core.approval_life import Status, Vote
from app.services.asking import code_of, is_readable, quorums
from app.services.desk import SYSTEM, Desk
from app.services.drawn import Drawn, drawn_again, drawn_anew
from app.services.errors import ConflictError, InvalidError, NotFoundError
from app.services.live_approvals import LiveApprovals, Pending, edited_arguments
from app.services.shown import shown_body, shown_payload
from app.storage import approvals, entries
from app.storage.approval_changes import ApprovalUnchanged, EndApproval, IsGone
from app.storage.approvals import Place, StoredApproval
from app.storage.command import Guard, Stale
from app.storage.database import Database
from app.storage.keys import Key

_SWEPT = 500
_FOLLOWED = 200
_TRIES = 5
# How long a stream says nothing at most, in seconds.
_HEARTBEAT_S = 15.0
Risk = Literal["ordinary", "high", "critical"]
_RISKS: tuple[Risk, ...] = ("ordinary", "high", "critical")


class Card(Struct, frozen=True, kw_only=True):
    """One approval as it is shown.

    status    as of now: what has expired says so before the log does
    entry     the body of the decision that asked: who, which rules and why, trust and taint
    waiting   how many callers wait for it here
    readable  whether its arguments are few enough to be approved
    once_only why nothing wider than *once* can be approved; "" where it can
    by_itself why no delegation can be made of it; "" where one can
    request   as received, with `edited` arguments where a person put others there; None in lists, and once erased
    effects   of the request as received
    edited    the arguments that were approved in the place of those sent
    """

    stored: StoredApproval
    status: Status
    code: str
    risk: Risk
    entry: dict[str, Any]
    votes: tuple[Vote, ...]
    waiting: int
    readable: bool
    once_only: str
    by_itself: str
    request: dict[str, Any] | None = None
    effects: list[dict[str, Any]] | None = None
    edited: dict[str, Any] | None = None


class Listed(Struct, frozen=True):
    """A page; `onward` is the `after` of the next one, `seq` the newest entry when this was read."""

    cards: list[Card]
    onward: str | None
    seq: int


class Approvals:
    """The use cases around looking at approvals, taking them back, and noting that they have expired."""

    def __init__(self, database: Database, desk: Desk, live: LiveApprovals, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._desk = desk
        self._live = live
        self._clock = clock

    def all(
        self, status: Status | None, limit: int, after: str | None, agents: Collection[str] | None = None
    ) -> Listed:
        """What waits, the gravest and soonest first; with another `status`, or None for all, the newest first.

        `agents` None may see all. Raises InvalidError for an `after` that is none of ours.
        """
        now = self._clock()
        at = _place(after)
        with self._database.read() as connection:
            seq = entries.head(connection).size - 1
            if status == "pending":
                found = approvals.waiting(connection, now, limit, at, agents)
            else:
                found = approvals.page(connection, limit, at.opened if at is not None else None, status, agents)
            cards = self._cards(connection, found, now)
        last = found[-1] if len(found) == limit else None
        onward = f"{last.risk}-{last.expires_at}-{last.opened}" if last is not None else None
        return Listed(cards, onward, seq)

    def show(self, name: str, agents: Collection[str] | None = None) -> Card:
        """One approval, all of its request. `agents` None may see all. Raises NotFoundError."""
        with self._database.read() as connection:
            found = self._find(connection, name, agents)
            card = self._cards(connection, [found], self._clock())[0]
            opened = entries.find_entry(connection, found.opened)
            asked = opened if found.asked == found.opened else entries.find_entry(connection, found.asked)
            edited = edited_arguments(connection, found) if found.edited_into is not None else None
        payload = (shown_payload(opened) if opened is not None else None) or {}
        before = (shown_payload(asked) if asked is not None else None) or {}
        fields = {name: getattr(card, name) for name in Card.__struct_fields__}
        told = {"request": payload.get("request"), "effects": before.get("effects"), "edited": edited}
        return Card(**{**fields, **told})

    def drawn(self, card: Card) -> Drawn | None:
        """The tree of what people are asked about, of a whole card; None once that was erased."""
        if card.request is None:
            return None
        if card.stored.asked == card.stored.opened:
            return drawn_again(card.request, card.effects or [])
        return self.drawn_with(card, card.request.get("arguments", {}))

    def drawn_with(self, card: Card, arguments: dict[str, Any]) -> Drawn:
        """The tree of the same request with other arguments, which nobody has judged yet."""
        found = self._desk.configurations.current
        is_believed = any(key.id == card.stored.key and key.kind == "pep" for key in found.keys.values())
        return drawn_anew({**(card.request or {}), "arguments": arguments}, found.rules, is_believed=is_believed)

    async def wait(self, name: str, seconds: float, agents: Collection[str] | None = None) -> Card:
        """The same once it has an answer, or after so many seconds. Raises NotFoundError."""
        card = await asyncio.to_thread(self.show, name, agents)
        if card.status != "pending":
            return card
        await self._live.answer(Pending(name, card.stored.changed, card.stored.expires_at), seconds)
        return await asyncio.to_thread(self.show, name, agents)

    async def follow(self, after: int | None, agents: Collection[str] | None = None) -> AsyncIterator[list[Card]]:
        """What changes from now on, or after the entry `after`; now and then nothing, as a sign of life."""
        since = after if after is not None else await asyncio.to_thread(self._newest)
        while not self._live.has_ended:
            cards = await asyncio.to_thread(self._changes, since, agents)
            if cards:
                since = cards[-1].stored.changed
            yield cards
            if len(cards) < _FOLLOWED:
                await self._live.changed(None, since, _HEARTBEAT_S)

    def cancel(self, key: Key, name: str) -> None:
        """Taken back by the agent that asked, used or not. Raises NotFoundError, ConflictError."""
        for _ in range(_TRIES):
            with self._database.read() as connection:
                found = self._find(connection, name, key.agents)
            self._check_open(found)
            log = self._desk.configurations.current.log
            fields = {"actor": {"agent": found.agent, "key": key.id}, "data": {"approval": name}}
            entry = draft("approval.cancelled", fields, log=log)
            guards = (ApprovalUnchanged(name, found.changed),)
            result = self._desk.change_by_key(key, (entry,), (EndApproval(name, "cancelled"),), guards)
            if not isinstance(result, Stale):
                self._live.written()
                return
        raise _busy()

    def revoke(self, by: str, name: str) -> None:
        """Taken back by an operator: nothing recorded later relies on it. Raises NotFoundError, ConflictError."""
        for _ in range(_TRIES):
            with self._database.read() as connection:
                found = self._find(connection, name, None)
            self._check_open(found)
            if self._end("approval.revoked", by, found, "cancelled"):
                return
        raise _busy()

    def sweep(self) -> None:
        """Write down what has expired, and what became void since its key was revoked or its session is over."""
        now = self._clock()
        with self._database.read() as connection:
            overdue = approvals.overdue(connection, now, _SWEPT)
            orphans = approvals.orphans(connection, now, _SWEPT)
        for one in overdue:
            self._end("approval.expired", SYSTEM, one, "expired", IsGone(one.id))
        for one in orphans:
            reason = "the key that asked was revoked, or the session is over"
            self._end("approval.voided", SYSTEM, one, "cancelled", IsGone(one.id), reason=reason)

    def _end(self, type: str, by: str, one: StoredApproval, status: Status, *still: Guard, **told: str) -> bool:
        change = EndApproval(one.id, status, None if by == SYSTEM else by)
        guards = (ApprovalUnchanged(one.id, one.changed), *still)
        data = {"approval": one.id, **told}
        result = self._desk.change(type, by, data, (change,), guards, raises_epoch=False)
        self._live.written()
        return not isinstance(result, Stale)

    def _check_open(self, found: StoredApproval) -> None:
        status = status_of(found, self._clock())
        if status not in ("pending", "approved"):
            raise ConflictError(f"approval_{status}", f"This approval is {status} already.")

    def _changes(self, since: int, agents: Collection[str] | None) -> list[Card]:
        with self._database.read() as connection:
            found = approvals.changed_since(connection, since, _FOLLOWED, agents)
            return self._cards(connection, found, self._clock())

    def _newest(self) -> int:
        with self._database.read() as connection:
            return entries.head(connection).size - 1

    def _cards(self, connection: Connection, found: list[StoredApproval], now: int) -> list[Card]:
        asked = entries.find_entries(connection, {one.asked for one in found})
        return [
            Card(
                stored=one,
                status=status_of(one, now),
                code=code_of(one) if status_of(one, now) == one.status else status_of(one, now),
                risk=_RISKS[one.risk],
                entry=shown_body(asked[one.asked]) if one.asked in asked else {},
                votes=approvals.votes_of(connection, one.id),
                waiting=self._live.waiting(one.id),
                readable=is_readable(one),
                once_only=why_once(one),
                by_itself=why_by_itself(one),
            )
            for one in found
        ]

    def _find(self, connection: Connection, name: str, agents: Collection[str] | None) -> StoredApproval:
        found = approvals.find_approval(connection, name)
        # An agent learns nothing about others, not even that there is something to learn.
        if found is None or (agents is not None and found.agent not in agents):
            raise NotFoundError("no_such_approval", f"There is no approval {name!r}.")
        return found


def status_of(one: StoredApproval, now: int) -> Status:
    """How it stands now: that it has expired may not be written down yet."""
    end = one.expires_at if one.status == "pending" else one.valid_until if one.status == "approved" else None
    return "expired" if end is not None and end <= now else one.status


def why_once(one: StoredApproval) -> str:
    """Why nothing wider than *once* can be approved; "" where it can."""
    return why_by_itself(one) or ("it was not asked in a session" if one.session is None else "")


def why_by_itself(one: StoredApproval) -> str:
    """Why it is answered by itself, whatever else may be allowed ahead of time; "" where there is no reason."""
    # INVARIANT: a yes to something critical, or to what external content led to, is a yes to this one time.
    if one.strong:
        return "what is critical is approved once"
    if one.tainted:
        return "what external content may have led to is approved once"
    if any(quorum.need > 1 for quorum in quorums(one)):
        return "what several people must agree to is approved once"
    return ""


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    parts = after.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 16 for part in parts):
        raise InvalidError("invalid_after", "`after` is the `next` of an earlier page.")
    risk, expires_at, opened = map(int, parts)
    return Place(risk, expires_at, opened)


def _busy() -> ConflictError:
    return ConflictError("approval_changed", "This approval changed just now; look at it again.")
