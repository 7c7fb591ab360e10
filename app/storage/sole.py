"""Doing something in one process at a time, of all those that share a database."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from app.storage.database import FAULTS, Database, UnavailableError


@contextmanager
def sole(database: Database, name: str) -> Iterator[bool]:
    """Whether this process is the one that does `name` now; it is until the end of the block, however that comes.

    This keeps things from being done twice, as manners do; what must not be done twice has a guard. Raises
    UnavailableError.
    """
    if database.is_sqlite:
        with _file(f"{database.writing.url.database}.{name}") as mine:
            yield mine
        return
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    try:
        with database.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # The lock is the connection's, and ends with it.
            yield bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({key})").scalar())
    except FAULTS as error:
        raise UnavailableError(str(error)) from error


@contextmanager
def _file(path: str) -> Iterator[bool]:
    try:
        held = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnavailableError(str(error)) from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(held)
