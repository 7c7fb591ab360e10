"""The chained JSONL logs of earlier agent gateways: how they hash a record, and a verifier for them.

A record is a JSON object that carries `previous_hash` and `entry_hash`, both in hex. Its canonical text is the record
without `entry_hash`, keys sorted at every level, without white space, all but ASCII escaped. `entry_hash` is
SHA-256(previous_hash || canonical text); before the first record stand 64 zeros.
"""

import hashlib
import json
from typing import Any, Final

from app.audit_log.export.fault import Fault, shown

GENESIS: Final = "0" * 64


def canonical(record: dict[str, Any]) -> str:
    """The canonical text of a record; its `entry_hash`, if it has one, does not count."""
    rest = {key: value for key, value in record.items() if key != "entry_hash"}
    return json.dumps(rest, sort_keys=True, separators=(",", ":"))


def entry_hash(previous: str, record: dict[str, Any]) -> str:
    """The hash of a record behind the one with the hash `previous`."""
    return hashlib.sha256((previous + canonical(record)).encode()).hexdigest()


class Chain:
    """Verifies such a log line by line. `entries` counts the records that hold."""

    def __init__(self) -> None:
        self._previous = GENESIS
        self.entries = 0

    def read(self, line: bytes) -> Fault | None:
        """What is wrong with the next line that is not blank. Nothing can be read behind a fault."""
        try:
            record = _object(line)
            hashed = self._previous + canonical(record)
        except _NotAnObjectError:
            return Fault("line is not a JSON object")
        except (ValueError, RecursionError) as error:
            return Fault(f"invalid JSON: {error}")
        previous, actual = record.get("previous_hash"), record.get("entry_hash")
        if previous != self._previous:
            return Fault("previous_hash mismatch", expected=self._previous, actual=shown(previous))
        expected = hashlib.sha256(hashed.encode()).hexdigest()
        if actual != expected:
            return Fault("entry_hash mismatch", expected=expected, actual=shown(actual), hashed=hashed)
        self._previous = expected
        self.entries += 1
        return None


class _NotAnObjectError(ValueError):
    pass


def _object(line: bytes) -> dict[str, Any]:
    """The object on a line, if it can be read in one way only. Raises ValueError."""
    try:
        found = json.loads(line.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise _NotAnObjectError
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        # INVARIANT: no key stands twice; readers differ about which of the two counts.
        if key in found:
            raise ValueError(f"the key {shown(key)} stands twice")
        found[key] = value
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
