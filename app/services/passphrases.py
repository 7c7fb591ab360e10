"""Operators' passphrases: argon2id, slow on purpose, and never more than two at once."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from passlib.hash import argon2

from app.services.errors import InvalidError, TooManyError, UnauthenticatedError
from app.storage.operators import Operator

K = TypeVar("K")
V = TypeVar("V")

SHORTEST = 8
LONGEST = 1_024
_AT_ONCE = 2
_REMEMBERED = 1_024
_TRUSTED_FOR = 300.0  # seconds for which a passphrase that was right needs no new argon2
_FREE_TRIES = 3
_LONGEST_WAIT = 300.0

# RFC 9106, second recommended option: 64 MiB, three passes.
_argon2 = argon2.using(type="ID", memory_cost=65_536, rounds=3, parallelism=4)


def hash_passphrase(passphrase: str) -> str:
    """Raises InvalidError for one that is too short or too long."""
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise InvalidError("invalid_passphrase", f"A passphrase has {SHORTEST} to {LONGEST} characters.")
    return str(_argon2.hash(passphrase))


class Passphrases:
    """Verifies passphrases for everybody who may come, honest or not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # INVARIANT: however many ask, at most two argon2 computations run at once.
        self._computing = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, float] = OrderedDict()
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        # A stranger's name takes as long as a wrong passphrase.
        self._nobody = hash_passphrase(secrets.token_hex(16))

    def verify(self, name: str, operator: Operator | None, passphrase: str, source: str) -> Operator:
        """The operator, if `passphrase` is theirs. Raises UnauthenticatedError, TooManyError.

        `source` is where the request comes from; failures slow down that source for that name, nobody else.
        """
        stored = operator.passphrase if operator is not None else self._nobody
        proof = hmac.digest(self._secret, f"{name}\0{stored}\0{passphrase}".encode(), hashlib.sha256)
        if operator is not None and self._was_right(proof):
            return operator
        attempt = (name[:64], source)
        self._check_patience(attempt)
        if not self._computing.acquire(blocking=False):
            raise TooManyError("busy", "Other sign-ins are being checked; try again.", 1)
        try:
            right = len(passphrase) <= LONGEST and bool(_argon2.verify(passphrase, stored)) and operator is not None
        finally:
            self._computing.release()
        with self._lock:
            if right and operator is not None:
                self._failures.pop(attempt, None)
                _remember(self._right, proof, self._clock())
                return operator
            failures = self._failures.get(attempt, (0, 0.0))[0] + 1
            _remember(self._failures, attempt, (failures, self._clock()))
        raise UnauthenticatedError("wrong_passphrase", "The operator's name or passphrase is wrong.")

    def _was_right(self, proof: bytes) -> bool:
        with self._lock:
            return self._clock() - self._right.get(proof, float("-inf")) < _TRUSTED_FOR

    def _check_patience(self, attempt: tuple[str, str]) -> None:
        with self._lock:
            failures, last = self._failures.get(attempt, (0, 0.0))
            if failures < _FREE_TRIES:
                return
            left = min(2.0 ** (failures - _FREE_TRIES), _LONGEST_WAIT) - (self._clock() - last)
        if left > 0:
            raise TooManyError("too_many_failures", "Too many wrong passphrases; wait before the next.", int(left) + 1)


def _remember(memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)
