"""The chain: entries numbered from 0, each carrying the hash of the one before."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from app.audit_log.canonical import EntryError
from app.audit_log.columns import Row
from app.audit_log.entry import GENESIS, Draft, link
from app.audit_log.timestamp import timestamp

# The entry that opens a log: seq 0, and never again.
LOG_CREATED: Final = "log.created"


class Head(Struct, frozen=True):
    """Where a log ends.

    log         its id, 16 hex digits
    size        entries so far, which is the next entry's seq
    hash        the last entry's hash in hex; 64 zeros before the first
    last_ts_us  the last entry's time in microseconds since 1970
    """

    log: str
    size: int = 0
    hash: str = GENESIS
    last_ts_us: int = 0

    def append(self, draft: Draft, now_us: int) -> tuple["Head", Row]:
        """The head after `draft`, and the row to store. Raises as `extend` does."""
        head, rows = extend(self, (draft,), now_us)
        return head, rows[0]


def extend(head: Head, drafts: Sequence[Draft], now_us: int) -> tuple[Head, list[Row]]:
    """The head after all `drafts`, in order, and the rows to store; all bear the same time.

    Raises EntryError, and has then done nothing, for the draft of another log, and for a log that does not
    begin with `log.created` or bears a second one.
    """
    if not drafts:
        return head, []
    # INVARIANT: time does not fall along the chain, whatever the clock does.
    last_ts_us = max(now_us, head.last_ts_us)
    ts = timestamp(last_ts_us)
    log, seq, prev = head.log, head.size, head.hash
    rows: list[Row] = []
    for draft in drafts:
        form = draft.form
        # INVARIANT: an entry stands in the log that its body names.
        if form.log != log:
            raise EntryError(f"a draft of log {form.log} in log {log}")
        if (form.columns[0] == LOG_CREATED) is not (seq == 0):
            raise EntryError(f"{LOG_CREATED} is the first entry of a log and no other")
        body, digest = link(draft, seq, prev, ts)
        prev = digest.hex()
        rows.append((seq, digest, body, ts, *form.columns, draft.salt, form.payload))
        seq += 1
    return Head(log, seq, prev, last_ts_us), rows
