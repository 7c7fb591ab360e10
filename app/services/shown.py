"""Entries as people and programs see them."""

from typing import Any

from app.audit_log.canonical import EntryError, decode
from app.core.strict_json import InvalidJsonError, parse
from app.storage.entries import Entry


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
