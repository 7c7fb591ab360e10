"""What can go wrong between a coding agent and the service, one cell each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.cli.routing.harness import HARNESSES, OURS

# Names of files that the guarded commands make.
ALLOWED, DENIED, ASKED = "ran-allowed", "ran-denied", "ran-asked"


class Place(Struct, frozen=True):
    """One agent set up: its file of hooks, and the folder of the command hook."""

    harness: str
    hooks: Path
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / f"{self.harness}.conf"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.harness}.key"

    def swap(self, path: Path, before: str, after: str) -> None:
        text = path.read_text()
        assert before in text, (path, before)
        path.write_text(text.replace(before, after))


class Cell(Struct, frozen=True):
    """One thing that goes wrong.

    command  the file that the guarded command makes
    runs     whether it may run
    answer   what answers instead of the service; None: the service itself
    fault    done to the installation before the agent starts
    of       the agents that it can happen to
    open     those for which it cannot be closed, and why
    """

    name: str
    command: str = ALLOWED
    runs: bool = False
    answer: bytes | None = None
    fault: Callable[[Place], None] | None = None
    of: tuple[str, ...] = ("claude-code", "claude-code --shim", "codex", "gemini", "copilot")
    open: dict[str, str] = {}
    approve: bool = False


SHIMS = ("claude-code --shim", "codex", "gemini", "copilot")
_EMPTY = "an empty answer is none to it; the service never gives one, only another program at its address could"
_LATE = "it runs the tool when a hook does not end in time"


def whole(body: Any, status: str = "200 OK") -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + text


def said(harness: str, word: str, **more: str) -> dict[str, Any]:
    """A word in the shape that an agent knows."""
    if harness == "gemini":
        return {"decision": word, **({"reason": more["reason"]} if more else {})}
    inner = {"permissionDecision": word, **({"permissionDecisionReason": more["reason"]} if more else {})}
    if harness == "copilot":
        return inner
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **inner}}


def _away(path: Callable[[Place], Path]) -> Callable[[Place], None]:
    return lambda place: path(place).unlink()


def _shim(text: str) -> Callable[[Place], None]:
    def fault(place: Place) -> None:
        (place.folder / OURS).write_text(text)

    return fault


def _interpreter(place: Place) -> None:
    found = json.loads(place.hooks.read_text())
    text = json.dumps(found)
    command = next(word for word in text.split('"') if " -I -S " in word)
    place.swap(place.hooks, command.split(" -I -S ")[0], "/nonexistent/python3")


def _stopped(place: Place) -> None:
    """A hook that nothing ends, and an agent that waits for it three seconds."""
    (place.folder / OURS).write_text("import time\ntime.sleep(60)\n")
    name, value = HARNESSES[place.harness].timeout
    place.swap(place.hooks, f'"{name}": {value}', f'"{name}": {3 if value < 1_000 else 3_000}')


def _quick(place: Place) -> None:
    """A deadline that a test can wait for."""
    if '"type": "http"' in place.hooks.read_text():
        place.swap(place.hooks, '"timeout": 70', '"timeout": 3')
    else:
        place.swap(place.folder / OURS, "DEADLINE_S = 58.0", "DEADLINE_S = 2.0")


def _wrong_key(place: Place) -> None:
    wrong = "asudo_" + "a" * 49
    if '"type": "http"' in place.hooks.read_text():
        place.swap(place.hooks, place.key.read_text().strip(), wrong)
    else:
        place.key.write_text(wrong)


CELLS = (
    Cell("the service allows", runs=True),
    Cell("the service denies", DENIED),
    Cell("a person approves while it waits", ASKED, runs=True, approve=True),
    Cell("the key is wrong", fault=_wrong_key),
    Cell("the service does not listen", answer=b"refused"),
    Cell("it never answers", answer=b"silent", fault=_quick),
    Cell("it hangs up", answer=b""),
    Cell("it answers in another protocol", answer=b"hello\n"),
    Cell("it answers 500", answer=b"500"),
    Cell("it answers 403 with a denial", answer=b"403"),
    Cell("it answers 204", answer=whole(b"", "204 No Content"), open={"claude-code": _EMPTY}),
    Cell("the answer is empty", answer=whole(b""), open={"claude-code": _EMPTY}),
    Cell("the answer is text", answer=whole(b"hello there")),
    Cell("the answer is half a document", answer=whole(b'{"hookSpecificOutput": ')),
    Cell("junk stands before the answer", answer=b"junk"),
    Cell("the answer is a word nobody knows", answer=b"maybe"),
    Cell("the answer is `ask`", answer=b"ask"),
    Cell("a denial without a reason", answer=b"bare"),
    Cell("a denial with a field nobody knows", answer=b"more"),
    Cell("the hook is not there", fault=_away(lambda place: place.folder / OURS), of=SHIMS),
    Cell("its interpreter is not there", fault=_interpreter, of=SHIMS),
    Cell("its configuration is not there", fault=_away(lambda place: place.config), of=SHIMS),
    Cell("its key is not there", fault=_away(lambda place: place.key), of=SHIMS),
    Cell("others can read its key", fault=lambda place: place.key.chmod(0o644), of=SHIMS),
    Cell("the hook does not parse", fault=_shim("def ("), of=SHIMS),
    Cell("the hook is killed", fault=_shim("import os\nos.kill(os.getpid(), 9)\n"), of=SHIMS),
    Cell("the hook says nothing", fault=_shim("raise SystemExit(1)\n"), of=SHIMS),
    Cell(
        "the hook is stopped and never ends",
        fault=_stopped,
        of=SHIMS,
        open=dict.fromkeys(("codex", "gemini", "copilot"), _LATE),
    ),
    Cell("nobody has trusted the hook", of=("codex",), open={"codex": "it skips hooks that are not trusted"}),
)


def answer_of(cell: Cell, harness: str) -> bytes:
    """The bytes that answer in this cell."""
    given = cell.answer or b""
    deny = said(harness, "deny", reason="no")
    return {
        b"500": whole(said(harness, "allow"), "500 Internal Server Error"),
        b"403": whole(deny, "403 Forbidden"),
        b"junk": whole(b"hi\n" + json.dumps(deny).encode()),
        b"maybe": whole(said(harness, "maybe", reason="no")),
        b"ask": whole(said(harness, "ask", reason="no")),
        b"bare": whole(said(harness, "deny")),
        b"more": whole({**deny, "foo": 1}),
    }.get(given, given)
