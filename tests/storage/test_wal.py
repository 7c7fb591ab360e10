"""SQLite's write-ahead log stays short, whoever reads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from app.data import data
from app.storage import wal as module
from app.storage.command import Command
from app.storage.database import Database, open_database
from app.storage.migrate import migrate
from app.storage.writer import Writer
from tests.processes import until
from tests.storage.samples import begin, decided, log_of, written

_LONGEST = 300_000


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    migrate(opened, data("migrations"))
    yield opened
    opened.dispose()


@pytest.fixture
def writer(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    monkeypatch.setattr(module, "LONGEST", _LONGEST)
    monkeypatch.setattr(module, "_STEP", _LONGEST)
    made = Writer(database)
    begin(database, made)
    yield made
    made.close()


def test_readers_that_overlap_for_ever_do_not_make_it_grow_for_ever(database: Database, writer: Writer) -> None:
    command = Command((decided(log_of(database), payload=bytes(20_000)),))
    longest = 0
    with _reading_without_a_pause(database) as readers:
        for _ in range(100):
            # Each commit meets another reader: none of them is long, and at no time is there none.
            seen = readers[0]
            until(lambda seen=seen: readers[0] > seen)
            written(writer, command)
            longest = max(longest, _size(database))
    # A hundred such commands take more than two megabytes.
    assert longest < 3 * _LONGEST


def test_one_long_reader_holds_nobody_up_and_it_is_cut_back_once_the_reader_has_gone(
    database: Database, writer: Writer
) -> None:
    command = Command((decided(log_of(database), payload=bytes(20_000)),))
    with database.reading.connect() as reader:
        _begin_to_read(reader)
        for _ in range(50):
            written(writer, command)
        assert _size(database) > 2 * _LONGEST
    for _ in range(30):
        written(writer, command)
    assert _size(database) <= 2 * _LONGEST


@contextmanager
def _reading_without_a_pause(database: Database) -> Iterator[list[int]]:
    """A chain of readers, each of which begins before the one before it ends; how many there have been."""
    count, ended = [0], threading.Event()

    def reads() -> None:
        before = database.reading.connect()
        while not ended.is_set():
            following = database.reading.connect()
            _begin_to_read(following)
            before.close()
            before = following
            count[0] += 1
        before.close()

    thread = threading.Thread(target=reads)
    thread.start()
    try:
        yield count
    finally:
        ended.set()
        thread.join()


def _begin_to_read(connection: Connection) -> None:
    connection.execute(text("SELECT size FROM audit_log")).scalar()


def _size(database: Database) -> int:
    return Path(f"{database.writing.url.database}-wal").stat().st_size
