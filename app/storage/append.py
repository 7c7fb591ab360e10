"""Putting a batch's rows into the log, straight through the driver: this is the hot path of every write.

Many rows a statement: the drivers give up the interpreter's lock with each one, and have to wait for it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from struct import Struct
from typing import Any

from app.audit_log.columns import ROW, Row
from app.storage.tables import LOG

# Appends rows over a driver's connection; raises what the driver raises.
Append = Callable[[Any, Sequence[Row]], None]

_COLUMNS = ", ".join(("log_id", *ROW))
_INTO = f"INSERT INTO audit_entry ({_COLUMNS}) VALUES "  # noqa: S608 - our own words
# Rows in one INSERT.
_ROWS = 64
_MARKS = f"({LOG}, {', '.join('?' * len(ROW))})"
_INSERTS = tuple(_INTO + ", ".join([_MARKS] * rows) for rows in range(_ROWS + 1))

# What a batch's rows often have in common, and what each has for itself; `seq` counts up.
_COPIES = ROW[ROW.index("ts") : ROW.index("decision") + 1]
_OWN = tuple(name for name in ROW[1:] if name not in _COPIES)
_copies = itemgetter(slice(ROW.index(_COPIES[0]), ROW.index(_COPIES[-1]) + 1))
_own = itemgetter(*map(ROW.index, _OWN))


def _alike(rows: int) -> str:
    """An INSERT of the first `seq`, the copies once, and what each of so many rows has for itself.

    Handing over a value costs more than storing it.
    """
    marks = {name: f"?{2 + at}" for at, name in enumerate(_COPIES)}
    found = []
    for row in range(rows):
        first = 2 + len(_COPIES) + row * len(_OWN)
        marks |= {"seq": f"?1 + {row}"} | {name: f"?{first + at}" for at, name in enumerate(_OWN)}
        found.append(f"({LOG}, {', '.join(marks[name] for name in ROW)})")
    return _INTO + ", ".join(found)


_INSERTS_ALIKE = tuple(map(_alike, range(_ROWS + 1)))


# The driver can store both, but first asks each value by two attributes, which none has, what it wants to be stored as:
# half the cost of a row. These answer with the value itself, without a call in Python.
sqlite3.register_adapter(bytes, bytes.__bytes__)
sqlite3.register_adapter(type(None), {None: None}.__getitem__)


def insert(driver: Any, rows: Sequence[Row]) -> None:
    """On SQLite; rows that follow each other."""
    for at in range(0, len(rows), _ROWS):
        chunk = rows[at : at + _ROWS]
        copies = _copies(chunk[0])
        if all(map(copies.__eq__, map(_copies, chunk))):
            values = (chunk[0][0], *copies, *chain.from_iterable(map(_own, chunk)))
            driver.execute(_INSERTS_ALIKE[len(chunk)], values)
        else:
            driver.execute(_INSERTS[len(chunk)], tuple(chain.from_iterable(chunk)))


# PostgreSQL's binary COPY: a signature, flags, an extension; rows of a count and fields, each with its length; an end.
# https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
_COPY = f"COPY audit_entry ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_ROW = Struct("!hiiiq")
_LENGTH = Struct("!i").pack
_NULL = _LENGTH(-1)
_END = b"\xff\xff"


def copy(driver: Any, rows: Sequence[Row]) -> None:
    """On PostgreSQL: an INSERT of that many values costs its driver five times as much."""
    with driver.cursor() as cursor, cursor.copy(_COPY) as copying:
        copying.write(b"".join((_BEGIN, *chain.from_iterable(map(_fields, rows)), _END)))


def _fields(row: Row) -> Iterator[bytes]:
    yield _ROW.pack(1 + len(row), 4, LOG, 8, row[0])
    for value in row[1:]:
        if value is None:
            yield _NULL
        else:
            field = value.encode() if isinstance(value, str) else value
            yield _LENGTH(len(field))
            yield field
