"""The verifier: reads stored rows in the order of seq, in constant memory, and names the first that is wrong.

It believes nothing that it reads: no row, however odd, makes it raise. What it cannot see is a log that was
rewritten as a whole from some entry to its end, head included; that takes a checkpoint which is kept
elsewhere.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from app.audit_log.canonical import EntryError, decode
from app.audit_log.chain import LOG_CREATED, Head
from app.audit_log.columns import ROW, Columns, columns
from app.audit_log.commitment import verify_commitment
from app.audit_log.entry import VERSION, leaf_hash
from app.audit_log.finding import Finding, Kind, Report
from app.audit_log.timestamp import parse_timestamp, timestamp

_LAST_KEYS = ["seq", "ts", "type", "v"]


def verify(
    rows: Iterable[Sequence[Any]],
    *,
    log: str,
    expected_size: object = None,
    expected_hash: object = None,
    start: Head | None = None,
) -> Report:
    """Verifies `rows`, tuples in the order of `ROW`, as the log with the id `log`.

    `expected_size` and `expected_hash` (hex) are what the head row says; None is not compared. `start` is a
    head that is trusted already: the first row is then the entry after it.
    """
    verifier = Verifier(log=log, start=start)
    verifier.feed(rows)
    return verifier.report(expected_size=expected_size, expected_hash=expected_hash)


class Verifier:
    """The same page by page: `feed` each page in order, then ask for the `report`."""

    def __init__(self, *, log: str, start: Head | None = None) -> None:
        start = start or Head(log)
        self._log = log
        self._start = self._size = start.size
        self._hash = self._hash_before = start.hash
        self._ts = timestamp(start.last_ts_us)
        self._finding: Finding | None = None
        self._missing: int | None = None

    @property
    def settled(self) -> bool:
        """Whether no further row can change the finding. A gap is not settled: the entry may yet turn up."""
        return self._finding is not None and self._missing is None

    def feed(self, rows: Iterable[Sequence[Any]]) -> None:
        """Reads the next rows."""
        for row in rows:
            if self._finding is None:
                self._finding = self._examine(row)
            elif self._missing is not None:
                self._look_for_missing(row)

    def report(self, *, expected_size: object = None, expected_hash: object = None) -> Report:
        """What was found so far, compared with the head row as well if nothing else was wrong."""
        finding = self._finding or self._compare_head(expected_size, expected_hash)
        return Report(self._size - self._start, self._hash, finding)

    def _examine(self, row: Sequence[Any]) -> Finding | None:
        """What is wrong with the next row; when nothing is, it becomes the head."""
        here = self._size
        try:
            seq, digest, body, ts, kind, agent, session, tool, decision, salt, payload = row
        except (TypeError, ValueError):
            return Finding(here, Kind.MALFORMED, f"a row has {len(ROW)} columns")
        if type(seq) is not int or seq < 0:
            return Finding(here, Kind.MALFORMED, "seq is not a number from 0")
        if seq != here:
            return self._misplaced(seq, row)
        if type(body) is not bytes:
            return Finding(here, Kind.MALFORMED, "the body is not bytes")
        if leaf_hash(body) != digest:
            return Finding(here, Kind.EDITED, "the body does not hash to the stored hash")
        try:
            entry, said = _read(body)
        except EntryError as error:
            return Finding(here, Kind.MALFORMED, str(error))
        if entry["seq"] != here or entry["prev"] != self._hash or entry["log"] != self._log:
            return self._unchained(entry, digest)
        if said[0] < self._ts:
            return Finding(here, Kind.CLOCK, "the entry is older than the one before")
        if said != (ts, kind, agent, session, tool, decision):
            return Finding(here, Kind.COLUMN, "a column differs from the body")
        # INVARIANT: erased means both are gone; one without the other, or another's, is tampering.
        if (salt is not None or payload is not None) and not _opens(entry.get("commit"), salt, payload):
            return Finding(here, Kind.PAYLOAD, "salt and payload do not open the commitment")
        self._hash_before, self._hash = self._hash, digest.hex()
        self._ts = said[0]
        self._size = here + 1
        return None

    def _misplaced(self, seq: int, row: Sequence[Any]) -> Finding:
        """The column seq is not the next number."""
        here = self._size
        if _own_seq(row) == here:
            return Finding(here, Kind.COLUMN, "the column seq differs from the body")
        if seq < here:
            return Finding(seq, Kind.DUPLICATE, "there is more than one entry of this number")
        self._missing = here
        return Finding(here, Kind.GAP, "the entry is missing")

    def _unchained(self, entry: dict[str, Any], digest: bytes) -> Finding:
        """A sound body that is not the next one of this log, although its column seq is the next number."""
        here, own, prev = self._size, entry["seq"], entry["prev"]
        if entry["log"] != self._log:
            return Finding(here, Kind.WRONG_LOG, "the body names another log")
        if own == here:
            return Finding(here, Kind.BROKEN_LINK, "prev is not the hash of the entry before")
        if own > here:
            self._missing = here
            return Finding(here, Kind.GAP, "the entry is missing, and later ones were renumbered")
        if digest.hex() == self._hash:
            return Finding(here, Kind.DUPLICATE, "the entry before is repeated under this number")
        if own == here - 1 and prev == self._hash_before:
            # This one is the true successor of the entry before last, so that the last one was put between.
            self._size, self._hash = here - 1, self._hash_before
            return Finding(here - 1, Kind.INSERTED, "an entry was put in, and later ones were renumbered")
        return Finding(here, Kind.INSERTED, "an earlier entry stands at this number")

    def _look_for_missing(self, row: Sequence[Any]) -> None:
        """A missing entry that turns up later was moved, not deleted."""
        missing = self._missing
        if missing is not None and _own_seq(row) == missing:
            self._missing = None
            self._finding = Finding(missing, Kind.REORDERED, "the entry stands at a later place")

    def _compare_head(self, size: object, hash_hex: object) -> Finding | None:
        if type(size) is int and size > self._size:
            return Finding(self._size, Kind.TRUNCATED, "the head counts more entries")
        if size is not None and size != self._size:
            return Finding(self._size, Kind.HEAD, "the head counts fewer entries, or is no count")
        if hash_hex is not None and hash_hex != self._hash:
            return Finding(max(self._size - 1, 0), Kind.HEAD, "the head's hash is not the last entry's")
        return None


def _read(body: bytes) -> tuple[dict[str, Any], tuple[str, *Columns]]:
    """A body's fields, and what the columns ts, type, agent, … must say. Raises EntryError."""
    entry = decode(body)
    # INVARIANT: only what the log writes stands from "seq" on; canonical bytes have their keys sorted.
    if list(entry)[-4:] != _LAST_KEYS or "log" not in entry or "prev" not in entry:
        raise EntryError("a key of the log is missing, or another sorts after seq")
    if type(entry["v"]) is not int or entry["v"] != VERSION:
        raise EntryError(f"the body is not of version {VERSION}")
    ts, seq, kind = entry["ts"], entry["seq"], entry["type"]
    parse_timestamp(ts)
    if type(seq) is not int or seq < 0 or (seq == 0) is not (kind == LOG_CREATED):
        raise EntryError(f"entry 0, and no other, is {LOG_CREATED}")
    return entry, (ts, *columns(kind, entry))


def _own_seq(row: Sequence[Any]) -> object:
    """The number that a row's body gives itself, or None for what is not a sound entry."""
    try:
        body = row[ROW.index("body")]
        if type(body) is not bytes or leaf_hash(body) != row[ROW.index("hash")]:
            return None
        return decode(body).get("seq")
    except (EntryError, TypeError, LookupError):
        return None


def _opens(commit: object, salt: object, payload: object) -> bool:
    return type(commit) is dict and verify_commitment(commit.get("request"), salt, "request", payload)
