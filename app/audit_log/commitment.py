"""A commitment: what an entry says about bytes that are kept beside it and may be erased.

HMAC-SHA256 (RFC 2104) under a random salt. Whoever erases the salt with the bytes leaves a body that still
verifies and from which a short argument cannot be guessed.
"""

from hashlib import sha256
from typing import Final

from app.audit_log.canonical import EntryError

SALT_BYTES: Final = 32
_BLOCK: Final = 64  # bytes that SHA-256 takes at once
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
# A salt as a key is filled up with zeros.
_INNER_REST: Final = b"\x36" * (_BLOCK - SALT_BYTES)
_OUTER_REST: Final = b"\x5c" * (_BLOCK - SALT_BYTES)
_EMPTY: Final = sha256()  # copied: the library looks an algorithm up for every new one


def commitment(salt: bytes, part: str, data: bytes) -> str:
    """64 hex digits that bind `data` as the `part` of an entry; `salt` is 32 random bytes, used once."""
    # INVARIANT: no commitment without a full salt; an empty one would let low-entropy arguments be guessed.
    if len(salt) != SALT_BYTES:
        raise EntryError(f"a salt has {SALT_BYTES} bytes")
    # HMAC spelt out: the library's gives up the interpreter's lock for its microsecond of work, and under load has to
    # wait for the writer before it gets it back; it took 60 µs there.
    inner, outer = _EMPTY.copy(), _EMPTY.copy()
    inner.update(b"".join((salt.translate(_INNER), _INNER_REST, part.encode(), b"\0", data)))
    outer.update(salt.translate(_OUTER) + _OUTER_REST + inner.digest())
    return outer.hexdigest()


def verify_commitment(committed: object, salt: object, part: str, data: object) -> bool:
    """Whether `committed`, as read from a body, binds `data`; false for anything of the wrong type."""
    if type(salt) is not bytes or len(salt) != SALT_BYTES or type(data) is not bytes:
        return False
    # A plain comparison: whoever verifies holds both sides, so that its duration tells nobody anything.
    return committed == commitment(salt, part, data)
