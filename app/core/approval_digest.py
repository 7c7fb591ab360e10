"""The digest to which an approval is bound: what must be the same, to the byte, for a yes to cover a request."""

import hashlib
from typing import Any

import msgspec

_VERSION = b"agent-sudo approval 1\n"
# Everything that says what would run, where and for whom. Trust and risk are not here: an approval is void when they
# become worse. A request's `source` may therefore be told again in other words.
_COVERED = (
    "action",
    "actor",
    "annotations",
    "arguments",
    "cwd",
    "home",
    "payload_summary",
    "resolved_target",
    "session_id",
    "target",
    "tool",
)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def digest(agent: str, received: bytes) -> bytes:
    """SHA-256 over what `agent` asks for; `received` are the canonical bytes of its request.

    What is absent differs from null, `1` from `1.0` and from `"1"`; the order of lists counts, that of keys does not.
    """
    request = _decode(received)
    # INVARIANT: whatever was received and could change what runs is covered, as it was received.
    covered: dict[str, Any] = {name: request[name] for name in _COVERED if name in request}
    said = request.get("provenance")
    within = {"session": said["session_id"]} if isinstance(said, dict) and "session_id" in said else {}
    return hashlib.sha256(_VERSION + _encode({"agent": agent, "request": covered, **within})).digest()


def edited(received: bytes, arguments: dict[str, Any]) -> bytes:
    """The canonical bytes of the same request with other arguments."""
    return _encode({**_decode(received), "arguments": arguments})


def size_of_arguments(received: bytes) -> int:
    """The bytes of a request's arguments."""
    return len(_encode(_decode(received).get("arguments", {})))
