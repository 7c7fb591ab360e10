"""Two services on one database: one chain, nothing lost, nobody starved."""

import time
from collections.abc import Callable

from app.services.audit import Audit
from app.storage import entries
from app.storage.database import open_database
from tests.homes import Home
from tests.processes import Process, load, until


def test_two_services_under_load_write_one_chain_without_error_loss_or_fork(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    one, other = serve(home), serve(home)
    with load(one, home.key) as first, load(other, home.key) as second:
        until_enough = time.monotonic() + max(2.0, trials / 50)
        until(lambda: time.monotonic() > until_enough)
    # No error: neither was refused anything. No starvation: each got its share.
    assert not first.refused + second.refused
    assert min(len(first.acknowledged), len(second.acknowledged)) > 0.1 * max(
        len(first.acknowledged), len(second.acknowledged)
    )
    # No fork: no number was given twice. Nothing lost, nothing but what was answered.
    assert first.acknowledged.keys().isdisjoint(second.acknowledged)
    database = open_database(home.url)
    try:
        decisions = {
            row[0]: row[1].hex() for _, rows in entries.pages(database) for row in rows if row[4] == "decision"
        }
        assert decisions == first.acknowledged | second.acknowledged
        assert Audit(database).verify().ok
    finally:
        database.dispose()
