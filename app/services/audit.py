"""The log, read and verified."""

from collections.abc import Callable
from typing import Any

from msgspec.json import decode

from app.audit_log.verify import Report, Verifier
from app.services.errors import NotFoundError
from app.storage import entries
from app.storage.database import Database
from app.storage.entries import Entry, Filter


class Audit:
    """The use cases around the log. Needs no ledger: it works on a home whose service is not running."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, after: int, limit: int, wanted: Filter, *, newest: bool = False) -> list[dict[str, Any]]:
        with self._database.reading.connect() as connection:
            return [shown(entry) for entry in entries.page(connection, after, limit, wanted, newest=newest)]

    def entry(self, seq: int) -> dict[str, Any]:
        """One entry with what stands beside it. Raises NotFoundError."""
        with self._database.reading.connect() as connection:
            found = entries.find_entry(connection, seq)
        if found is None:
            raise NotFoundError("no_such_entry", f"The log has no entry {seq}.")
        return {**shown(found), "payload": decode(found.payload) if found.payload is not None else None}

    def size(self) -> int:
        with self._database.reading.connect() as connection:
            return entries.head(connection).size

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Report:
        """Verify the whole log; `progress` hears how many entries of how many are done."""
        verifier: Verifier | None = None
        done = 0
        for head, rows in entries.pages(self._database):
            verifier = verifier or Verifier(log=head.log)
            verifier.feed(rows)
            done += len(rows)
            if progress is not None:
                progress(done, head.size)
            if not rows or verifier.settled:
                return verifier.report(expected_size=head.size, expected_hash=head.hash)
        raise AssertionError("the last page is empty")


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as people and programs see it: where it stands, and its body."""
    return {
        "seq": entry.seq,
        "hash": entry.hash.hex(),
        "ts": entry.ts,
        "type": entry.type,
        "agent": entry.agent,
        "session": entry.session,
        "tool": entry.tool,
        "decision": entry.decision,
        "body": decode(entry.body),
    }
