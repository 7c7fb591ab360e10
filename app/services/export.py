"""The log as a file, streamed: rows come in short pages, lines leave one by one."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec.structs import astuple

from app.audit_log.columns import Row
from app.audit_log.export import jsonl, legacy, table
from app.services.search import EVERYTHING, Wanted, looks
from app.storage import entries
from app.storage.database import Database

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
    wanted: Wanted = EVERYTHING,
    progress: Progress | None = None,
) -> Iterator[bytes]:
    """The log's lines in `format`, from the entry behind `after` on, as far as `wanted`.

    `progress` hears after each page how many entries of how many are done. Reading fails with UnavailableError, also
    in the middle; a `jsonl` that was cut off there ends in a whole line and holds whatever it holds.
    """
    rows = _whole(database, after, progress) if wanted == EVERYTHING else _wanted(database, after, wanted, progress)
    return _LINES[format](rows)


def _whole(database: Database, after: int, progress: Progress | None) -> Iterator[Row]:
    for head, rows in entries.pages(database, after):
        yield from rows
        if progress is not None and rows:
            progress(rows[-1][0] + 1, head.size)


def _wanted(database: Database, after: int, wanted: Wanted, progress: Progress | None) -> Iterator[Row]:
    with database.read() as connection:
        size = entries.head(connection).size
    for look in looks(database, wanted, after + 1):
        yield from map(astuple, look.entries)
        if progress is not None:
            progress(look.onward or size, size)
