"""Verifies a `jsonl` export line by line, in constant memory, whatever the lines are."""

import re
from typing import Final

from app.audit_log.canonical import EntryError
from app.audit_log.chain import Head
from app.audit_log.columns import Row
from app.audit_log.entry import GENESIS, leaf_hash
from app.audit_log.export.fault import Fault, shown
from app.audit_log.export.fields import fields, text
from app.audit_log.export.jsonl import read
from app.audit_log.finding import Finding, Kind
from app.audit_log.verify import Verifier

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Reader:
    """Give it each line in order. `entries` counts those that hold."""

    def __init__(self, after: int = -1) -> None:
        """`after` is the number of the last entry that was left out before the first line; -1 is none."""
        self._after = after
        self._verifier: Verifier | None = None
        self.entries = 0

    def read(self, line: bytes) -> Fault | None:
        """What is wrong with the next line, which comes without its end. Nothing can be read behind a fault."""
        try:
            row = read(line)
        except EntryError as error:
            return Fault(str(error))
        if self._verifier is None:
            self._verifier = self._begin(row)
        before = self._verifier.report().head_hash
        self._verifier.feed((row,))
        report = self._verifier.report()
        if report.finding is not None:
            return self._fault(report.finding, row, before)
        self.entries = report.entries
        return None

    def _begin(self, row: Row) -> Verifier:
        entry = fields(row)
        log, prev = text(entry, "log"), text(entry, "prev")
        # What a file that begins later says of the entry before has to be believed; its reader was told that.
        if self._after < 0 or not _HASH.fullmatch(prev):
            prev = GENESIS
        return Verifier(log=log, start=Head(log, self._after + 1, prev))

    def _fault(self, finding: Finding, row: Row, before: str) -> Fault:
        seq, digest, body = row[:3]
        reason = f"{finding.kind}: {finding.detail}"
        if finding.kind is Kind.GAP:
            reason += self._hint(seq)
        hashed = body.decode(errors="backslashreplace")
        own = leaf_hash(body)
        if own != digest:
            return Fault(reason, finding.seq, own.hex(), digest.hex(), hashed)
        prev = fields(row).get("prev")
        if prev != before:
            return Fault(reason, finding.seq, before, shown(prev), hashed)
        return Fault(reason, finding.seq, hashed=hashed)

    def _hint(self, seq: int) -> str:
        if self.entries == 0:
            return f"; a file that was exported from entry {seq} on is verified with `after` {seq - 1}"
        return "; an export with a filter leaves entries out and is no chain"
