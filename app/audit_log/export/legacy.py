"""The export as records of the chained JSONL format that earlier agent gateways write, for whoever reads that format.

The chain is made anew over the lines of the export. Each record carries the entry it stands for, body and hash, under
`entry`. docs/formats.md says what becomes of what.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import MsgspecError
from msgspec.json import decode

from app.audit_log.columns import DECISIONS, Row
from app.audit_log.export.fields import fields, inner, text
from app.audit_log.legacy import GENESIS, entry_hash
from app.core.trust import Trust

# Where that format has a name of its own; any other type keeps its name, with "_" for ".".
_EVENTS: Final = {
    "decision": "gateway_decision",
    "delegation.created": "delegation_create",
    "delegation.revoked": "delegation_revoke",
    "workspace.set": "workspace_changed",
}
# Every record of that format has a decision, also one of an event that decided nothing: that was carried out.
_DECIDED: Final = {
    "approval.denied": "DENY",
    "approval.expired": "DENY",
    "approval.cancelled": "DENY",
    "approval.edited": "DENY",
    "approval.revoked": "DENY",
    "approval.voided": "DENY",
}
_CLASSIFICATIONS: Final = frozenset({"SAFE", "SENSITIVE", "CRITICAL", "BLOCKED"})
_PROVENANCE: Final = {
    "origin_type": "UNKNOWN",
    "channel": "unknown",
    "authenticated": False,
    "authentication_method": "unknown",
    "session_id": "",
    "request_id": "",
    "parent_request_id": "",
    "delegation_chain": [],
}


def lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """A record a row, chained from the first one on."""
    previous = GENESIS
    for row in rows:
        record = {**_record(row), "previous_hash": previous}
        previous = entry_hash(previous, record)
        record["entry_hash"] = previous
        yield json.dumps(record, sort_keys=True).encode() + b"\n"


def _record(row: Row) -> dict[str, Any]:
    _, digest, _, ts, kind, *_ = row
    body = fields(row)
    decided = kind == "decision"
    dry_run = body.get("dry_run") is True
    decision = row[8] if row[8] in DECISIONS else _DECIDED.get(kind, "DENY" if decided else "ALLOW")
    classification = text(body, "classification")
    return {
        "timestamp": f"{ts[:19]}Z",
        "event_type": _EVENTS.get(kind, kind.replace(".", "_")),
        "request": _request(row, body) if decided else _event(row, body),
        "decision": decision,
        "classification": classification if classification in _CLASSIFICATIONS else "BLOCKED" if decided else "SAFE",
        "reason": text(body, "reason", kind),
        "approval_method": _method(decision, dry_run=dry_run),
        "approval_attempts": [],
        "dry_run": dry_run,
        "entry": {"hash": digest.hex(), "body": body},
    }


def _method(decision: object, *, dry_run: bool) -> str:
    if dry_run:
        return "dry_run"
    return "PENDING_APPROVAL" if decision in ("REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL") else "none"


def _request(row: Row, body: dict[str, Any]) -> dict[str, Any]:
    """What was asked, from the payload; once that was erased, what the body still says."""
    asked = _asked(row[10])
    tool = row[7] or ""
    claims = inner(asked, "provenance")
    said = {key: _same_kind(claims.get(key), default) for key, default in _PROVENANCE.items()}
    said["session_id"] = said["session_id"] or row[6] or ""
    trust = text(inner(body, "prov"), "trust")
    return {
        "actor": text(inner(body, "actor"), "name") or row[5] or "",
        "source": text(asked, "source", "unknown"),
        "tool": tool,
        "action": text(asked, "action", tool),
        "target": text(asked, "target"),
        "payload_summary": text(asked, "payload_summary"),
        "risk_hints": _same_kind(asked.get("risk_hints"), []),
        # The trust that the decision rests on, whatever was claimed.
        "source_trust": trust if trust in Trust.__members__ else Trust.UNKNOWN.name,
        "provenance": said,
    }


def _event(row: Row, body: dict[str, Any]) -> dict[str, Any]:
    """Who did what, in the words of a request."""
    operator = text(inner(body, "actor"), "operator")
    trust = Trust.USER_DIRECT if operator else Trust.AGENT_INTERNAL if row[5] else Trust.UNKNOWN
    return {
        "actor": operator or row[5] or "",
        "source": "operator" if operator else "agent" if row[5] else "unknown",
        "tool": "agent-sudo",
        "action": row[4],
        "target": "",
        "payload_summary": "",
        "risk_hints": [],
        "source_trust": trust.name,
        "provenance": {**_PROVENANCE, "origin_type": trust.name, "session_id": row[6] or ""},
    }


def _asked(payload: bytes | None) -> dict[str, Any]:
    """The request within a payload; nothing if it was erased or is not what was written."""
    try:
        found = decode(payload or b"{}")
    except (MsgspecError, ValueError, RecursionError):
        return {}
    return inner(found, "request") if isinstance(found, dict) else {}


def _same_kind(value: Any, default: Any) -> Any:
    """`value` if it is of the default's kind: text, a truth value, or a list of texts. No number ever."""
    if type(value) is not type(default):
        return default
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else value
