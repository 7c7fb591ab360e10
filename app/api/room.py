"""Room for connections: for those that ask, and besides for those that wait for people.

An open connection that sends may hold a head and a body in memory, and whoever opens it is not known yet: of these
there are few. One whose request is here as a whole, of a key that lives, only waits: of these there may be many.
"""

import resource

# Connections at a time that do not wait for people. An idle one costs a few kilobytes.
MOST_CONNECTIONS = 2_048
# Those that do, besides.
MOST_WAITING = 12_288
# Open files for everything else: the database, the log, what is being imported.
_OTHER_FILES = 1_024


class Room:
    """How many connections wait for people, and how many may."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most = most_waiting
        self.waiting = 0

    def enter(self) -> bool:
        """One more waits, if there is room; else it counts among the others."""
        if self.waiting >= self._most:
            return False
        self.waiting += 1
        return True

    def leave(self) -> None:
        self.waiting -= 1


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
