"""The columns beside a body: copies of a few of its fields, which lists and filters read.

A body is the truth. A writer takes the columns from it, a verifier compares them with it, both by `columns`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from app.audit_log.canonical import EntryError

# One stored row: seq, hash (32 bytes), body, ts, type, agent, session, tool, decision, salt (32 bytes),
# payload. A plain tuple in the order of `ROW`: a named one costs the writer 0.1 µs more a row.
Row: TypeAlias = tuple[
    int, bytes, bytes, str, str, str | None, str | None, str | None, str | None, bytes | None, bytes | None
]
ROW: Final = ("seq", "hash", "body", "ts", "type", "agent", "session", "tool", "decision", "salt", "payload")

Columns: TypeAlias = tuple[str, str | None, str | None, str | None, str | None]

DECISIONS: Final = frozenset({"ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY"})
MAX_COLUMN: Final = 255

_TYPE: Final = re.compile(r"[a-z0-9_.]{1,64}")


def columns(type: object, fields: Mapping[str, Any]) -> Columns:
    """(type, agent, session, tool, decision) of an entry of `type` with these `fields`.

    They stand in actor.agent, actor.session, request.tool and decision; absent or null is None. Raises
    EntryError for what is no text, is longer than `MAX_COLUMN` characters or holds NUL, and for a decision or
    type of no known form.
    """
    actor = fields.get("actor")
    request = fields.get("request")
    agent = session = tool = None
    try:
        if isinstance(actor, dict):
            agent = _text(actor.get("agent"))
            session = _text(actor.get("session"))
        if isinstance(request, dict):
            tool = _text(request.get("tool"))
        return _type(type), agent, session, tool, _decision(fields.get("decision"))
    except TypeError as error:  # a list or an object, which cannot be looked up
        raise EntryError("a column's field is not text") from error


# The same few names come again and again, so that checking them is looking them up.
@lru_cache(maxsize=4_096)
def _text(value: object) -> str | None:
    if value is None:
        return None
    # INVARIANT: a column fits every store: PostgreSQL refuses NUL in text and long values in an index, and
    # one refused row would fail all that are committed with it.
    if not isinstance(value, str) or len(value) > MAX_COLUMN or "\0" in value:
        raise EntryError(f"a column's field is not text of at most {MAX_COLUMN} characters")
    return str(value)


@lru_cache(maxsize=16)
def _decision(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in DECISIONS:
        raise EntryError("decision is none of the four words")
    return str(value)


@lru_cache(maxsize=256)
def _type(value: object) -> str:
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise EntryError("type is not [a-z0-9_.]{1,64}")
    return str(value)
