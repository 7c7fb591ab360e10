"""kill -9: what was acknowledged is there afterwards, and the service starts again by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from app.services.audit import Audit
from app.storage import entries
from app.storage.database import Database, open_database
from tests.homes import Home, prepare
from tests.postgres import Postgres
from tests.processes import Load, Process, load, until


def test_every_acknowledged_entry_survives_kill_9_and_the_service_starts_again(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    chance = Random(2)
    acknowledged: dict[int, str] = {}
    for _ in range(max(2, trials // 20)):
        process = serve(home)
        with load(process, home.key) as running:
            enough = chance.randrange(1, 400)
            until(lambda enough=enough, running=running: len(running.acknowledged) >= enough)
            process.kill()
        assert not running.refused
        acknowledged |= running.acknowledged
    _holds(home.url, acknowledged)


@pytest.fixture
def fragile() -> Iterator[Postgres]:
    """A PostgreSQL server that a test may break."""
    server = Postgres("fragile")
    yield server
    server.stop()


def test_every_acknowledged_entry_survives_a_crash_of_postgresql_and_the_service_goes_on_by_itself(
    fragile: Postgres, tmp_path: Path, serve: Callable[[Home], Process], trials: int
) -> None:
    home = prepare(tmp_path, fragile.address())
    process = serve(home)
    with load(process, home.key) as running:
        for _ in range(max(2, trials // 50)):
            _grows(running)
            fragile.crash()
            fragile.start()
            _grows(running)
    # What could not be recorded was refused with a no, and nothing else went wrong.
    assert {status for status, _ in running.refused} <= {503}
    assert all(document["allowed"] is False for _, document in running.refused)
    _holds(home.url, running.acknowledged)


def _grows(running: Load) -> None:
    enough = len(running.acknowledged) + 100
    until(lambda: len(running.acknowledged) >= enough)


def _holds(url: str, acknowledged: dict[int, str]) -> None:
    """The log holds every entry that was acknowledged, under its hash, and its chain is whole."""
    database = open_database(url)
    try:
        assert acknowledged
        assert acknowledged.items() <= _hashes(database).items()
        report = Audit(database).verify()
        assert report.ok, report.summary
    finally:
        database.dispose()


def _hashes(database: Database) -> dict[int, str]:
    return {row[0]: row[1].hex() for _, rows in entries.pages(database) for row in rows}
