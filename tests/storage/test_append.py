"""Rows are stored as they are, however they are gathered into statements."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, text

from app.audit_log.columns import ROW, Row
from app.storage.append import copy, insert
from app.storage.database import Database
from app.storage.driver import by_driver

# How many rows follow each other that say the same of themselves: one INSERT takes 64.
RUNS = [(1,), (63,), (64,), (65,), (130,), (1, 1, 1), (64, 64), (32, 32, 64), (40, 30, 1, 70)]


def _rows(runs: Sequence[int], first: int = 1) -> list[Row]:
    """Runs of decisions and of entries that bear no payload, in turn."""
    found: list[Row] = []
    for at, length in enumerate(runs):
        for seq in range(first + len(found), first + len(found) + length):
            own = seq.to_bytes(32, "big")
            if at % 2 == 0:
                copies = (f"ts {at}", "decision", "coder", f"s_{at}" if at % 4 == 0 else None, "shell", "ALLOW")
                found.append((seq, own, b'{"seq":%d}' % seq, *copies, own, b"payload of %d" % seq))
            else:
                found.append((seq, own, "{é}".encode(), f"ts {at}", "key.added", None, None, None, None, None, None))
    return found


def _stored(connection: Connection) -> list[Row]:
    query = text(f"SELECT {', '.join(ROW)} FROM audit_entry ORDER BY seq")  # noqa: S608 - our own words
    return [
        tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)  # type: ignore[misc]
        for row in connection.execute(query)
    ]


def test_rows_are_stored_as_they_are(database: Database) -> None:
    append = insert if database.is_sqlite else copy
    with database.writing.connect() as connection:
        for runs in RUNS:
            with connection.begin() as transaction:
                rows = _rows(runs)
                by_driver(connection, partial(append, rows=rows))
                assert _stored(connection) == rows
                transaction.rollback()
