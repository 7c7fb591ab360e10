"""Turns: processes that write to one SQLite database wait in line."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PAUSE = 0.000_5


@contextmanager
def turn(path: str, timeout: float) -> Iterator[None]:
    """Hold the place at the head of the line while BEGIN waits for the transaction that is under way.

    SQLite lets whoever asks first begin, and that is the process which has just committed: under load the others
    would wait for seconds. Here it has to go to the end of the line. This is manners, not safety: what keeps two
    transactions apart is SQLite's own lock, so whoever waited for too long, or cannot lock, simply goes on.
    """
    try:
        line = os.open(f"{path}.turn", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        deadline = time.monotonic() + timeout
        while not _is_first(line) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(line)


def _is_first(line: int) -> bool:
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
