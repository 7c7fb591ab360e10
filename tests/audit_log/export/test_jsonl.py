"""Each line carries its entry byte for byte, and is read in one way only."""

import hashlib
import hmac
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit_log.canonical import MAX_INTEGER, EntryError
from app.audit_log.columns import Row
from app.audit_log.entry import leaf_hash
from app.audit_log.export.jsonl import lines, read
from tests.audit_log.samples import PAYLOAD, SALT, rehashed, replaced, written

ROWS = written(3)[1]


def line_of(row: Row) -> bytes:
    (line,) = lines([row])
    return line


def test_a_line_is_read_as_the_row_that_it_was_written_from() -> None:
    assert [read(line.removesuffix(b"\n")) for line in lines(ROWS)] == ROWS


def test_a_line_alone_proves_its_hash_and_its_commitment_with_nothing_but_common_tools() -> None:
    for row in ROWS:
        line = json.loads(line_of(row))
        body = rfc8785.dumps(line["body"])
        assert body == row[2]
        assert hashlib.sha256(b"\0" + body).hexdigest() == line["hash"]
        if line["payload"] is not None:
            payload = json.dumps(line["payload"], separators=(",", ":"), ensure_ascii=False).encode()
            assert payload == PAYLOAD
            mac = hmac.digest(bytes.fromhex(line["salt"]), b"request\0" + payload, "sha256")
            assert mac.hex() == line["body"]["commit"]["request"]


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abz_.09", min_size=1), inner, max_size=4),
        max_leaves=12,
    )
)
def test_making_an_embedded_body_canonical_again_gives_its_bytes(value: Any) -> None:
    body = rfc8785.dumps({"data": value})
    line = line_of(replaced(ROWS[0], body=body))
    assert rfc8785.dumps(json.loads(line)["body"]) == body
    assert read(line.removesuffix(b"\n"))[2] == body


def test_an_erased_payload_leaves_null_in_both_places() -> None:
    line = line_of(replaced(ROWS[1], payload=None, salt=None))
    assert line.endswith(b',"payload":null,"salt":null}\n')
    assert read(line.removesuffix(b"\n"))[-2:] == (None, None)


@pytest.mark.parametrize("payload", [b"no json", b'{"a":\n1}', b'{"a":"\xff"}', b"[" * 100_000, b""])
def test_a_payload_that_no_line_can_hold_shows_as_missing(payload: bytes) -> None:
    line = line_of(replaced(ROWS[1], payload=payload))
    assert json.loads(line)["payload"] is None
    assert json.loads(line)["salt"] == SALT.hex()


def test_a_body_that_is_no_entry_is_given_as_it_is_without_columns() -> None:
    for body in (b'{"a":1}', b"[]", b"7"):
        row = rehashed(ROWS[1], body)
        found: Any = read(line_of(row).removesuffix(b"\n"))
        assert found[1:9] == (leaf_hash(body), body, *[None] * 6)


LINE = line_of(ROWS[1]).removesuffix(b"\n")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[]", id="no object"),
        pytest.param(LINE[:-1], id="torn"),
        pytest.param(LINE.replace(b'"seq":1,', b'"seq":1,"seq":1,', 1), id="a duplicate key"),
        pytest.param(LINE.replace(b'"seq":1,', b'"seq":1,"more":1,', 1), id="an unknown key"),
        pytest.param(LINE.replace(b'"seq":1,', b"", 1), id="a missing key"),
        pytest.param(LINE.replace(b'"seq":1,', b'"seq":-1,', 1), id="a negative number"),
        pytest.param(LINE.replace(b'"seq":1,', b'"seq":' + b"9" * 5_000 + b",", 1), id="a long number"),
        pytest.param(LINE.replace(b'"seq":1,', b'"seq": 1,', 1), id="white space"),
        pytest.param(LINE.replace(b'"hash":"', b'"hash":" ', 1), id="a hash with a space"),
        pytest.param(LINE.replace(b'"hash":"', b'"hash":"x', 1), id="a hash that is not hexadecimal"),
        pytest.param(LINE.replace(SALT.hex().encode(), SALT.hex().upper().encode()), id="an upper-case salt"),
        pytest.param(LINE.replace(b'"payload":{', b'"payload":' + b"[" * 100_000, 1), id="deep"),
    ],
)
def test_whatever_else_a_line_is_it_is_refused(line: bytes) -> None:
    with pytest.raises(EntryError):
        read(line)
