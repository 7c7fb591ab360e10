"""A row's body, read for an export, which goes on where a verifier would stop."""

from typing import Any

from app.audit_log.canonical import EntryError, decode
from app.audit_log.columns import Row


def fields(row: Row) -> dict[str, Any]:
    """The body's fields; none if it is no entry. Whoever verifies will say so, an export gives what there is."""
    try:
        return decode(row[2])
    except EntryError:
        return {}


def inner(parent: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under `key`, empty if something else is there."""
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def text(parent: dict[str, Any], key: str, default: str = "") -> str:
    """The text under `key`, or `default`."""
    found = parent.get(key)
    return found if isinstance(found, str) else default
