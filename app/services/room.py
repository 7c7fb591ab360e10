"""Room for connections: for those that ask, and besides for those that wait for people.

An open connection that sends may hold a head and a body in memory, and whoever opens it is not known yet: of these
there are few. One whose request is here as a whole, of somebody who is known, only waits: of these there may be many.
Whoever finds no room to wait is answered at once, so those who wait never take the place of those who ask.
"""

import resource
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

# Connections at a time that do not wait for people. An idle one costs a few kilobytes.
MOST_CONNECTIONS = 2_048
# Those that do, besides.
MOST_WAITING = 12_288
# Under this name a request's scope holds the connection that it came by.
CONNECTION = "agent_sudo.connection"
# Open files for everything else: the database, the log, what is being imported.
_OTHER_FILES = 1_024


class Room:
    """How many connections wait for people, and how many may."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most = most_waiting
        # One key or operator leaves some room to the others.
        self._each = most_waiting - most_waiting // 6
        self._by = Counter[str]()
        self.waiting = 0

    def enter(self, who: str) -> bool:
        """One more of this key or operator waits, if there is room."""
        if self.waiting >= self._most or self._by[who] >= self._each:
            return False
        self.waiting += 1
        self._by[who] += 1
        return True

    def leave(self, who: str) -> None:
        self.waiting -= 1
        self._by[who] -= 1
        if not self._by[who]:
            del self._by[who]


class Waits(Protocol):
    """A connection that may wait."""

    def waits(self, who: str) -> bool: ...

    def waits_no_more(self) -> None: ...


@contextmanager
def waiting(scope: Mapping[str, Any], who: str) -> Iterator[bool]:
    """A request that waits for people while the block runs, if there is room for that: the block is told."""
    connection: Waits | None = scope.get(CONNECTION)
    if connection is None:  # it came by no connection of ours, which then counts none
        yield True
        return
    is_let_in = connection.waits(who)
    try:
        yield is_let_in
    finally:
        connection.waits_no_more()


def make_room() -> Room:
    """Ask the system for as many open files as all connections take; as many may wait as it then allows.

    Systems give a process 1024 files until it asks for more.
    """
    wanted = MOST_CONNECTIONS + MOST_WAITING + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = wanted if soft == resource.RLIM_INFINITY else soft
    # INVARIANT: those who wait leave enough files for the others; without one nothing could be answered or recorded.
    return Room(max(0, min(MOST_WAITING, allowed - MOST_CONNECTIONS - _OTHER_FILES)))
