"""What names of requests stand for, and how many are kept."""

import pytest
from sqlalchemy import func, select

from app.storage import replays
from app.storage.agents import AddAgent, Traits
from app.storage.command import Command, EpochIs
from app.storage.database import Database
from app.storage.keys import AddKey
from app.storage.replays import Note, StandsFor, find_replay
from app.storage.tables import replay
from app.storage.writer import Writer
from tests.storage.samples import changed, kinds, size_of, written

NAME = b"n" * 32
REQUEST = b"r" * 32


@pytest.fixture
def keyed(writer: Writer, log: str) -> Writer:
    """A writer to a database with two keys, k_1 and k_2."""
    keys = [
        AddKey(f"k_{at}", "coder", "pep", may_explain=False, digest=bytes([at]) * 32, expires_at=None) for at in (1, 2)
    ]
    written(writer, Command((changed(log),), (), (AddAgent("coder", Traits()), *keys)))
    return writer


def _noted(
    log: str, name: bytes = NAME, key: str = "k_1", seq: int | None = None, answer: bytes | None = b"a"
) -> Command:
    return Command((changed(log),), (StandsFor(key, name, seq),), (Note(key, name, REQUEST, answer),))


def test_of_two_that_bear_one_name_one_is_written_in_one_batch_and_in_two(
    database: Database, keyed: Writer, log: str
) -> None:
    assert kinds(keyed.commit([_noted(log), _noted(log)])) == ["written", "Stale"]
    assert kinds(keyed.commit([_noted(log)])) == ["Stale"]
    with database.read() as connection:
        found = find_replay(connection, "k_1", NAME)
        assert find_replay(connection, "k_2", NAME) is None
        assert find_replay(connection, "k_1", b"o" * 32) is None
    assert found is not None
    assert (found.receipt.seq, found.request, found.answer) == (2, REQUEST, b"a")


def test_names_belong_to_the_key_by_which_they_came(keyed: Writer, log: str) -> None:
    assert kinds(keyed.commit([_noted(log), _noted(log, key="k_2")])) == ["written", "written"]


def test_a_later_decision_takes_the_place_of_the_one_that_it_was_made_upon(
    database: Database, keyed: Writer, log: str
) -> None:
    first = written(keyed, _noted(log))[0]
    later = [_noted(log, seq=first.seq, answer=None)] * 2
    assert kinds(keyed.commit([_noted(log, seq=first.seq + 1)])) == ["Stale"]
    assert kinds(keyed.commit(later)) == ["written", "Stale"]
    with database.read() as connection:
        found = find_replay(connection, "k_1", NAME)
    assert found is not None
    assert (found.receipt.seq, found.answer) == (first.seq + 1, None)


def test_the_newest_names_of_each_key_are_kept(
    database: Database, keyed: Writer, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "KEPT", 3)
    monkeypatch.setattr(replays, "_MORE", 4)
    written(keyed, _noted(log, b"other", key="k_2"))
    keyed.commit([_noted(log, b"%d" % at) for at in range(10)])
    # One that is written anew is the newest again.
    with database.read() as connection:
        oldest = find_replay(connection, "k_1", b"7")
    assert oldest is not None
    keyed.commit([_noted(log, b"7", seq=oldest.receipt.seq), _noted(log, b"10")])
    with database.read() as connection:
        names = set(connection.execute(select(replay.c.name).where(replay.c.key == "k_1")).scalars())
        assert {bytes(name) for name in names} == {b"7", b"9", b"10"}
        assert connection.execute(select(func.count()).where(replay.c.key == "k_2")).scalar_one() == 1


def test_what_only_asks_whether_its_guards_hold_writes_nothing(database: Database, keyed: Writer, log: str) -> None:
    seq = written(keyed, _noted(log))[0].seq
    size = size_of(database)
    asked = [Command((), (StandsFor("k_1", NAME, at),)) for at in (seq, None, seq + 1)]
    results = keyed.commit(asked)
    assert [result if isinstance(result, tuple) else "stale" for result in results] == [(), "stale", "stale"]
    # Beside what writes, too.
    assert kinds(keyed.commit([asked[0], Command((changed(log),), (EpochIs(0),)), asked[1]])) == [
        "written",
        "written",
        "Stale",
    ]
    assert size_of(database) == size + 1
