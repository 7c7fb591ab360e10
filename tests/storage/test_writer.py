"""The writer: what it acknowledges is committed, and what is faulty takes nothing else with it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.audit_log.entry import EntryError
from app.data import data
from app.services.audit import Audit
from app.storage.agents import AddAgent, Traits
from app.storage.command import Command, EpochIs, RaiseEpoch, Receipt
from app.storage.database import Database, UnavailableError, open_database
from app.storage.entries import find_entry
from app.storage.migrate import migrate
from app.storage.writer import Writer
from tests.postgres import Postgres
from tests.processes import until
from tests.storage.samples import NEVER, Broken, begin, changed, decided, kinds, size_of, written


class Commits:
    """Stands in for the driver's commit and fails at a chosen moment."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self._dialect = database.writing.dialect
        self._real = self._dialect.do_commit
        self.sent = 0
        monkeypatch.setattr(self._dialect, "do_commit", self._commit)
        self.fails_before = self.fails_after = False

    def _commit(self, connection: Any) -> None:
        self.sent += 1
        if self.fails_before:
            raise self._error("before")
        self._real(connection)
        if self.fails_after:
            raise self._error("after")

    def _error(self, when: str) -> Exception:
        error: Exception = self._dialect.loaded_dbapi.OperationalError(when)
        return error


@pytest.fixture
def commits(database: Database, log: str, monkeypatch: pytest.MonkeyPatch) -> Commits:
    return Commits(database, monkeypatch)


def test_a_commit_that_fails_acknowledges_nothing_and_is_sent_once(
    database: Database, writer: Writer, log: str, commits: Commits
) -> None:
    commits.fails_before = True
    assert kinds(writer.commit([Command((decided(log),)), Command((decided(log),))])) == ["UnavailableError"] * 2
    assert (size_of(database), commits.sent, writer.is_writing) == (1, 1, False)
    commits.fails_before = False
    assert written(writer, Command((decided(log),)))[0].seq == 1
    assert writer.is_writing
    assert Audit(database).verify().ok


def test_a_commit_whose_confirmation_was_lost_is_never_sent_again(
    database: Database, writer: Writer, log: str, commits: Commits
) -> None:
    commits.fails_after = True
    result = writer.commit([Command((decided(log),))])[0]
    # PostgreSQL is asked whether it landed; SQLite confirms what it did, and is not believed when it did not.
    assert isinstance(result, UnavailableError if database.is_sqlite else tuple)
    commits.fails_after = False
    assert written(writer, Command((decided(log),)))[0].seq == 2
    assert (size_of(database), commits.sent) == (3, 2)
    assert Audit(database).verify().ok


