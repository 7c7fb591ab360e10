from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.audit_log.canonical import MAX_BODY, MAX_DEPTH, EntryError, decode, encode

HOSTILE = st.sampled_from(
    [
        "\x00",
        "\x1f",
        "\x7f",
        '"',
        "\\",
        "/",
        "\u2028",
        "\u2029",
        "\ufeff",
        "\U0001f600",
        "é",
        "e\u0301",
        "\r\n\t\b\f",
    ]
)
TEXT = st.lists(HOSTILE | st.text(max_size=8), max_size=4).map("".join)
KEYS = st.from_regex(r"[a-z0-9_.]{1,8}", fullmatch=True)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


def nested(levels: int) -> dict[str, Any]:
    """A value of so many levels, objects and arrays in turn."""
    value: Any = {}
    for level in range(levels - 1):
        value = {"a": value} if level % 2 or level == levels - 2 else [value]
    return value  # type: ignore[no-any-return]


@given(OBJECTS)
def test_the_bytes_are_those_of_rfc_8785(value: dict[str, Any]) -> None:
    assert encode(value) == rfc8785.dumps(value)


@given(OBJECTS)
def test_what_was_encoded_decodes_to_the_same_value(value: dict[str, Any]) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize("number", [1.0, 0.5, -0.0, 1e300, float("nan"), float("inf")])
@pytest.mark.parametrize("wrap", [lambda x: {"a": x}, lambda x: {"a": [{"b": [1, {"c": x}]}]}, lambda x: {"a": (x,)}])
def test_no_float_slips_in_at_any_depth(number: float, wrap: Any) -> None:
    with pytest.raises(EntryError, match="float is not in the profile"):
        encode(wrap(number))


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**64, 10**30])
def test_integers_that_a_double_cannot_hold_are_refused(number: int) -> None:
    with pytest.raises(EntryError, match="beyond"):
        encode({"a": [number]})
    with pytest.raises(EntryError):
        decode(b'{"a":[%d]}' % number)


@pytest.mark.parametrize("key", ["", "A", "é", "a-b", "a b", "a\n", "\x00", "a" * 65])
def test_keys_outside_the_alphabet_are_refused_at_every_depth(key: str) -> None:
    for value in ({key: 1}, {"a": [{key: 1}]}):
        with pytest.raises(EntryError, match="key"):
            encode(value)
        with pytest.raises(EntryError, match="key"):
            decode(rfc8785.dumps(value))


@pytest.mark.parametrize("value", [{1: 2}, {"a": {1}}, {"a": b"x"}, {"a": object()}, {"a": "\ud800"}, {"\ud800": 1}])
def test_what_is_no_json_of_ours_is_refused(value: Any) -> None:
    with pytest.raises(EntryError):
        encode(value)


def test_words_of_an_enumeration_are_text() -> None:
    class Word(StrEnum):
        YES = "yes"

    assert encode({"a": Word.YES}) == b'{"a":"yes"}'


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":-0}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":0.5}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',
        b'{"a":"\\u2028"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":1',
        b"",
        b"[]",
        b'"a"',
        b"null",
        b'{"a":' * 40_000,
        b"[" * 5_000 + b"]" * 5_000,
    ],
)
def test_bytes_with_a_second_reading_are_refused(text: bytes) -> None:
    with pytest.raises(EntryError):
        decode(text)


def test_the_largest_body_passes_and_one_byte_more_is_refused() -> None:
    largest = {"a": "x" * (MAX_BODY - len('{"a":""}'))}
    assert decode(encode(largest)) == largest
    with pytest.raises(EntryError, match="larger"):
        encode({"a": largest["a"] + "x"})
    with pytest.raises(EntryError, match="larger"):
        decode(rfc8785.dumps({"a": largest["a"] + "x"}))


def test_nesting_is_bounded_the_same_for_writer_and_reader() -> None:
    assert decode(encode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(EntryError, match="nested"):
        encode(nested(MAX_DEPTH + 1))
    with pytest.raises(EntryError, match="nested"):
        decode(rfc8785.dumps(nested(MAX_DEPTH + 1)))
    circle: dict[str, Any] = {}
    circle["a"] = circle
    with pytest.raises(EntryError):
        encode(circle)


def test_the_memory_of_known_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.audit_log.canonical._KNOWN_KEYS_LIMIT", 0)
    assert encode({"never_met_before": 1}) == b'{"never_met_before":1}'
    from app.audit_log.canonical import _known_keys

    assert "never_met_before" not in _known_keys
