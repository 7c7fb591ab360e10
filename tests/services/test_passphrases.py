"""Operators' passphrases: slow for who guesses, for nobody else, and never more than two at once."""

import threading
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.main import Service
from app.services import passphrases as module
from app.services.attempts import Attempts
from app.services.desk import Desk
from app.services.errors import InvalidError, TooManyError, UnauthenticatedError
from app.services.passphrases import Passphrases, hash_passphrase
from app.storage.operators import Operator

RIGHT = "correct horse"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """The real argon2, and how many of it run at once."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._lock = threading.Lock()
        self.running = self.most = self.calls = 0

    def verify(self, passphrase: str, stored: str) -> bool:
        with self._lock:
            self.calls += 1
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            return bool(self._real.verify(passphrase, stored))
        finally:
            with self._lock:
                self.running -= 1

    def hash(self, passphrase: str) -> str:
        return str(self._real.hash(passphrase))


@pytest.fixture(scope="module")
def alice() -> Operator:
    return Operator("alice", "admin", hash_passphrase(RIGHT), 0)


@pytest.fixture
def argon2(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(module._argon2)
    monkeypatch.setattr(module, "_argon2", counting)
    return counting


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passphrases(client: TestClient, service: Service, clock: Clock, argon2: Counting) -> Passphrases:
    """As the service has them, but for the clock."""
    services = service.application.state.services
    attempts = Attempts(service.database, Desk(services.agents._desk._ledger, services.configurations), lambda: 0)
    return Passphrases(attempts, clock)


def test_however_many_ask_at_most_two_argon2_run_at_once_and_the_others_hear_so_at_once(
    passphrases: Passphrases, argon2: Counting, alice: Operator
) -> None:
    answers: list[type[Exception]] = []
    busy: list[float] = []
    together = threading.Barrier(24)

    def guesses(number: int) -> None:
        together.wait()
        began = time.monotonic()
        try:
            # Another name and source each time, so that no patience is lost on anybody.
            passphrases.verify(f"x{number}", None if number % 2 else alice, "wrong passphrase", f"10.0.0.{number}")
        except (UnauthenticatedError, TooManyError) as error:
            answers.append(type(error))
            if isinstance(error, TooManyError):
                busy.append(time.monotonic() - began)

    threads = [threading.Thread(target=guesses, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert argon2.most == 2
    assert len(answers) == 24
    assert answers.count(UnauthenticatedError) == argon2.calls
    assert busy


def test_a_right_passphrase_is_remembered_for_a_while_and_costs_no_argon2(
    passphrases: Passphrases, argon2: Counting, alice: Operator, clock: Clock
) -> None:
    assert passphrases.verify("alice", alice, RIGHT, "a") is alice
    assert passphrases.verify("alice", alice, RIGHT, "b") is alice
    assert argon2.calls == 1
    clock.now += 301
    passphrases.verify("alice", alice, RIGHT, "a")
    assert argon2.calls == 2


def test_a_changed_passphrase_is_not_remembered(passphrases: Passphrases, alice: Operator) -> None:
    passphrases.verify("alice", alice, RIGHT, "a")
    changed = Operator("alice", "admin", hash_passphrase("another one"), 0)
    with pytest.raises(UnauthenticatedError):
        passphrases.verify("alice", changed, RIGHT, "a")


def test_a_lockout_does_not_touch_who_was_right_a_while_ago(passphrases: Passphrases, alice: Operator) -> None:
    passphrases.verify("alice", alice, RIGHT, "a")
    _fails(passphrases, alice, "a", times=3)
    assert passphrases.verify("alice", alice, RIGHT, "a") is alice


def test_a_stranger_costs_as_much_as_a_wrong_passphrase(passphrases: Passphrases, argon2: Counting) -> None:
    with pytest.raises(UnauthenticatedError):
        passphrases.verify("nobody", None, RIGHT, "a")
    assert argon2.calls == 1


@pytest.mark.parametrize("passphrase", ["", "1234567", "x" * 1_025])
def test_a_passphrase_that_is_too_short_or_too_long_is_refused(passphrase: str) -> None:
    with pytest.raises(InvalidError):
        hash_passphrase(passphrase)


def test_a_passphrase_that_is_too_long_is_wrong_and_never_hashed(
    passphrases: Passphrases, argon2: Counting, alice: Operator
) -> None:
    with pytest.raises(UnauthenticatedError):
        passphrases.verify("alice", alice, "x" * 1_025, "a")
    assert argon2.calls == 0


def _fails(passphrases: Passphrases, operator: Operator, source: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(UnauthenticatedError):
            passphrases.verify("alice", operator, "wrong passphrase", source)
