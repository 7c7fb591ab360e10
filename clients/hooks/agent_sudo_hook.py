"""The command hook of coding agents: carries their events to agent-sudo and its answers back. Standard library only.

    python3 -I -S agent_sudo_hook.py HARNESS EVENT CONFIG

It decides nothing and translates nothing: the service speaks each agent's own words. What it adds is that every failure
is a denial, since most agents run the tool when their hook fails: whatever goes wrong ends with exit code 2 and a
sentence on stderr, which all of them take as a no. Else exactly one line of JSON is printed, of fields that the agent
knows.

CONFIG is a file of `name=value` lines: `url`, the service's address, and `key_file`, the file with a key of kind pep,
which nobody but its owner may read.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing it takes longer than all that is done here
    from typing import Any, BinaryIO

# Seconds. The service waits up to 50 for people and then says so; agents are told to wait 70 for their hook.
DEADLINE_S = 58.0
# The system ends us then, wherever we hang.
LAST_S = 62
LARGEST_EVENT = 1_048_576
LARGEST_ANSWER = 262_144

_OUTPUT = {
    "hookEventName": str,
    "permissionDecision": str,
    "permissionDecisionReason": str,
    "decision": {"behavior": str, "message": str},
}
_CLAUDE = {"hookSpecificOutput": _OUTPUT, "decision": str, "reason": str}
# INVARIANT: the fields that each agent knows, and no others: at what they do not know some pass over all the rest.
KNOWN: dict[str, dict[str, Any]] = {
    "claude-code": _CLAUDE,
    "codex": _CLAUDE,
    "gemini": {"decision": str, "reason": str},
    "copilot": {"permissionDecision": str, "permissionDecisionReason": str, "behavior": str, "message": str},
    "cursor": {"permission": str, "user_message": str, "agent_message": str, "continue": bool},
}
# The words that decide, and where they stand; `ask`, at which some run the tool and others hang, is none of them.
_WORDS = ("allow", "deny", "block")
_DECIDING = ("decision", "permissionDecision", "permission", "behavior")
_REASONS = ("reason", "permissionDecisionReason", "message", "user_message")


class Failed(Exception):
    """Why there is no answer, in a few words."""


def main(arguments: list[str]) -> int:
    """Carry one event; the exit code."""
    try:
        signal.alarm(LAST_S)
        answer = carried(arguments, sys.stdin.buffer)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
        return 0
    except BaseException as error:  # noqa: BLE001 - INVARIANT: whatever goes wrong, an interruption too, is a no with a why
        why = str(error) if isinstance(error, Failed) else f"the hook failed ({type(error).__name__})"
        os.write(2, f"agent-sudo: not run: {why}.\n".encode("utf-8", "replace"))
        # What is left in a buffer shall neither be taken for an answer nor fail at exit with another code.
        os._exit(2)


def carried(arguments: list[str], events: BinaryIO) -> str:
    """The service's answer to the event on `events`, one line. Raises Failed."""
    until = time.monotonic() + DEADLINE_S
    if len(arguments) != 3 or arguments[0] not in KNOWN:
        raise Failed("the hook is set up wrongly; run `agent-sudo setup`")
    harness, event, path = arguments
    config = _config(path)
    key = _key(config["key_file"])
    body = events.read(LARGEST_EVENT + 1)
    if len(body) > LARGEST_EVENT:
        raise Failed(f"the event is larger than {LARGEST_EVENT} bytes")
    host, port, tls = _address(config["url"])
    query = f"event={_quoted(event)}&home={_quoted(os.path.expanduser('~'))}"
    head = (
        f"POST /hooks/{harness}?{query} HTTP/1.1\r\nHost: {config['url'].split('://', 1)[1].rstrip('/')}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        answer = _exchanged(host, port, tls, head.encode("ascii") + body, until)
    except (OSError, ValueError) as error:
        # The kind only: its text may hold anything.
        raise Failed(f"agent-sudo does not answer ({type(error).__name__})") from None
    return _checked(harness, _body(answer))


def _exchanged(host: str, port: int, tls: bool, request: bytes, until: float) -> bytes:
    """All that the service sends until it hangs up."""
    with socket.create_connection((host, port), max(0.1, until - time.monotonic())) as plain:
        connection = _secured(plain, host) if tls else plain
        connection.sendall(request)
        chunks, size = [], 0
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise Failed("agent-sudo has not answered in time")
            connection.settimeout(left)
            chunk = connection.recv(65_536)
            if not chunk:
                return b"".join(chunks)
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise Failed("the answer is too long")


def _secured(connection: socket.socket, host: str) -> socket.socket:
    import ssl

    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def _body(answer: bytes) -> bytes:
    """The body of a whole answer with status 200."""
    head, found, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    status = lines[0].split(b" ")
    if not found or len(status) < 2 or not status[0].startswith(b"HTTP/1."):
        raise Failed("what answers is not agent-sudo")
    if status[1] != b"200":
        raise Failed(f"agent-sudo answered with status {status[1][:3].decode('ascii', 'replace')}")
    lengths = [line.split(b":", 1)[1].strip() for line in lines[1:] if line.lower().startswith(b"content-length:")]
    if len(lengths) != 1 or not lengths[0].isdigit() or int(lengths[0]) != len(body):
        raise Failed("the answer is not whole")
    return body


def _checked(harness: str, body: bytes) -> str:
    """The answer on one line, if it holds nothing but what this agent knows."""
    try:
        answer = json.loads(body.decode("utf-8"), object_pairs_hook=_single)
    except (ValueError, RecursionError):
        raise Failed("the answer is not JSON") from None
    if not isinstance(answer, dict) or not _fits(answer, KNOWN[harness]):
        raise Failed(f"the answer says what {harness} does not know")
    return json.dumps(answer)


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _fits(answer: dict[str, Any], known: dict[str, Any]) -> bool:
    for name, value in answer.items():
        form = known.get(name)
        # Under `decision` stands a word, or what becomes of a dialog.
        if isinstance(form, dict):
            if not isinstance(value, dict) or not _fits(value, form):
                return False
        elif form is None or not isinstance(value, form) or value == "" or (name in _DECIDING and value not in _WORDS):
            return False
    denies = any(answer.get(name) in ("deny", "block") for name in _DECIDING if isinstance(answer.get(name), str))
    # INVARIANT: no denial without its reason, which at least one of these agents takes for none.
    return not denies or any(answer.get(name) for name in _REASONS) or answer == {"permission": "deny"}


def _config(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as opened:
            text = opened.read(4_096)
    except (OSError, ValueError):
        raise Failed(f"{os.path.basename(path)} cannot be read; run `agent-sudo setup`") from None
    lines = [line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = {name.strip(): value.strip() for name, _, value in lines}
    if set(found) != {"url", "key_file"}:
        raise Failed(f"{os.path.basename(path)} does not say `url` and `key_file`")
    return found


def _key(path: str) -> str:
    """The key, if nobody but us can read it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            state = os.fstat(descriptor)
            key = os.read(descriptor, 256).decode("ascii").strip()
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        raise Failed("the key file cannot be read; run `agent-sudo setup`") from None
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise Failed("others can read the key file; make it readable by its owner only (chmod 600)")
    if not key.startswith("asudo_") or not key.replace("_", "").replace("-", "").isalnum():
        raise Failed("the key file holds no key; run `agent-sudo setup`")
    return key


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether TLS is spoken."""
    scheme, _, rest = url.rstrip("/").partition("://")
    host, _, port = rest.rpartition(":") if not rest.endswith("]") and ":" in rest else (rest, "", "")
    host = host[1:-1] if host.startswith("[") else host
    # INVARIANT: the key never crosses a network in the clear.
    if scheme != "https" and (scheme != "http" or host not in ("127.0.0.1", "::1", "localhost")):
        raise Failed("the service's address must be https://, or http:// on this machine")
    if not host or not host.isascii() or any(one in rest for one in "/?#@ ") or (port and not port.isdigit()):
        raise Failed("the service's address is no address")
    return host, int(port or (443 if scheme == "https" else 80)), scheme == "https"


def _quoted(text: str) -> str:
    """Percent-encoded; importing urllib takes longer than all that is done here."""
    plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
