"""Whether the service can do its work."""

from app.services.errors import UnavailableError
from app.storage import entries
from app.storage.database import Database
from app.storage.ledger import Ledger


class Health:
    """Looks, and writes only to find out whether what failed works again."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def is_ready(self) -> bool:
        """Whether the database can be read and written. Blocks."""
        try:
            with self._database.read() as connection:
                entries.head(connection)
        except UnavailableError:
            return False
        return self._ledger.is_ready()

    @property
    def queue(self) -> int:
        return self._ledger.depth
