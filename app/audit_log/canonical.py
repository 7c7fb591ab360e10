"""The JSON profile of entry bodies, in which one value has exactly one byte string.

RFC 8785 (JSON Canonicalization Scheme), restricted: object keys are `[a-z0-9_.]{1,64}`, there are no floats,
integers lie within 2^53 - 1 of zero, nesting ends at `MAX_DEPTH` levels, and the whole takes at most
`MAX_BODY` bytes. Inside that profile msgspec's deterministic encoding and RFC 8785 are the same bytes:
sorting ASCII keys by code point is sorting them by UTF-16 unit, and what is left of number formatting is the
decimal integer.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec

MAX_BODY: Final = 65_535
MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**53 - 1

_KEY: Final = re.compile(r"[a-z0-9_.]{1,64}")
_KNOWN_KEYS_LIMIT: Final = 4_096
_known_keys: set[str] = set()

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


class EntryError(ValueError):
    """What was given cannot be an entry: outside the profile, badly placed, or too large."""


def encode(value: dict[str, Any]) -> bytes:
    """The canonical bytes of `value`. Raises EntryError for what the profile does not hold."""
    try:
        text = _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise EntryError(f"not JSON of the profile: {error}") from error
    # The walk comes after the encoding, which has proved that the value is finite, and after its size is
    # known.
    if len(text) > MAX_BODY:
        raise EntryError(f"larger than {MAX_BODY} bytes")
    _check(value)
    return text


def decode(text: bytes) -> dict[str, Any]:
    """The object whose canonical bytes are `text`. Raises EntryError when there is none.

    Encoding again and comparing refuses duplicate keys, white space, unsorted keys, needless escapes, `-0`
    and `1.0` at one stroke, since each of them decodes to a value whose canonical bytes are others.
    """
    if len(text) > MAX_BODY:
        raise EntryError(f"larger than {MAX_BODY} bytes")
    try:
        value = _decode(text)
        again = _encode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise EntryError(f"not JSON of the profile: {error}") from error
    # INVARIANT: a body that is read has no second reading; every parser sees the same keys and values in it.
    if again != text:
        raise EntryError("not canonical JSON")
    if type(value) is not dict:
        raise EntryError("not an object")
    _check(value)
    return value


def _check(value: dict[str, Any]) -> None:
    """Refuses what JSON holds and the profile does not, level by level: depth needs no recursion."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for container in level:
            items: Iterable[Any] = container
            if type(container) is dict:
                if not _known_keys.issuperset(container):
                    _learn_keys(container)
                items = container.values()
            for item in items:
                kind = type(item)
                if kind is str:
                    continue
                if kind is dict or kind is list or kind is tuple:
                    below.append(item)
                elif kind is int:
                    if not -MAX_INTEGER <= item <= MAX_INTEGER:
                        raise EntryError("an integer beyond 2^53 - 1")
                # INVARIANT: no float at any depth; msgspec writes NaN as null and 1e3 as 1000.0.
                elif item is not None and kind is not bool and not isinstance(item, StrEnum):
                    raise EntryError(f"{kind.__name__} is not in the profile")
        if not below:
            return
        level = below
    raise EntryError(f"nested deeper than {MAX_DEPTH} levels")


def _learn_keys(keys: Iterable[str]) -> None:
    """Checks keys that were not met before. Bodies use few names, so that most are looked up, not matched."""
    for key in keys:
        if not _KEY.fullmatch(key):
            raise EntryError(f"key {key!r} is not [a-z0-9_.]{{1,64}}")
        if len(_known_keys) < _KNOWN_KEYS_LIMIT:
            _known_keys.add(key)
