"""Sign-ins: failures slow down whoever guesses, on every replica; every attempt is told, no flood fills the log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.audit_log.canonical import decode
from app.main import Service
from app.services.attempts import ENTRIES, LONGEST_WAIT_S, Attempts, place
from app.services.desk import Desk
from app.services.errors import TooManyError, UnavailableError
from app.storage import entries
from tests.homes import OPERATOR

S = 1_000_000


class Clock:
    """The time of the database's own clock, and what the test adds to it."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.later = 0

    def __call__(self) -> int:
        return self._now() + self.later


@pytest.fixture
def clock(service: Service) -> Clock:
    return Clock(service.application.state.services.keys._clock)


@pytest.fixture
def replica(client: TestClient, service: Service, clock: Clock) -> Callable[[], Attempts]:
    """Makes one more process's memory of attempts, upon the same database."""
    desk: Desk = service.application.state.services.agents._desk
    return lambda: Attempts(service.database, desk, clock)


def test_the_fourth_wrong_passphrase_waits_on_every_replica_from_that_source_only(
    replica: Callable[[], Attempts],
) -> None:
    one, other = replica(), replica()
    one.failed(OPERATOR, "10.0.0.1", known=True)
    other.failed(OPERATOR, "10.0.0.1", known=True)
    one.check(OPERATOR, "10.0.0.1", known=True)
    other.failed(OPERATOR, "10.0.0.1", known=True)
    for attempts in (one, other, replica()):
        with pytest.raises(TooManyError) as waits:
            attempts.check(OPERATOR, "10.0.0.1", known=True)
        assert waits.value.retry_after >= 1
        attempts.check(OPERATOR, "10.0.0.2", known=True)
        attempts.check("bob", "10.0.0.1", known=True)


def test_each_further_failure_doubles_the_wait_up_to_five_minutes(
    replica: Callable[[], Attempts], clock: Clock
) -> None:
    attempts = replica()
    waits: list[int] = []
    for failure in range(14):
        attempts.failed(OPERATOR, "10.0.0.1", known=True)
        if failure < 2:
            continue
        with pytest.raises(TooManyError) as wait:
            attempts.check(OPERATOR, "10.0.0.1", known=True)
        waits.append(wait.value.retry_after)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[LONGEST_WAIT_S] * 3]
    clock.later = LONGEST_WAIT_S * S + S
    attempts.check(OPERATOR, "10.0.0.1", known=True)


def test_a_right_passphrase_forgets_the_wrong_ones_before_it(replica: Callable[[], Attempts]) -> None:
    attempts = replica()
    for _ in range(4):
        attempts.failed(OPERATOR, "10.0.0.1", known=True)
    attempts.succeeded(OPERATOR, "10.0.0.1")
    replica().check(OPERATOR, "10.0.0.1", known=True)


def test_every_attempt_is_an_entry_and_a_strangers_name_is_not_in_it(
    replica: Callable[[], Attempts], service: Service
) -> None:
    attempts = replica()
    attempts.failed("hunter2-hunter2", "10.0.0.1", known=False)
    attempts.failed(OPERATOR, "2001:db8::17", known=True)
    attempts.succeeded(OPERATOR, "10.0.0.3")
    told = _told(service)
    assert told == [
        ("operator.sign_in_failed", {"count": 1, "source": "10.0.0.1"}),
        ("operator.sign_in_failed", {"count": 1, "operator": OPERATOR, "source": "2001:db8::/64"}),
        ("operator.signed_in", {"count": 1, "operator": OPERATOR, "source": "10.0.0.3"}),
    ]


def test_a_flood_of_attempts_is_counted_and_told_as_a_few_entries(
    replica: Callable[[], Attempts], service: Service
) -> None:
    attempts = replica()
    for number in range(3_000):
        attempts.failed(f"x{number}", f"10.0.{number // 250}.{number % 250}", known=False)
    for number in range(200):
        attempts.failed(OPERATOR, f"10.1.0.{number}", known=True)
    told = _told(service)
    assert len(told) <= 2 * ENTRIES  # the minute may have turned meanwhile
    attempts.tell()
    attempts.tell()
    later = _told(service)[len(told) :]
    assert len(later) == 2
    assert sum(data["count"] for _, data in told + later) == 3_200
    assert {data.get("operator") for _, data in later} == {None, OPERATOR}


def test_what_was_only_counted_slows_down_all_the_same(replica: Callable[[], Attempts]) -> None:
    attempts = replica()
    for _ in range(2 * ENTRIES + 1):
        attempts.failed("stranger", "10.9.9.9", known=False)
    for _ in range(5):
        attempts.failed(OPERATOR, "10.0.0.7", known=True)
    with pytest.raises(TooManyError):
        attempts.check(OPERATOR, "10.0.0.7", known=True)
    attempts.tell()
    with pytest.raises(TooManyError):
        replica().check(OPERATOR, "10.0.0.7", known=True)


def test_strangers_names_wait_like_operators_and_their_memory_is_bounded(
    replica: Callable[[], Attempts],
) -> None:
    attempts = replica()
    for _ in range(3):
        attempts.failed("nobody", "10.0.0.1", known=False)
    with pytest.raises(TooManyError):
        attempts.check("nobody", "10.0.0.1", known=False)
    for number in range(2_000):
        attempts.failed(f"x{number}", "10.0.0.2", known=False)
        attempts._hold((OPERATOR, str(number)), known=True)
    assert len(attempts._strangers) <= 1_024
    assert len(attempts._untold) <= 1_024


def test_where_nothing_can_be_written_people_still_sign_in_and_it_is_told_later(
    replica: Callable[[], Attempts], service: Service
) -> None:
    attempts = replica()
    with _no_room(service):
        attempts.succeeded(OPERATOR, "10.0.0.1")
        attempts.failed(OPERATOR, "10.0.0.1", known=True)
        attempts.failed("stranger", "10.0.0.1", known=False)
        attempts.tell()
    assert _told(service) == []
    attempts.tell()
    assert sorted(_told(service), key=str) == [
        ("operator.sign_in_failed", {"count": 1, "operator": OPERATOR}),
        ("operator.sign_in_failed", {"count": 1}),
        ("operator.signed_in", {"count": 1, "operator": OPERATOR}),
    ]


@pytest.mark.parametrize(
    ("source", "coarse"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("\u202eevil", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_source_is_an_address_or_unknown(source: str, coarse: str) -> None:
    assert place(source) == coarse


@contextmanager
def _no_room(service: Service) -> Iterator[None]:
    ledger = service.application.state.services.agents._desk._ledger
    commit = ledger._writer.commit
    ledger._writer.commit = lambda commands: [UnavailableError("full")] * len(commands)
    try:
        yield
    finally:
        ledger._writer.commit = commit


def _told(service: Service) -> list[tuple[str, Any]]:
    """The entries about sign-ins, each its type and data."""
    bodies = [decode(row[2]) for _, rows in entries.pages(service.database) for row in rows]
    return [(body["type"], body["data"]) for body in bodies if "sign" in body["type"]]
