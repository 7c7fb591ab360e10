"""The bytes of an entry.

A body is one line of JSON in the profile of `app.audit_log.canonical`. Its hash is SHA-256(0x00 || body),
which is at once the link that the next entry carries as `prev` and the entry's leaf in a Merkle tree (RFC
6962, section 2.1).

Sequence number, previous hash and time are known only to the writer, under its lock. So everything else is
rendered before, in three fragments, and linking is joining them:

    {"actor":…,"log":"…","policy":…,"prev":" | PREV | ","prov":…,"seq": | SEQ,"ts":"TS | ","type":"…","v":1}
"""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
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

_LOG: Final = re.compile(r"[0-9a-f]{16}")
# What the log writes itself. `commit` is written by `draft` from the payload.
_RESERVED: Final = frozenset({"commit", "log", "prev", "seq", "ts", "type", "v"})
# The room that linking takes: prev, the longest seq, and ts with its key.
_LINKED_BYTES: Final = len(f'{GENESIS}{2**53 - 1},"ts":"{timestamp(0)}')


class Draft(Struct, frozen=True, gc=False):
    """An entry rendered but for seq, prev and ts, with its columns and the payload that it commits to.

    `salt` (32 bytes) and `payload` are both given or both None; they are stored beside the body and can be
    erased. `size` are the bytes of body and payload, at most.
    """

    log: str
    head: bytes
    middle: bytes
    tail: bytes
    type: str
    agent: str | None
    session: str | None
    tool: str | None
    decision: str | None
    salt: bytes | None
    payload: bytes | None
    size: int


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
    kind, agent, session, tool, decision = columns(type, fields)
    before: dict[str, Any] = {"log": log}
    between: dict[str, Any] = {}
    for key, value in fields.items():
        if key < "prev":
            before[key] = value
        elif key < "seq":
            between[key] = value
        else:
            # INVARIANT: every key of a caller sorts before "seq", so that joining the fragments keeps the
            # keys sorted.
            raise EntryError(f"key {key!r} sorts after seq")
    if payload is not None and salt is not None:
        before["commit"] = {"request": commitment(salt, "request", payload)}
    elif payload is not None or salt is not None:
        raise EntryError("a payload and its salt belong together")
    head = encode(before)[:-1] + b',"prev":"'
    middle = b'",' + encode(between)[1:-1] + b',"seq":' if between else b'","seq":'
    tail = b'","type":"%b","v":%d}' % (kind.encode(), VERSION)
    # INVARIANT: what was drafted can be linked; the writer meets no body that has become too large.
    size = len(head) + len(middle) + len(tail) + _LINKED_BYTES
    if size > MAX_BODY:
        raise EntryError(f"larger than {MAX_BODY} bytes")
    size += 0 if payload is None else len(payload)
    return Draft(log, head, middle, tail, kind, agent, session, tool, decision, salt, payload, size)


# The columns but for the type: agent, session, tool, decision.
Copies = tuple[str | None, str | None, str | None, str | None]


class Form(Struct, frozen=True, gc=False):
    """An entry with a payload, rendered but for the commitment to it: what a request that comes again has again."""

    log: str
    before: bytes
    after: bytes
    middle: bytes
    tail: bytes
    columns: Columns
    payload: bytes
    size: int

    def draft(self, salt: bytes) -> Draft:
        """The entry under a salt of its own."""
        committed = commitment(salt, "request", self.payload)
        head = b"%b%b%b" % (self.before, committed.encode(), self.after)
        return Draft(self.log, head, self.middle, self.tail, *self.columns, salt, self.payload, self.size)


# How `commit` begins in a body. A quote inside of a text is escaped, so that this stands nowhere else.
_COMMIT: Final = b'"commit":{"request":"'


def form(type: str, before: Struct, between: Struct, copies: Copies, *, log: str, payload: bytes) -> Form:
    """The form of an entry whose keys and types two structs fix: `draft` at a third of the cost, or less if kept.

    `before` holds the fields that sort before "prev", `log` among them and `commit` with an empty `request`, `between`
    those that sort between "prev" and "seq", both in that order and inside the profile; `copies` are the columns beside
    the type, as they stand in the body. Nothing of this is checked here: a test holds such bodies against those of
    `draft`. Raises EntryError for one too large.
    """
    head, mark, rest = _encode(before).partition(_COMMIT)
    after = rest[:-1] + b',"prev":"'
    middle = b'",' + _encode(between)[1:-1] + b',"seq":'
    tail = _tail(type)
    size = len(head) + len(mark) + 2 * SALT_BYTES + len(after) + len(middle) + len(tail) + _LINKED_BYTES
    # INVARIANT: what was drafted can be linked; the writer meets no body that has become too large.
    if size > MAX_BODY:
        raise EntryError(f"larger than {MAX_BODY} bytes")
    return Form(log, head + mark, after, middle, tail, (type, *copies), payload, size + len(payload))


@lru_cache(maxsize=256)
def _tail(type: str) -> bytes:
    return b'","type":"%b","v":%d}' % (type.encode(), VERSION)


def link(draft: Draft, seq: int, prev_hex: str, ts: str) -> tuple[bytes, bytes]:
    """(body, hash) of `draft` at its place.

    `seq` counts from 0, `prev_hex` is the hash of the entry before, `ts` is written by `timestamp`.
    """
    body = b"".join((draft.head, prev_hex.encode(), draft.middle, b"%d" % seq, b',"ts":"', ts.encode(), draft.tail))
    return body, leaf_hash(body)


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 || body), 32 bytes: the hash of a leaf in RFC 6962, section 2.1."""
    return hashlib.sha256(b"\0" + body).digest()


@lru_cache(maxsize=256)
def _check_log(log: str) -> None:
    if not _LOG.fullmatch(log):
        raise EntryError("a log's id is 16 hex digits")
