"""The policy in force, proposals, and putting one in force."""

import difflib
import hashlib

from msgspec import Struct
from msgspec.json import Encoder, decode

from app.core.policy.compile import File, compile_policy
from app.core.policy.selftest import run_tests
from app.core.policy.source import PolicyError
from app.services.desk import Desk
from app.services.errors import ConflictError, InvalidError, NotFoundError
from app.storage import policies
from app.storage.command import Stale
from app.storage.database import Database
from app.storage.policies import AddPolicy, InForce, PolicyExists, PolicyInForceIs, PutInForce, StoredPolicy

_encode = Encoder(order="deterministic").encode


class Proposal(Struct, frozen=True):
    """A policy that could be put in force: its digest, that of today's, and how their texts differ."""

    digest: str
    previous: str
    difference: str


def pack(files: tuple[File, ...]) -> tuple[str, bytes]:
    """What a policy is stored as, and its digest: all the text it means, so that no upgrade changes it."""
    stored = _encode(files)
    return f"sha256:{hashlib.sha256(stored).hexdigest()}", stored


def unpack(stored: bytes) -> tuple[File, ...]:
    """The reverse of `pack`."""
    return tuple(decode(stored, type=list[File]))


class Policies:
    """The use cases around the policy."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk

    def in_force(self) -> InForce:
        with self._database.read() as connection:
            found = policies.policy_in_force_now(connection)
        if found is None:
            raise NotFoundError("no_policy", "No policy is in force.")
        return found

    def proposals(self, limit: int) -> list[tuple[StoredPolicy, str]]:
        """The newest policies that are not in force, each with how its text differs from the one that is."""
        with self._database.read() as connection:
            found = policies.proposed(connection, limit)
        today = unpack(self.in_force().policy.files)
        return [(one, _difference(today, unpack(one.files))) for one in found]

    def propose(self, by: str, files: tuple[File, ...]) -> Proposal:
        """Check and keep a policy, without putting it in force. Raises InvalidError with every mistake and its line."""
        try:
            failures = run_tests(compile_policy(files))
        except PolicyError as error:
            raise InvalidError("invalid_policy", str(error)) from None
        if failures:
            raise InvalidError("policy_tests_fail", "\n".join(str(failure) for failure in failures))
        digest, stored = pack(files)
        today = self.in_force().policy
        change = AddPolicy(digest, stored, by)
        # Proposing the same text twice is no mistake; the first time is the one that is recorded.
        self._desk.change(
            "policy.proposed",
            by,
            {"policy": digest},
            (change,),
            (PolicyExists(digest, False),),
            raises_epoch=False,
        )
        return Proposal(digest, today.digest, _difference(unpack(today.files), files))

    def activate(self, by: str, digest: str, previous: str) -> None:
        """Put a proposed policy in force if `previous` still is. Raises NotFoundError, ConflictError."""
        with self._database.read() as connection:
            if policies.find_policy(connection, digest) is None:
                raise NotFoundError("no_such_policy", "No policy of this digest was proposed.")
        change = PutInForce(digest, by)
        data = {"policy": digest, "previous": previous}
        if isinstance(self._desk.change("policy.activated", by, data, (change,), (PolicyInForceIs(previous),)), Stale):
            raise ConflictError("policy_changed", "Another policy is in force by now; look at it and propose again.")


def _difference(old: tuple[File, ...], new: tuple[File, ...]) -> str:
    return "".join(difflib.unified_diff(_lines(old), _lines(new), "in force", "proposed"))


def _lines(files: tuple[File, ...]) -> list[str]:
    return [line for file in files for line in (f"# file: {file.name}\n", *file.text.splitlines(keepends=True))]
