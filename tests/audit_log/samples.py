"""Entries and logs to test with."""

from typing import Any

from app.audit_log.chain import Head, extend
from app.audit_log.columns import ROW, Row
from app.audit_log.entry import Draft, draft, leaf_hash

LOG = "b3f1c0de4a5f6071"
OTHER_LOG = "00000000000000ff"
NOW = 1_795_297_212_004_521  # 2026-11-21T21:40:12.004521Z
SALT = bytes(range(32))
PAYLOAD = b'{"arguments":{"command":"ls -la"},"tool":"shell"}'

DECISION: dict[str, Any] = {
    "actor": {"agent": "coder", "key": "k_11", "session": "ses_9b1e20"},
    "decision": "REQUIRE_APPROVAL",
    "mode": "enforce",
    "policy": "sha256:2c26b46b68ffc68ff99b453c1d304134",
    "prov": {"tainted": True, "trust": "EXTERNAL_CONTENT"},
    "reason": "Pushing publishes work to others.",
    "request": {"action": "run", "tool": "shell"},
    "rules": ["git-push"],
}


def opening(log: str = LOG) -> Draft:
    return draft("log.created", {"data": {"software": "agent-sudo 0.1.0"}}, log=log)


def decided(log: str = LOG, **fields: Any) -> Draft:
    return draft("decision", DECISION | fields, log=log, payload=PAYLOAD, salt=SALT)


def written(count: int, log: str = LOG) -> tuple[Head, list[Row]]:
    """A log of `count` entries, each a millisecond after the one before."""
    head, rows = Head(log), []
    for seq in range(count):
        entry = decided(log, reason=f"Reason {seq}.") if seq else opening(log)
        head, row = head.append(entry, NOW + seq * 1_000)
        rows.append(row)
    return head, rows


def replaced(row: Row, **changes: Any) -> Row:
    """`row` with some columns changed."""
    return tuple(changes.get(name, value) for name, value in zip(ROW, row, strict=True))  # type: ignore[return-value]


def rehashed(row: Row, body: bytes) -> Row:
    """`row` with another body, and the hash of that body."""
    return replaced(row, body=body, hash=leaf_hash(body))


def relinked(head: Head, drafts: list[Draft]) -> tuple[Head, list[Row]]:
    """`drafts` written again behind `head`, one by one."""
    return extend(head, drafts, head.last_ts_us + 1_000)
