"""A42: the chained logs of earlier gateways are verified with the line, the hashes and the text that was hashed."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit_log.export.fault import Fault
from app.audit_log.legacy import GENESIS, Chain, canonical, entry_hash


def chained(*records: dict[str, Any]) -> list[dict[str, Any]]:
    previous, out = GENESIS, []
    for record in records:
        linked = {**record, "previous_hash": previous}
        previous = entry_hash(previous, linked)
        out.append({**linked, "entry_hash": previous})
    return out


def read(records: list[Any]) -> tuple[int, Fault | None]:
    chain = Chain()
    fault = next(filter(None, (chain.read(json.dumps(record).encode()) for record in records)), None)
    return chain.entries, fault


RECORDS = chained(
    {"event_type": "a", "n": 1}, {"event_type": "b", "nested": [{"z": 1, "a": None}]}, {"event_type": "ü"}
)


def test_the_canonical_text_is_sorted_compact_ascii_and_without_the_entrys_own_hash() -> None:
    record = {"z": 1, "a": {"y": "€", "b": [{"x": 4, "d": 5}]}, "entry_hash": "gone"}
    assert canonical(record) == '{"a":{"b":[{"d":5,"x":4}],"y":"\\u20ac"},"z":1}'
    assert entry_hash("ab", {"z": 1}) == hashlib.sha256(b'ab{"z":1}').hexdigest()


def test_a_chain_holds() -> None:
    assert read(RECORDS) == (3, None)


def test_an_edited_record_shows_both_hashes_and_the_text_that_was_hashed() -> None:
    edited = {**RECORDS[1], "event_type": "c"}
    entries, fault = read([RECORDS[0], edited])
    assert entries == 1
    assert fault is not None
    assert fault.reason == "entry_hash mismatch"
    assert fault.actual == RECORDS[1]["entry_hash"]
    hashed = RECORDS[0]["entry_hash"] + canonical(edited)
    assert fault.hashed == hashed
    assert fault.expected == hashlib.sha256(hashed.encode()).hexdigest()


def test_a_missing_record_breaks_the_next_link() -> None:
    _, fault = read([RECORDS[0], RECORDS[2]])
    assert fault is not None
    assert (fault.reason, fault.expected, fault.actual) == (
        "previous_hash mismatch",
        RECORDS[0]["entry_hash"],
        RECORDS[1]["entry_hash"],
    )


@pytest.mark.parametrize("value", [None, 7, "\x1b[2J", ["x"], {"a": 1}, "ü" * 10_000])
def test_a_hash_that_is_none_is_shown_without_what_a_terminal_would_obey(value: object) -> None:
    _, fault = read([{**RECORDS[0], "previous_hash": value}])
    assert fault is not None
    assert fault.actual is not None
    assert fault.actual.isprintable()
    assert len(fault.actual) <= 80


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]", "line is not a JSON object"),
        (b"7", "line is not a JSON object"),
        (b"{", "invalid JSON: "),
        (b"\xff", "invalid JSON: "),
        (b'{"a":NaN}', "invalid JSON: NaN is no JSON"),
        (b'{"a":1,"a":1}', "invalid JSON: the key a stands twice"),
        (b'{"a":{"b":1,"b":2}}', "invalid JSON: the key b stands twice"),
        (b'{"a":' + b"[" * 100_000, "invalid JSON: nested too deep"),
        (b'{"a":' + b"9" * 5_000 + b"}", "invalid JSON: "),
        (b"{}", "previous_hash mismatch"),
    ],
)
def test_what_is_no_record_gets_its_reason(line: bytes, reason: str) -> None:
    fault = Chain().read(line)
    assert fault is not None
    assert fault.reason.startswith(reason)


@settings(deadline=None)
@given(st.binary())
def test_nothing_makes_it_raise(line: bytes) -> None:
    assert Chain().read(line) is not None
