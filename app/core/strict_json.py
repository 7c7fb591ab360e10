"""JSON from outside: one meaning or none.

Parsers disagree about duplicate keys, NaN and integers that floats cannot hold, and what two parsers read differently
can be approved as one thing and run as another. All of it is refused (RFC 8259 §4 and §6, RFC 7493).
"""

import json
import re
from typing import Any

import msgspec

DEEPEST = 32
MOST_CONTAINERS = 20_000
LARGEST_INTEGER = 2**53 - 1

_decode = msgspec.json.Decoder().decode
_elements = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode
_LONG_NUMBER = re.compile(rb"\d{16}")
# One pass over any bytes: what is left open reaches to the end, and nothing is looked at twice.
_STRING = re.compile(rb'"(?:[^"\\]|\\.|\\\Z)*+(?:"|\Z)', re.DOTALL)


class InvalidJsonError(ValueError):
    """The text is no JSON object with one meaning; the message says why."""


def parse(text: bytes) -> tuple[dict[str, Any], bytes]:
    """The object in `text`, and its canonical bytes: keys sorted, no white space, `1` and `1.0` kept apart.

    Raises InvalidJsonError.
    """
    brackets = _containers(text)
    try:
        value = _decode(text)
        canonical = _encode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidJsonError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidJsonError("not a JSON object")
    # INVARIANT: no key stands twice. A decoder that keeps the last of two drops at least one pair of quotes, and
    # nothing but an escaped quote can add one; so equal counts prove that nothing was dropped, at a tenth of the cost.
    if text.count(b'"') != canonical.count(b'"') or b"\\u0022" in text:
        _refuse_duplicates(text)
    if _LONG_NUMBER.search(text) is not None:
        _refuse_large_integers(value)
    if brackets > DEEPEST:
        _refuse_deep(value)
    return value, canonical


def canonical(value: Any) -> bytes:
    """The canonical bytes of what was parsed before."""
    return _encode(value)


def elements(text: bytes, key: str) -> list[bytes] | None:
    """The texts of a list's elements where `text` is an object of that list under `key` alone, each still to be parsed.

    None where it is anything else, which `parse` then tells about. Raises InvalidJsonError.
    """
    # A container has two brackets.
    if len(text) > 2 * MOST_CONTAINERS:
        _containers(text)
    try:
        found = _elements(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    if found.keys() != {key}:
        return None
    texts = list(map(bytes, found[key]))
    # INVARIANT: no second list was passed over: there is no room for one where nothing but the elements, the commas
    # between them and the key is there, and elsewhere outside of the elements stand no quotes but the key's own.
    bare = len(text) - sum(map(len, texts)) == len(key) + len(texts) + len('{"":[]')
    return texts if bare or text.count(b'"') - sum([one.count(b'"') for one in texts]) == 2 else None


def _containers(text: bytes) -> int:
    """The objects and lists in a text, or more: brackets inside of texts count unless they are too many."""
    brackets = text.count(b"[") + text.count(b"{")
    if brackets > MOST_CONTAINERS:
        _refuse_many(text)
    return brackets


def _refuse_many(text: bytes) -> None:
    """A mebibyte of empty lists takes seconds to build and to walk; a mebibyte of text with brackets in it does not."""
    bare = _STRING.sub(b"", text)
    if bare.count(b"[") + bare.count(b"{") > MOST_CONTAINERS:
        raise InvalidJsonError(f"more than {MOST_CONTAINERS} objects and lists")


def _refuse_duplicates(text: bytes) -> None:
    try:
        json.loads(text.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(str(error)) from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise InvalidJsonError(f"the key {key[:80]!r} stands twice in one object")
        seen.add(key)


def _refuse_large_integers(value: Any) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int) and abs(one) > LARGEST_INTEGER:
            raise InvalidJsonError("an integer beyond 2^53 has no exact meaning everywhere; send it as text")


def _refuse_deep(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for one in level
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return
    raise InvalidJsonError(f"nested deeper than {DEEPEST}")