def test_a_connection_that_breaks_while_postgresql_commits_acknowledges_what_landed_and_nothing_else(
    postgres: Postgres, postgres_writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres_writer._database
    log = _begun(postgres_writer)
    dialect = database.writing.dialect
    commit = dialect.do_commit

    def broken(connection: Any) -> None:
        postgres.run(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        commit(connection)

    monkeypatch.setattr(dialect, "do_commit", broken)
    assert kinds(postgres_writer.commit([Command((decided(log),))])) == ["UnavailableError"]
    monkeypatch.setattr(dialect, "do_commit", commit)
    assert size_of(database) == 1


def test_a_connection_that_was_lost_before_commit_is_replaced(postgres: Postgres, postgres_writer: Writer) -> None:
    log = _begun(postgres_writer)
    name = postgres_writer._database.writing.url.database
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
    assert written(postgres_writer, Command((decided(log),)))[0].seq == 1


def test_one_faulty_command_does_not_take_the_others_of_its_batch_with_it(
    database: Database, writer: Writer, log: str
) -> None:
    good, faulty = Command((decided(log),)), Command((decided(log),), (), (Broken(),))
    elsewhere = Command((decided("f" * 16),))
    results = writer.commit([good, faulty, good, elsewhere, good])
    assert kinds(results) == ["written", "UnavailableError", "written", "UnavailableError", "written"]
    assert [result[0].seq for result in results if isinstance(result, tuple)] == [1, 2, 3]
    assert writer.is_writing
    assert Audit(database).verify().ok


def test_a_faulty_command_leaves_none_of_its_changes(database: Database, writer: Writer, log: str) -> None:
    writer.commit([Command((changed(log),), (), (AddAgent("half", Traits()), Broken()))])
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM agent")).scalar() == 0


def test_a_stale_command_writes_nothing(database: Database, writer: Writer, log: str) -> None:
    assert kinds(writer.commit([Command((changed(log),), (NEVER,), (AddAgent("half", Traits()),))])) == ["Stale"]
    assert size_of(database) == 1
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM agent")).scalar() == 0


def test_a_change_makes_the_later_commands_of_its_own_batch_stale(database: Database, writer: Writer, log: str) -> None:
    relies = Command((decided(log),), (EpochIs(0),))
    raises = Command((changed(log),), (), (RaiseEpoch(),))
    assert kinds(writer.commit([relies, raises, relies])) == ["written", "written", "Stale"]
    assert kinds(writer.commit([relies, Command((decided(log),), (EpochIs(1),))])) == ["Stale", "written"]


def test_time_does_not_fall_though_the_clock_does(database: Database, log: str) -> None:
    if not database.is_sqlite:
        pytest.skip("there the time is the database's")
    times = iter((4_000_000_000_000_000, 3_000_000_000_000_000))
    writer = Writer(database, lambda: next(times))
    first = written(writer, Command((decided(log),)))[0]
    assert written(writer, Command((decided(log),)))[0].ts == first.ts
    writer.close()


def test_postgresql_reads_its_clock_when_the_head_is_ours_not_when_it_is_asked_for(postgres_writer: Writer) -> None:
    log = _begun(postgres_writer)
    found: list[tuple[Receipt, ...]] = []
    waiting = threading.Thread(target=lambda: found.append(written(postgres_writer, Command((decided(log),)))))
    blocked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    now = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
    with postgres_writer._database.writing.connect() as holder:
        holder.execute(text("SELECT 1 FROM audit_log FOR UPDATE"))
        waiting.start()
        until(lambda: holder.execute(blocked).scalar())
        released = holder.execute(now).scalar_one()
        holder.rollback()
    waiting.join()
    assert found[0][0].ts >= released


@pytest.mark.parametrize("off", [-6_000_000, 6_000_000])
def test_a_replica_whose_clock_is_far_off_the_databases_allows_nothing(postgres_writer: Writer, off: int) -> None:
    log = _begun(postgres_writer)
    right = postgres_writer._clock
    skewed = Writer(postgres_writer._database, lambda: right() + off)
    commands = [Command((decided(log, decision=word),)) for word in ("ALLOW", "DENY", "REQUIRE_APPROVAL")]
    assert kinds(skewed.commit(commands)) == ["UnavailableError", "written", "written"]
    skewed.close()
    almost = Writer(postgres_writer._database, lambda: right() + off // 2)
    assert kinds(almost.commit(commands)) == ["written"] * 3
    almost.close()


def test_a_process_that_stands_still_with_the_head_in_its_hand_loses_it(postgres_writer: Writer) -> None:
    with postgres_writer._database.writing.connect() as holder:
        timeout = holder.execute(text("SHOW idle_in_transaction_session_timeout")).scalar()
    assert timeout == "10s"


def test_an_entry_of_the_wrong_log_is_refused_by_the_chain_itself(database: Database, writer: Writer, log: str) -> None:
    with pytest.raises(EntryError):
        writer._batch([Command((decided("f" * 16),))])
    assert writer._connection is None
    with database.read() as connection:
        assert find_entry(connection, 1) is None


@pytest.fixture
def postgres_writer(postgres_url: str) -> Iterator[Writer]:
    database = open_database(postgres_url)
    migrate(database, data("migrations"))
    made = Writer(database)
    yield made
    made.close()
    database.dispose()


def _begun(writer: Writer) -> str:
    return begin(writer._database, writer)
