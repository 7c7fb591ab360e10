"""The bytes of an entry.

A body is one line of JSON in the profile of `app.audit_log.canonical`. Its hash is SHA-256(0x00 || body),
which is at once the link that the next entry carries as `prev` and the entry's leaf in a Merkle tree (RFC
6962, section 2.1).

Sequence number, previous hash and time are known only to the writer, under its lock. So everything else is
rendered before, in three fragments, and linking is joining them:

    {"actor":…,"log":"…","policy":…,"prev":" | PREV | ","prov":…,"seq": | SEQ,"ts":"TS | ","type":"…","v":1}
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Struct

from app.audit_log.canonical import MAX_BODY, EntryError, encode
from app.audit_log.columns import Columns, columns
from app.audit_log.commitment import SALT_BYTES, commitment
from app.audit_log.timestamp import parse_timestamp, timestamp

__all__ = [
    "GENESIS",
    "VERSION",
    "Draft",
    "EntryError",
    "Form",
    "draft",
    "form",
    "leaf_hash",
    "link",
    "parse_timestamp",
    "timestamp",
]

GENESIS: Final = "0" * 64
VERSION: Final = 1

_encode = msgspec.json.Encoder().encode
_LEAF: Final = sha256(b"\0")

# How `commit` begins in a body. A quote inside of a text is escaped, so that this stands in none.
_COMMIT: Final = b'"commit":{"request":"'
_LOG: Final = re.compile(r"[0-9a-f]{16}")
# What the log writes itself. `commit` is written by `draft` from the payload.
_RESERVED: Final = frozenset({"commit", "log", "prev", "seq", "ts", "type", "v"})
# The room that linking takes: prev, the longest seq, and ts with its key; and the commitment, where there is one.
_LINKED_BYTES: Final = len(f'{GENESIS}{2**53 - 1},"ts":"{timestamp(0)}')
_COMMITMENT_BYTES: Final = 2 * SALT_BYTES


class Form(Struct, frozen=True, gc=False):
    """An entry rendered but for its place and the commitment to its payload: what comes again has it again.

    `columns` are what lists and filters read. `payload`, if there is one, is stored beside the body and can be
    erased. `size` are the bytes of body and payload, at most.
    """

    log: str
    before: bytes
    after: bytes
    middle: bytes
    tail: bytes
    columns: Columns
    payload: bytes | None
    size: int


class Draft(Struct, frozen=True, gc=False):
    """An entry that only lacks its place: its form, and the salt (32 bytes) under which it commits to a payload.

    The salt is stored with the payload and erased with it; it is None where there is none.
    """

    form: Form
    salt: bytes | None = None

    @property
    def decision(self) -> str | None:
        """The word of a decision; None for any other entry."""
        return self.form.columns[-1]


def draft(
    type: str,
    fields: Mapping[str, Any],
    *,
    log: str,
    payload: bytes | None = None,
    salt: bytes | None = None,
) -> Draft:
    """Renders an entry of `type` for the log with the id `log` (16 hex digits).

    `fields` are the body's other top-level keys; the columns are taken from them. With a `payload` the body
    commits to it under `salt`, as commit.request. Raises EntryError for fields outside the profile, a key
    that the log writes itself or that sorts after "seq", a payload without salt or the reverse, and a body
    that would be too large.
    """
    if not _RESERVED.isdisjoint(fields):
        raise EntryError(f"the log itself writes {', '.join(sorted(_RESERVED.intersection(fields)))}")
    _check_log(log)
    copies = columns(type, fields)
    first: dict[str, Any] = {}
    second: dict[str, Any] = {"log": log}
    between: dict[str, Any] = {}
    for key, value in fields.items():
        if key < "commit":
            first[key] = value
        elif key < "prev":
            second[key] = value
        elif key < "seq":
            between[key] = value
        else:
            # INVARIANT: every key of a caller sorts before "seq", so that joining the fragments keeps the
            # keys sorted.
            raise EntryError(f"key {key!r} sorts after seq")
    if (payload is None) is not (salt is None) or (salt is not None and len(salt) != SALT_BYTES):
        raise EntryError(f"a payload and its salt of {SALT_BYTES} bytes belong together")
    if payload is None:
        before, after = _members(first | second) + b',"prev":"', b""
    else:
        before, after = (
            (_members(first) + b"," if first else b"{") + _COMMIT,
            b'"},' + _members(second)[1:] + b',"prev":"',
        )
    return Draft(_form(before, after, encode(between), copies, log, payload), salt)


def _members(fields: dict[str, Any]) -> bytes:
    """An object that is still open."""
    return encode(fields)[:-1]


# The columns but for the type: agent, session, tool, decision.
Copies = tuple[str | None, str | None, str | None, str | None]


def form(type: str, before: Struct, between: Struct, copies: Copies, *, log: str, payload: bytes) -> Form:
    """The form of an entry whose keys and types two structs fix: `draft` at a third of the cost, or less if kept.

    `before` holds the fields that sort before "prev", `log` among them and `commit` with an empty `request`, `between`
    those that sort between "prev" and "seq", both in that order and inside the profile; `copies` are the columns beside
    the type, as they stand in the body. Nothing of this is checked here: a test holds such bodies against those of
    `draft`. Raises EntryError for one too large.
    """
    head, mark, rest = _encode(before).partition(_COMMIT)
    return _form(head + mark, rest[:-1] + b',"prev":"', _encode(between), (type, *copies), log, payload)


def _form(before: bytes, after: bytes, between: bytes, columns: Columns, log: str, payload: bytes | None) -> Form:
    middle = b'",' + between[1:-1] + b',"seq":' if between != b"{}" else b'","seq":'
    tail = _tail(columns[0])
    # INVARIANT: what was drafted can be linked; the writer meets no body that has become too large.
    size = len(before) + len(after) + len(middle) + len(tail) + _LINKED_BYTES
    size += 0 if payload is None else _COMMITMENT_BYTES
    if size > MAX_BODY:
        raise EntryError(f"larger than {MAX_BODY} bytes")
    return Form(log, before, after, middle, tail, columns, payload, size + len(payload or b""))


@lru_cache(maxsize=256)
def _tail(type: str) -> bytes:
    return b'","type":"%b","v":%d}' % (type.encode(), VERSION)


def link(draft: Draft, seq: int, prev_hex: str, ts: str) -> tuple[bytes, bytes]:
    """(body, hash) of `draft` at its place.

    `seq` counts from 0, `prev_hex` is the hash of the entry before, `ts` is written by `timestamp`.
    """
    form = draft.form
    # INVARIANT: a payload is committed to, under a salt that is whole.
    committed = b"" if form.payload is None else commitment(draft.salt or b"", "request", form.payload).encode()
    place = b'%d,"ts":"%b' % (seq, ts.encode())
    body = b"".join((form.before, committed, form.after, prev_hex.encode(), form.middle, place, form.tail))
    return body, leaf_hash(body)


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 || body), 32 bytes: the hash of a leaf in RFC 6962, section 2.1."""
    hashed = _LEAF.copy()
    hashed.update(body)
    return hashed.digest()


@lru_cache(maxsize=256)
def _check_log(log: str) -> None:
    if not _LOG.fullmatch(log):
        raise EntryError("a log's id is 16 hex digits")
