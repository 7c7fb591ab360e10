"""One event of a coding agent, carried to the service, and the answer to it: one line that the agent knows, or a no.

It decides nothing and translates nothing: the service speaks each agent's own words. What it adds is that every failure
is a denial, since most agents run the tool when their hook fails: whatever goes wrong ends with exit code 2 and a
sentence on stderr, which all of them take as a no.

It starts for every call of every tool, so it takes the parts in C that Python's own `signal` and `json` are made of:
what these add for convenience takes longer to import than Python to start.
"""

import os
import sys
import time
from _json import encode_basestring_ascii, make_scanner
from _signal import alarm  # type: ignore[import-not-found] # nobody has written down its types

from agent_sudo_service import Failed, Service

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing it takes longer than all that is done here
    from typing import Any, BinaryIO, NoReturn

# Seconds. The service waits up to 50 for people and then says so; agents are told to wait 70 for their hook.
DEADLINE_S = 58.0
# The system ends us then, wherever we hang.
LAST_S = 62
LARGEST_EVENT = 1_048_576

_OUTPUT = {
    "hookEventName": str,
    "permissionDecision": str,
    "permissionDecisionReason": str,
    "decision": {"behavior": str, "message": str},
}
_CLAUDE = {"hookSpecificOutput": _OUTPUT, "decision": str, "reason": str}
# INVARIANT: the fields that each agent knows, and no others: at what they do not know some pass over all the rest.
KNOWN: "dict[str, dict[str, Any]]" = {
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


def main(arguments: "list[str]") -> "NoReturn":
    """Carry one event, and end."""
    try:
        alarm(LAST_S)
        line = carried(arguments, sys.stdin.buffer).encode("ascii") + b"\n"
        while line:
            line = line[os.write(1, line) :]
    except BaseException as error:  # noqa: BLE001 - INVARIANT: whatever goes wrong, an interruption too, is a no with a why
        why = str(error) if isinstance(error, Failed) else f"the hook failed ({type(error).__name__})"
        try:
            os.write(2, f"agent-sudo: not run: {why}.\n".encode("utf-8", "replace"))
        finally:  # also where nobody listens there
            os._exit(2)
    # All is said; what Python would still put away costs time, and could fail with another code.
    os._exit(0)


def carried(arguments: "list[str]", events: "BinaryIO") -> str:
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
    target = f"/hooks/{harness}?event={_quoted(event)}&home={_quoted(os.path.expanduser('~'))}"
    service = Service(config["url"], config.get("owner", ""))
    return _checked(harness, service.answer(target, key, body, until))


def _checked(harness: str, body: bytes) -> str:
    """The answer on one line, if it holds nothing but what this agent knows."""
    try:
        text = body.decode("utf-8").strip(" \t\r\n")
        answer, end = make_scanner(_Strict)(text, 0)  # type: ignore[arg-type] # its shape is asked for, not its class
    except Exception:  # noqa: BLE001 - the scanner has several, and without `json` not the one it means
        raise Failed("the answer is not JSON") from None
    if end != len(text):
        raise Failed("the answer is not JSON")
    if not isinstance(answer, dict) or not _fits(answer, KNOWN[harness]):
        raise Failed(f"the answer says what {harness} does not know")
    return _written(answer)


def _single(pairs: "list[tuple[str, Any]]") -> "dict[str, Any]":
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _refused(text: str) -> "NoReturn":
    raise ValueError(text)


class _Strict:
    """How JSON is read."""

    strict = True
    object_hook = None
    object_pairs_hook = staticmethod(_single)
    array_hook = None  # asked for since Python 3.15
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refused)


def _fits(answer: "dict[str, Any]", known: "dict[str, Any]") -> bool:
    for name, value in answer.items():
        form = known.get(name)
        # Under `decision` stands a word, or what becomes of a dialog.
        if isinstance(form, dict):
            if not isinstance(value, dict) or not _fits(value, form):
                return False
        elif form is None or not isinstance(value, form) or not _is_said(name, value):
            return False
    denies = any(answer.get(name) in ("deny", "block") for name in _DECIDING if isinstance(answer.get(name), str))
    # INVARIANT: no denial without its reason, which at least one of these agents takes for none.
    return not denies or any(answer.get(name) for name in _REASONS) or answer == {"permission": "deny"}


def _is_said(name: str, value: "str | bool") -> bool:
    """Whether it is yes or no, one of our words, or text. A reason that cannot be read may be taken for none."""
    if isinstance(value, bool):
        return True
    if name in _DECIDING:
        return value in _WORDS
    try:
        return bool(value.encode() and value.strip())
    except UnicodeEncodeError:  # half a character
        return False


def _written(value: "Any") -> str:
    """What was found to fit, as JSON in ASCII: words, yes and no, and objects of these."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{encode_basestring_ascii(name)}: {_written(one)}" for name, one in value.items()) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return encode_basestring_ascii(value)


def _config(path: str) -> "dict[str, str]":
    try:
        with open(path, encoding="utf-8") as opened:
            text = opened.read(4_096)
    except (OSError, ValueError):
        raise Failed(f"{os.path.basename(path)} cannot be read; run `agent-sudo setup`") from None
    lines = [line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = {name.strip(): value.strip() for name, _, value in lines}
    if not {"url", "key_file"} <= found.keys() <= {"url", "key_file", "owner"}:
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


def _quoted(text: str) -> str:
    """Percent-encoded; importing urllib takes longer than all that is done here."""
    plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))
