"""SQLite's write-ahead log, kept short."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app.storage.database import LOCK_TIMEOUT_MS

LONGEST = 64 * 1_048_576
_STEP = 16 * 1_048_576
_PATIENCE_MS = 200


class Wal:
    """The write-ahead log of the database at `path`.

    SQLite begins it anew only when nobody reads from it. Readers that come one after the other, each before the last
    has gone, keep it growing for ever although each of them is short; then somebody has to wait for them once.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(f"{path}-wal")
        self._limit = LONGEST

    def shorten(self, connection: Connection) -> None:
        """Copy it into the database and cut it off if it is too long; between transactions. Never raises."""
        if self._size() <= self._limit:
            return
        raw: Any = connection.connection.driver_connection
        with suppress(sqlite3.Error):
            raw.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
            try:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                raw.execute(f"PRAGMA busy_timeout={LOCK_TIMEOUT_MS}")
        # Where a long reader is in the way it is not asked with every batch.
        self._limit = max(LONGEST, self._size() + _STEP)

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0
