"""The log, read and verified."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from app.audit_log.canonical import EntryError
from app.audit_log.chain import Head
from app.audit_log.finding import Report
from app.audit_log.timestamp import parse_timestamp
from app.audit_log.verify import Verifier
from app.services.errors import NotFoundError
from app.services.export import Format, export
from app.services.search import EVERYTHING, Wanted, looks
from app.services.shown import shown, shown_payload
from app.storage import entries
from app.storage.database import Database
from app.storage.entries import Entry

# So often one page looks before it says "go on from here".
_LOOKS = 25
_NEWEST = 2**53


class Audit:
    """The use cases around the log. Needs no ledger: it works on a home whose service is not running."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, after: int, limit: int, wanted: Wanted = EVERYTHING) -> tuple[list[dict[str, Any]], int | None]:
        """Up to `limit` wanted entries behind `after`, and the `after` to go on from; None where the log ends.

        How much of the log is looked through is bounded: a page may hold less than is wanted and still have a next.
        """
        found: list[Entry] = []
        onward: int | None = None
        for look in islice(looks(self._database, wanted, after + 1, whole=wanted.looks_inside), _LOOKS):
            found += look.entries
            onward = look.onward
            if len(found) > limit:
                onward = found[limit].seq
            if len(found) >= limit:
                break
        return [shown(entry) for entry in found[:limit]], onward - 1 if onward is not None else None

    def newest(
        self, before: int | None, limit: int, wanted: Wanted = EVERYTHING
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Up to `limit` wanted entries, newest first, with what stands beside them; and the `before` to go on from."""
        found: list[Entry] = []
        onward: int | None = None
        start = before - 1 if before is not None else _NEWEST
        for look in islice(looks(self._database, wanted, start, newest=True), _LOOKS):
            found += look.entries
            onward = look.onward + 1 if look.onward is not None else None
            if len(found) > limit:
                onward = found[limit - 1].seq
            if len(found) >= limit:
                break
        return [{**shown(entry), "payload": shown_payload(entry)} for entry in found[:limit]], onward

    def export(self, form: Format, after: int, wanted: Wanted) -> Iterator[bytes]:
        """The log in one of its forms, line by line."""
        return export(self._database, form, after, wanted)

    def entry(self, seq: int) -> dict[str, Any]:
        """One entry with what stands beside it. Raises NotFoundError."""
        with self._database.read() as connection:
            found = entries.find_entry(connection, seq)
        if found is None:
            raise NotFoundError("no_such_entry", f"The log has no entry {seq}.")
        return {**shown(found), "payload": shown_payload(found)}

    def size(self) -> int:
        with self._database.read() as connection:
            return entries.head(connection).size

    def verify(self, progress: Callable[[int, int], None] | None = None, *, last: int | None = None) -> Report:
        """Verify the whole log, or its `last` entries; `progress` hears how many entries of how many are done."""
        start = self._before(last) if last is not None else None
        verifier: Verifier | None = None
        done = start.size if start is not None else 0
        for head, rows in entries.pages(self._database, done - 1):
            verifier = verifier or Verifier(log=head.log, start=start)
            verifier.feed(rows)
            done += len(rows)
            if progress is not None:
                progress(done, head.size)
            if not rows or verifier.settled:
                return verifier.report(expected_size=head.size, expected_hash=head.hash)
        raise AssertionError("the last page is empty")

    def _before(self, last: int) -> Head | None:
        """The head as it was `last` entries ago, by the word of the entry that stands there; None: the beginning."""
        with self._database.read() as connection:
            now = entries.head(connection)
            found = entries.find_entry(connection, now.size - last - 1)
        try:
            return Head(now.log, found.seq + 1, found.hash.hex(), parse_timestamp(found.ts)) if found else None
        except EntryError:
            return None
