"""Listening to what other processes tell through PostgreSQL; SQLite has no such way."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.storage.database import Database

_PAUSE_S = 1.0


class Listener:
    """Calls `heard` for whatever comes over a channel, from a thread of its own, until it is stopped."""

    def __init__(self, database: Database, channel: str, heard: Callable[[], None]) -> None:
        self._database = database
        self._channel = channel
        self._heard = heard
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        if not self._database.is_sqlite:
            self._thread.start()

    def stop(self) -> None:
        """End; blocks for a moment."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._follow()
            except (SQLAlchemyError, OSError):
                # Whoever waits looks by themselves meanwhile.
                self._ended.wait(_PAUSE_S)

    def _follow(self) -> None:
        with self._database.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"LISTEN {self._channel}")
            driver: Any = connection.connection.driver_connection
            # What was told before is not heard.
            self._heard()
            while not self._ended.is_set():
                try:
                    for _ in driver.notifies(timeout=_PAUSE_S / 4, stop_after=1):
                        self._heard()
                except connection.dialect.loaded_dbapi.Error as error:
                    raise ConnectionError(str(error)) from error
