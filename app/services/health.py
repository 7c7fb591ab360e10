"""Whether the service can do its work."""

from sqlalchemy.exc import SQLAlchemyError

from app.storage import entries
from app.storage.database import Database
from app.storage.ledger import Ledger


class Health:
    """Looks without writing."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def is_ready(self) -> bool:
        """The database can be read, and the last batch that was tried was written."""
        try:
            with self._database.reading.connect() as connection:
                entries.head(connection)
        except SQLAlchemyError:
            return False
        return self._ledger.is_writing_well

    @property
    def queue(self) -> int:
        return self._ledger.depth
