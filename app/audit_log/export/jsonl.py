"""The export that can be verified by itself: one line an entry.

    {"seq":…,"hash":"…","body":{…},"payload":{…},"salt":"…"}

Keys stand in this order without white space. `body` and `payload` stand byte for byte as they are stored, so that
`hash` is SHA-256(0x00 || body) and the body's `commit.request` is HMAC-SHA256(salt, "request" || 0x00 || payload).
`payload` and `salt` are null for an entry that commits to nothing, and once they were erased.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from app.audit_log.canonical import MAX_INTEGER, EntryError, decode
from app.audit_log.columns import Row, columns


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line, its body and payload not yet read."""

    seq: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
    hash: str
    body: Raw
    payload: Raw
    salt: str | None


_decode = msgspec.json.Decoder(Line).decode
_is_json = msgspec.json.Decoder(Raw).decode
_NULL = b"null"


def lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """The export's lines."""
    for row in rows:
        seq, digest, body, *_, salt, payload = row
        yield _line(seq, digest, _embedded(body), _embedded(payload), salt)


def read(line: bytes) -> Row:
    """The row that a line (without its end) was written from. Raises EntryError.

    The columns are taken from the body, so that they differ from it only where it is no entry.
    """
    try:
        found = _decode(line)
        digest = bytes.fromhex(found.hash)
        salt = bytes.fromhex(found.salt) if found.salt is not None else None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise EntryError(f"not a line of the export: {error}") from None
    body, payload = bytes(found.body), bytes(found.payload)
    # INVARIANT: a line that is read has one reading: no key stands in it twice, no other spelling means the same.
    if _line(found.seq, digest, body, payload, salt) != line + b"\n":
        raise EntryError("not spelled as the export spells it")
    said = _columns(body)
    return (found.seq, digest, body, *said, salt, payload if payload != _NULL else None)


def _line(seq: int, digest: bytes, body: bytes, payload: bytes, salt: bytes | None) -> bytes:
    quoted = b'"%b"' % salt.hex().encode() if salt is not None else _NULL
    parts = (seq, digest.hex().encode(), body, payload, quoted)
    return b'{"seq":%d,"hash":"%b","body":%b,"payload":%b,"salt":%b}\n' % parts


def _embedded(stored: bytes | None) -> bytes:
    """Bytes that a line can hold. What is no JSON on one line was tampered with, and shows as missing."""
    if stored is None or b"\n" in stored:
        return _NULL
    try:
        stored.decode()
        _is_json(stored)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _NULL
    return stored


def _columns(body: bytes) -> tuple[Any, ...]:
    try:
        entry = decode(body)
        return (entry["ts"], *columns(entry["type"], entry))
    except (EntryError, KeyError):
        return (None,) * 6
