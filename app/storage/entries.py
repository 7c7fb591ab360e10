"""Entries: reading the log, always in short pages, since one long reader holds the write-ahead log back."""

from collections.abc import Collection, Iterator
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, CursorResult, Select, select, text

from app.audit_log.chain import Head
from app.audit_log.columns import ROW, Row
from app.storage.database import Database
from app.storage.tables import LOG, audit_entry, audit_log

_PAGE = 500
_PAGE_BYTES = 4 * 1_048_576
# So many numbers are looked through at a time, however few of them are wanted.
WINDOW = 20_000
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


def find_entries(connection: Connection, numbers: Collection[int]) -> dict[int, Entry]:
    """The entries at these numbers, without salts and payloads."""
    query = select(*_LISTED).where(audit_entry.c.log_id == LOG, audit_entry.c.seq.in_(numbers))
    return {row.seq: Entry(*row) for row in connection.execute(query)}


class Page(Struct, frozen=True):
    """What was found in one look, in the order of looking; `onward` is where to look next, None at the end."""

    entries: list[Entry]
    onward: int | None


def page(
    connection: Connection,
    start: int,
    limit: int,
    wanted: Filter = ALL,
    *,
    newest: bool = False,
    whole: bool = False,
) -> Page:
    """Up to `limit` wanted entries from number `start` on: upwards, with `newest` downwards; `whole`: with payloads.

    What one look costs is bounded, whatever is wanted and however long the log is: it may find nothing and go on.
    """
    columns = audit_entry.c
    oldest, latest = _span(connection, wanted.since)
    low = max(oldest, min(start, latest) - WINDOW + 1) if newest else max(oldest, start)
    high = min(start, latest) if newest else min(latest, low + WINDOW - 1)
    query = select(*(_COLUMNS if whole else _LISTED)).where(columns.log_id == LOG, columns.seq.between(low, high))
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
    rows, is_cut = _rows(connection, query.order_by(columns.seq.desc() if newest else columns.seq).limit(limit))
    found = [Entry(*row) for row in rows]
    onward = (found[-1].seq if is_cut or len(found) == limit else low if newest else high) + (-1 if newest else 1)
    return Page(found, onward if oldest <= onward <= latest else None)


def _span(connection: Connection, since: str | None) -> tuple[int, int]:
    """The number of the first entry that is not older than `since`, and that of the last one."""
    columns = audit_entry.c
    numbers = select(columns.seq).where(columns.log_id == LOG)
    latest = connection.execute(numbers.order_by(columns.seq.desc()).limit(1)).scalar()
    low, high = 0, -1 if latest is None else latest
    end = high + 1
    # Time never falls along the log, so that where a time stands is found in as many steps as the size has bits.
    while since is not None and low < end:
        middle = (low + end) // 2
        times = select(columns.ts).where(columns.log_id == LOG, columns.seq >= middle)
        at = connection.execute(times.order_by(columns.seq).limit(1)).scalar()
        if at is not None and at < since:
            low = middle + 1
        else:
            end = middle
    return low, high


def of_session(connection: Connection, session: str, type: str, limit: int) -> list[Entry]:
    """The newest entries of a type that tell of a session, oldest first, with salt and payload."""
    columns = audit_entry.c
    query = select(*_COLUMNS).where(columns.log_id == LOG, columns.session == session, columns.type == type)
    # The index holds these two types only, and a database that does not see that in the parameter is told.
    query = query.where(text("type IN ('session.prompted', 'session.observed')"))
    return [Entry(*row) for row in connection.execute(query.order_by(columns.seq.desc()).limit(limit))][::-1]


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
            rows, _ = _rows(connection, following)
        yield top, rows
        if not rows:
            return
        following = query.where(columns.seq > rows[-1][0])


def _rows(connection: Connection, query: Select[Any]) -> tuple[list[Row], bool]:
    """The query's rows as far as they fit into memory, and whether there were more."""
    # Rows are taken as they come, not all at once: a page of large ones is a short page.
    with connection.execution_options(stream_results=True, max_row_buffer=_PAGE // 10).execute(query) as found:
        rows = _fitting(found)
        return rows, found.fetchone() is not None


def _fitting(found: CursorResult[Any]) -> list[Row]:
    rows: list[Row] = []
    size = 0
    for one in found:
        row: Row = tuple(one)
        rows.append(row)
        size += len(row[2]) + (len(row[10] or b"") if len(row) > 10 else 0)
        if size >= _PAGE_BYTES:
            break
    return rows
