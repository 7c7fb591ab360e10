"""Statements for a database in the words of a shell line: read only where they plainly just select."""

import re
from typing import Final

# Names, numbers, quoted texts without anything to escape, and the marks between them; one class, so linear.
_SELECT = re.compile(
    r"\s*(?:explain\s+)?(?:select|pragma\s+table_info)\b[\w\s*,.()=<>'%+-]*;?\s*", re.IGNORECASE | re.ASCII
)
_CALL = re.compile(r"(\w+)\s*\(")
_FUNCTIONS: Final = frozenset(
    (
        "count", "sum", "min", "max", "avg", "total", "length", "lower", "upper", "round", "abs", "date", "datetime",
        "coalesce", "distinct", "in", "and", "or", "table_info",
    )
)  # fmt: skip
_CHANGES = re.compile(r"\b(?:into|insert|update|delete|drop|alter|attach|create|replace|vacuum)\b", re.IGNORECASE)
_DOT = re.compile(r"\.(?:tables|schema|indexes|databases|dbinfo|fullschema)(?: [\w%]+)?", re.ASCII)


def only_selects(statement: str) -> bool:
    """The statement reads tables of its own database and calls nothing but plain arithmetic."""
    if _DOT.fullmatch(statement):
        return True
    if not _SELECT.fullmatch(statement) or _CHANGES.search(statement) or "--" in statement:
        return False
    return all(name.lower() in _FUNCTIONS for name in _CALL.findall(statement))
