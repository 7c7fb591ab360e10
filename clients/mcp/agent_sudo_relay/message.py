"""JSON-RPC messages, read so strictly that whoever reads them next reads the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

Id = str | int
Kind = Literal["request", "notification", "response"]
# What other parsers than ours may not take for white space or for a part of a text, but for the end of a line.
_ENDS_A_LINE = re.compile(rb"[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]")
_MEMBERS = frozenset(("jsonrpc", "id", "method", "params", "result", "error"))
_PARAMS = frozenset(("_meta", "name", "arguments", "uri"))
# Beyond it JavaScript takes several numbers for one.
_LARGEST = 2**53 - 1
_LONGEST_ID = 200


class MalformedError(Exception):
    """No message, or one with several meanings. `id` is that of the request, where it is known."""

    def __init__(self, reason: str, id: Id | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.id = id


@dataclass(frozen=True)
class Message:
    """One message; `line` is how it goes on, without the end of the line."""

    line: bytes
    body: dict[str, Any]
    kind: Kind

    @property
    def id(self) -> Id:
        """What its answer will be known by. A notification has none."""
        own: Id = self.body["id"]
        return own

    @property
    def method(self) -> str:
        """What a request or notification wants."""
        method: str = self.body["method"]
        return method

    @property
    def params(self) -> dict[str, Any]:
        """With what."""
        params: dict[str, Any] = self.body.get("params", {})
        return params

    @property
    def meta(self) -> dict[str, Any]:
        """What is said about the message itself."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


def read(line: bytes) -> Message:
    """The message of a line. Raises MalformedError."""
    line = line.removesuffix(b"\r")
    body = _document(line)
    if not isinstance(body, dict):
        raise MalformedError("A batch, or no message at all: send one message a line.")
    own = _id(body)
    try:
        kind = _kind(body)
        _plain_names(body, _MEMBERS)
        _plain_names(body.get("params", {}), _PARAMS)
        # INVARIANT: nobody takes a part of a message for a message. What some programs read as the end of a line is
        # written as others write it; all other lines go on as the bytes that came.
        whole = write(body) if _ENDS_A_LINE.search(line) else line
    except ValueError as bad:
        raise MalformedError(str(bad), own) from None
    return Message(whole, body, kind)


def write(body: Any) -> bytes:
    """A message as one line of ASCII. Raises ValueError for a number that JSON does not have."""
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def salvaged_id(line: bytes) -> Id | None:
    """The id in a message that is refused, so that whoever waits for its answer gets one."""
    try:
        body = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return _id(body) if isinstance(body, dict) else None


def _document(line: bytes) -> Any:
    try:
        # By hand, since json would guess UTF-16 and UTF-32.
        return json.loads(line.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise MalformedError("The message is not UTF-8.") from None
    except RecursionError:
        raise MalformedError("The message is nested too deep.") from None
    except ValueError as bad:
        raise MalformedError(f"The message is no JSON with one meaning: {bad}"[:200], salvaged_id(line)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # INVARIANT: of two keys of one name one parser takes the first and another the last.
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _id(body: dict[str, Any]) -> Id | None:
    own = body.get("id")
    if isinstance(own, str) and len(own) <= _LONGEST_ID:
        return own
    return own if type(own) is int and abs(own) <= _LARGEST else None


def _kind(body: dict[str, Any]) -> Kind:
    if body.get("jsonrpc") != "2.0":
        raise ValueError("The message is not JSON-RPC 2.0.")
    answers = ("result" in body) + ("error" in body)
    if "method" not in body:
        # An error that belongs to no request has the id null.
        if answers != 1 or (_id(body) is None and not ("error" in body and body.get("id", 0) is None)):
            raise ValueError("The message is neither a request nor an answer.")
        return "response"
    if answers or not isinstance(body["method"], str) or not isinstance(body.get("params", {}), dict):
        raise ValueError("The message is no request: a method, and params that are an object.")
    if "id" not in body:
        return "notification"
    if _id(body) is None:
        raise ValueError("A request's id is a text or a whole number.")
    return "request"


def _plain_names(found: dict[str, Any], known: frozenset[str]) -> None:
    for name in found:
        # INVARIANT: some parsers do not tell `Method` from `method`: nothing stands beside what was judged.
        if name not in known and name.casefold() in known:
            raise ValueError(f"{name!r} may be read as {name.casefold()!r}.")
