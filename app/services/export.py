"""The log as a file, streamed: rows come in short pages, lines leave one by one."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec.structs import astuple

from app.audit_log.columns import Row
from app.audit_log.export import jsonl, legacy, table
from app.storage import entries
from app.storage.database import Database
from app.storage.entries import ALL, Filter

_PAGE = 200
Progress = Callable[[int, int], None]


class Format(StrEnum):
    """`jsonl` can be verified by itself, `csv` is for spreadsheets, `legacy` for readers of earlier gateways' logs."""

    JSONL = "jsonl"
    CSV = "csv"
    LEGACY = "legacy"

    @property
    def media_type(self) -> str:
        return "text/csv; charset=utf-8; header=present" if self is Format.CSV else "application/x-ndjson"


_LINES = {Format.JSONL: jsonl.lines, Format.CSV: table.lines, Format.LEGACY: legacy.lines}


def export(
    database: Database,
    format: Format,
    after: int = -1,
    wanted: Filter = ALL,
    progress: Progress | None = None,
) -> Iterator[bytes]:
    """The log's lines in `format`, from the entry behind `after` on, as far as `wanted`.

    `progress` hears after each page how many entries of how many are done. Reading fails with UnavailableError, also
    in the middle; a `jsonl` that was cut off there ends in a whole line and holds whatever it holds.
    """
    rows = _whole(database, after, progress) if wanted == ALL else _wanted(database, after, wanted, progress)
    return _LINES[format](rows)


def _whole(database: Database, after: int, progress: Progress | None) -> Iterator[Row]:
    for head, rows in entries.pages(database, after):
        yield from rows
        if progress is not None and rows:
            progress(rows[-1][0] + 1, head.size)


def _wanted(database: Database, after: int, wanted: Filter, progress: Progress | None) -> Iterator[Row]:
    while True:
        with database.read() as connection:
            size = entries.head(connection).size
            found = entries.page(connection, after, _PAGE, wanted)
        if not found:
            return
        for one in found:
            # A page of the list has no payloads; one at a time, large ones are never held together.
            with database.read() as connection:
                entry = entries.find_entry(connection, one.seq)
            if entry is not None:
                yield astuple(entry)
        after = found[-1].seq
        if progress is not None:
            progress(after + 1, size)
