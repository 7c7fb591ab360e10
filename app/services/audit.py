"""The log, read and verified."""

from collections.abc import Callable
from typing import Any

from app.audit_log.canonical import EntryError, decode
from app.audit_log.chain import Head
from app.audit_log.finding import Report
from app.audit_log.timestamp import parse_timestamp
from app.audit_log.verify import Verifier
from app.core.strict_json import InvalidJsonError, parse
from app.services.errors import NotFoundError
from app.storage import entries
from app.storage.database import Database
from app.storage.entries import Entry, Filter


class Audit:
    """The use cases around the log. Needs no ledger: it works on a home whose service is not running."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, after: int, limit: int, wanted: Filter, *, newest: bool = False) -> list[dict[str, Any]]:
        with self._database.read() as connection:
            return [shown(entry) for entry in entries.page(connection, after, limit, wanted, newest=newest)]

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
        "body": shown_body(entry),
    }


def shown_body(entry: Entry) -> dict[str, Any]:
    """The body's fields; `unreadable` and its text if somebody made something else of it."""
    try:
        return decode(entry.body)
    except EntryError:
        return _unreadable(entry.body)


def shown_payload(entry: Entry) -> dict[str, Any] | None:
    """What the entry commits to; None once that was erased, `unreadable` if somebody made something else of it."""
    if entry.payload is None:
        return None
    try:
        return parse(entry.payload)[0]
    except InvalidJsonError:
        return _unreadable(entry.payload)


def _unreadable(tampered: bytes) -> dict[str, Any]:
    return {"unreadable": tampered.decode(errors="backslashreplace")}
