"""Entries: reading the log, always in short pages, since one long reader holds the write-ahead log back."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, select

from app.audit_log.chain import Head
from app.audit_log.columns import ROW, Row
from app.storage.database import Database
from app.storage.tables import LOG, audit_entry, audit_log

_PAGE = 500
_PAGE_BYTES = 4 * 1_048_576
_COLUMNS = [audit_entry.c[name] for name in ROW]
_LISTED = [column for column in _COLUMNS if column.name not in ("salt", "payload")]


class Entry(Struct, frozen=True):
    """One stored entry: a row, its columns by name. Lists leave salt and payload out: a payload may be large."""

    seq: int
    hash: bytes
    body: bytes
    ts: str
    type: str
    agent: str | None
    session: str | None
    tool: str | None
    decision: str | None
    salt: bytes | None = None
    payload: bytes | None = None


class Filter(Struct, frozen=True):
    """Which entries are wanted; None means any. Times are fixed-width texts, as in the entries."""

    agent: str | None = None
    decision: str | None = None
    tool: str | None = None
    type: str | None = None
    since: str | None = None
    not_allowed: bool = False


ALL = Filter()


def head(connection: Connection) -> Head:
    """The log's head as committed."""
    row = connection.execute(select(audit_log).where(audit_log.c.log_id == LOG)).one()
    return Head(log=row.name, size=row.size, hash=bytes(row.head).hex(), last_ts_us=row.last_ts)


def epoch(connection: Connection) -> int:
    """The configuration's, as committed."""
    return int(connection.execute(select(audit_log.c.epoch).where(audit_log.c.log_id == LOG)).scalar_one())


def find_entry(connection: Connection, seq: int) -> Entry | None:
    """The entry at this number, with salt and payload."""
    query = select(*_COLUMNS).where(audit_entry.c.log_id == LOG, audit_entry.c.seq == seq)
    row = connection.execute(query).first()
    return Entry(*row) if row else None


def page(connection: Connection, after: int, limit: int, wanted: Filter = ALL, *, newest: bool = False) -> list[Entry]:
    """Up to `limit` entries with `seq` above `after` (-1 is the start), oldest first; with `newest`, the last ones."""
    columns = audit_entry.c
    query = select(*_LISTED).where(columns.log_id == LOG, columns.seq > after)
    for column, value in (
        (columns.agent, wanted.agent),
        (columns.decision, wanted.decision),
        (columns.tool, wanted.tool),
        (columns.type, wanted.type),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.not_allowed:
        query = query.where(columns.decision != "ALLOW")
    if wanted.since is not None:
        query = query.where(columns.ts >= wanted.since)
    query = query.order_by(columns.seq.desc() if newest else columns.seq).limit(limit)
    rows = [Entry(*row) for row in connection.execute(query)]
    return rows[::-1] if newest else rows


def pages(database: Database, after: int = -1) -> Iterator[tuple[Head, list[Row]]]:
    """The whole log from `after` on, as the verifier wants it, each page with the head of its own transaction.

    The last page is empty: the head beside it must be where the rows before it ended.
    """
    columns = audit_entry.c
    query = select(*_COLUMNS).where(columns.log_id == LOG).order_by(columns.seq).limit(_PAGE)
    # From the beginning means from whatever stands there, below zero too.
    following = query.where(columns.seq > after) if after >= 0 else query
    while True:
        with database.read() as connection:
            top = head(connection)
            # Rows are taken as they come, not all at once: a page of large ones is a short page.
            streaming = connection.execution_options(stream_results=True, max_row_buffer=_PAGE // 10)
            with streaming.execute(following) as found:
                rows = _fitting(found)
        yield top, rows
        if not rows:
            return
        following = query.where(columns.seq > rows[-1][0])


def _fitting(found: Iterable[Any]) -> list[Row]:
    rows: list[Row] = []
    size = 0
    for one in found:
        row: Row = tuple(one)
        rows.append(row)
        size += len(row[2]) + len(row[10] or b"")
        if size >= _PAGE_BYTES:
            break
    return rows
