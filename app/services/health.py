"""Whether the service can do its work."""

import threading

from app.audit_log.entry import draft
from app.services.errors import UnavailableError
from app.storage import entries
from app.storage.command import Command
from app.storage.database import Database
from app.storage.ledger import Ledger


class Health:
    """Looks, and writes only to find out whether what failed works again."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger
        self._trying = threading.Lock()

    def is_ready(self) -> bool:
        """Whether the database can be read and written. Blocks."""
        if self._ledger.is_stuck:
            return False
        try:
            with self._database.read() as connection:
                log = entries.head(connection).log
            with self._trying:
                if not self._ledger.is_writing:
                    self._resume(log)
        except UnavailableError:
            return False
        return True

    def _resume(self, log: str) -> None:
        """Try to write after a failure. When that works the log tells that there was one."""
        entry = draft("service.resumed", {"actor": {"operator": "system"}}, log=log)
        self._ledger.write(Command((entry,)))

    @property
    def queue(self) -> int:
        return self._ledger.depth
