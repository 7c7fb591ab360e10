"""The export for spreadsheets: CSV (RFC 4180) with a header. It shows the hashes, and cannot be verified by them."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from app.audit_log.columns import ROW, Row
from app.audit_log.export.fields import fields, text

_NOTE: Final = "not verifiable by itself"
_LISTED: Final = ("seq", "hash", "ts", "type", "agent", "session", "tool", "decision")
_HEADER: Final = (*_LISTED, "classification", "rules", "reason", "note")
# With these a spreadsheet takes a cell for a formula, in full width too: the look-alikes are meant, hence noqa.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide ones are meant


def lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """The header and a line for each row. Every line says what it is not, since lines are copied out of files."""
    yield _written(_HEADER)
    for row in rows:
        listed = dict(zip(ROW, row, strict=True))
        listed["hash"] = row[1].hex()
        body = fields(row)
        rules = body.get("rules")
        yield _written(
            (
                *(listed[name] for name in _LISTED),
                text(body, "classification"),
                " ".join(map(str, rules)) if isinstance(rules, list) else "",
                text(body, "reason"),
                _NOTE,
            )
        )


def _written(cells: tuple[Any, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([_inert(cell) for cell in cells])
    return out.getvalue().encode()


def _inert(cell: Any) -> Any:
    """INVARIANT: no cell begins a formula; an apostrophe makes it text, and spaces before it do not hide it."""
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)):
        return f"'{cell}"
    return cell
