"""Reading the log: in short pages, bounded in bytes, each consistent in itself."""

from itertools import pairwise

import pytest

from app.storage import entries
from app.storage.command import Command
from app.storage.database import Database
from app.storage.entries import Filter
from app.storage.writer import Writer
from tests.storage.samples import changed, decided, written


@pytest.fixture
def filled(database: Database, writer: Writer, log: str) -> str:
    drafts = [decided(log), decided(log, decision="DENY"), changed(log)] * 4
    for one in drafts:
        written(writer, Command((one,)))
    return log


def test_pages_hold_every_entry_in_order_and_end_with_an_empty_one(database: Database, filled: str) -> None:
    pages = list(entries.pages(database))
    assert [row[0] for _, rows in pages for row in rows] == list(range(13))
    assert pages[-1][1] == []
    assert pages[-1][0].size == 13


def test_a_page_of_large_entries_is_a_short_page(
    database: Database, writer: Writer, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "_PAGE_BYTES", 250_000)
    for _ in range(7):
        written(writer, Command((decided(log, payload=bytes(100_000)),)))
    pages = [rows for _, rows in entries.pages(database)]
    assert max(len(rows) for rows in pages) == 4
    assert [row[0] for rows in pages for row in rows] == list(range(8))


def test_pages_go_on_while_the_log_grows(database: Database, writer: Writer, filled: str) -> None:
    seen: list[int] = []
    for _, rows in entries.pages(database):
        seen += [row[0] for row in rows]
        if len(seen) < 20:
            written(writer, Command((decided(filled),)))
    assert len(seen) >= 20
    assert all(after == before + 1 for before, after in pairwise(seen))


def test_lists_leave_payloads_out_and_one_entry_has_its_own(database: Database, filled: str) -> None:
    with database.read() as connection:
        listed = entries.page(connection, 1, 1).entries[0]
        found = entries.find_entry(connection, 1)
    assert found is not None
    assert (listed.salt, listed.payload) == (None, None)
    assert found.payload == b'{"request":{}}'
    assert listed.body == found.body


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 13),
        (Filter(agent="coder"), 8),
        (Filter(agent="other"), 0),
        (Filter(decision="DENY"), 4),
        (Filter(tool="shell", decision="ALLOW"), 4),
        (Filter(type="test.changed"), 4),
        (Filter(not_allowed=True), 4),
        (Filter(since="9999-01-01T00:00:00.000000Z"), 0),
    ],
)
def test_a_list_has_what_is_asked_for(database: Database, filled: str, wanted: Filter, count: int) -> None:
    with database.read() as connection:
        assert len(entries.page(connection, 0, 100, wanted).entries) == count


def test_the_newest_come_first_when_looking_from_the_end(database: Database, filled: str) -> None:
    with database.read() as connection:
        found = entries.page(connection, 2**53, 3, newest=True)
    assert [entry.seq for entry in found.entries] == [12, 11, 10]
    assert found.onward == 9


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    "wanted", [Filter(), Filter(decision="DENY"), Filter(tool="none"), Filter(since="the seventh")], ids=repr
)
def test_short_looks_end_and_find_everything_once(
    database: Database, filled: str, monkeypatch: pytest.MonkeyPatch, *, newest: bool, limit: int, wanted: Filter
) -> None:
    with database.read() as connection:
        every = entries.page(connection, 0, 100).entries
        if wanted.since is not None:
            wanted = Filter(since=every[7].ts)
        monkeypatch.setattr(entries, "WINDOW", 4)
        seen: list[int] = []
        at: int | None = 2**53 if newest else 0
        while at is not None:
            found = entries.page(connection, at, limit, wanted, newest=newest, whole=True)
            assert len(found.entries) <= limit
            seen += [entry.seq for entry in found.entries]
            at = found.onward
    assert sorted(seen, reverse=newest) == seen
    assert sorted(seen) == [
        entry.seq
        for entry in every
        if wanted.decision in (None, entry.decision)
        and wanted.tool in (None, entry.tool)
        and (wanted.since is None or entry.ts >= wanted.since)
    ]


def test_an_empty_log_has_nothing_to_look_for(database: Database) -> None:
    with database.read() as connection:
        for newest in (False, True):
            assert entries.page(connection, 0, 10, newest=newest) == entries.Page([], None)
