"""Sessions: how far one run of an agent may still be believed. What a session has seen only lowers it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from app.core.model import ActionRequest
from app.core.provenance import NO_LIMIT, Limit, of_source
from app.core.trust import CEILING, KeyKind, Trust

# How long after its end by one clock a session may still live by another; a replica further off allows nothing.
SKEW_US = 5_000_000
# So begin the ids of runs: their enforcement point knows them by a name of its own, and brings them back by it.
RUN = "r_"


class Live(Struct, frozen=True):
    """What decisions look at in a session that has not been ended: the trust it has left, and its expiry (µs)."""

    trust: Trust
    expires_at: int


class Standing(Struct, frozen=True):
    """What its session, or its agent's sessions, leave to a request.

    id     the live session that the request belongs to; None: it belongs to none
    limit  on the request's trust
    until  when that session expires (µs)
    own    the trust that it has left itself, which may be more than the limit
    lasts  it stands so at any time until then, for as long as none of its agent's sessions changes
    """

    id: str | None = None
    limit: Limit = NO_LIMIT
    until: int | None = None
    own: Trust = max(Trust)
    lasts: bool = False

    @property
    def tainted(self) -> bool:
        """Whether external content was seen, or may have been."""
        return self.limit.trust <= Trust.EXTERNAL_CONTENT


APART = Standing(lasts=True)
_NOT_LIVE = Standing(limit=Limit(Trust.UNKNOWN, "a session that is not live"))
_TWO = Standing(limit=Limit(Trust.UNKNOWN, "a request that names two sessions"))


def standing(request: ActionRequest, kind: KeyKind, live: Mapping[str, Live], now: int) -> Standing:
    """Where `request`, by a key of this kind, stands among the `live` sessions of its agent; `now` may be a bit off."""
    named = request.session
    if named is not None:
        if request.provenance.session_id not in (None, named):
            return _TWO
        found = live.get(named)
        # INVARIANT: a session that was never opened, is over or is somebody else's vouches for nothing.
        if found is None or found.expires_at <= now:
            return _NOT_LIVE
        if kind == "pep":
            return Standing(named, Limit(found.trust, "the session"), found.expires_at, found.trust, lasts=True)
        # INVARIANT: naming another session gains nothing either where which of them it is in is the agent's own word.
        return Standing(named, _least(live, now), found.expires_at, found.trust)
    if not live:
        return APART
    # INVARIANT: leaving the session out gains nothing: the least trusted session that lives then speaks.
    limit = _least(live, now)
    return APART if limit is NO_LIMIT else Standing(limit=limit)


def _least(live: Mapping[str, Live], now: int) -> Limit:
    least = min((one.trust for one in live.values() if one.expires_at + SKEW_US > now), default=None)
    return NO_LIMIT if least is None else Limit(least, "the least trusted of the agent's live sessions")


def opened(kind: KeyKind, parent: Trust | None = None) -> Trust:
    """The trust of a session that a key of this kind opens, inside of another one or by itself."""
    return CEILING[kind] if parent is None else min(CEILING[kind], parent)


class Run(Protocol):
    """A run as far as it is looked at to make room for another one."""

    @property
    def id(self) -> str: ...
    @property
    def trust(self) -> Trust: ...
    @property
    def expires_at(self) -> int: ...


def giving_way(runs: Iterable[Run]) -> str | None:
    """Which of an agent's live runs gives way to another: the one that has been silent for longest, if there is one.

    INVARIANT: the least trust among those that live is the same without it, now and at any later time: one that lives
    as long as it, or longer, is trusted no more. So nothing that was seen is forgotten by making runs.
    """
    ordered = sorted(runs, key=lambda run: (run.expires_at, run.id))
    for at, one in enumerate(ordered):
        if any(other.trust <= one.trust for other in ordered[at + 1 :]):
            return one.id
    return None


def observed(source: str | None) -> Trust:
    """What seeing something from `source` leaves at most: what nobody vouches for is external content."""
    trust = of_source(source)
    return Trust.EXTERNAL_CONTENT if trust is None else trust
