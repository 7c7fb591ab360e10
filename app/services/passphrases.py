"""Operators' passphrases: argon2id, slow on purpose, and never more than two at once."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from passlib.hash import argon2

from app.services.attempts import Attempts
from app.services.errors import InvalidError, TooManyError, UnauthenticatedError
from app.storage.operators import Operator

SHORTEST = 8
LONGEST = 1_024
_AT_ONCE = 2
_REMEMBERED = 1_024
_TRUSTED_FOR = 300.0  # seconds for which a passphrase that was right needs no new argon2
_PATIENCE_S = 10.0

# RFC 9106, second recommended option: 64 MiB, three passes.
_argon2 = argon2.using(type="ID", memory_cost=65_536, rounds=3, parallelism=4)


def hash_passphrase(passphrase: str) -> str:
    """Raises InvalidError for one that is too short or too long. In a service use `Passphrases.hash`."""
    if not SHORTEST <= len(passphrase) <= LONGEST:
        raise InvalidError("invalid_passphrase", f"A passphrase has {SHORTEST} to {LONGEST} characters.")
    return str(_argon2.hash(passphrase))


class Passphrases:
    """Verifies passphrases for everybody who may come, honest or not."""

    def __init__(self, attempts: Attempts, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._attempts = attempts
        self._clock = clock
        # INVARIANT: however many ask, at most two argon2 computations run at once.
        self._computing = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, float] = OrderedDict()
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
        known = operator is not None
        self._attempts.check(name, source, known=known)
        if not self._computing.acquire(blocking=False):
            raise _busy()
        try:
            right = len(passphrase) <= LONGEST and bool(_argon2.verify(passphrase, stored))
        finally:
            self._computing.release()
        if right and operator is not None:
            self._attempts.succeeded(name, source)
            with self._lock:
                self._right[proof] = self._clock()
                while len(self._right) > _REMEMBERED:
                    self._right.popitem(last=False)
            return operator
        self._attempts.failed(name, source, known=known)
        raise UnauthenticatedError("wrong_passphrase", "The operator's name or passphrase is wrong.")

    def hash(self, passphrase: str) -> str:
        """What is stored of a new passphrase. Raises InvalidError, TooManyError."""
        if not self._computing.acquire(timeout=_PATIENCE_S):
            raise _busy()
        try:
            return hash_passphrase(passphrase)
        finally:
            self._computing.release()

    def _was_right(self, proof: bytes) -> bool:
        with self._lock:
            return self._clock() - self._right.get(proof, float("-inf")) < _TRUSTED_FOR


def _busy() -> TooManyError:
    return TooManyError("busy", "Other sign-ins are being checked; try again.", 1)
