"""What can go wrong between a coding agent and the service, one cell each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.cli.routing.gaps import open_in
from app.cli.routing.harness import HARNESSES, OURS

# Names of files that the guarded commands make.
ALLOWED, DENIED, ASKED = "ran-allowed", "ran-denied", "ran-asked"


# The agents, as `setup` is told of them.
WAYS = ("claude-code", "claude-code --http", "codex", "gemini", "copilot")
SHIMS = ("claude-code", "codex", "gemini", "copilot")


class Place(Struct, frozen=True):
    """One agent set up: its file of hooks, and the folder of the command hook."""

    harness: str
    hooks: Path
    folder: Path

    @property
    def user(self) -> Path:
        return self.folder.parent.parent

    @property
    def begun(self) -> Path:
        """There once a hook that never ends has begun; its process."""
        return self.folder / f"{OURS}.begun"

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
    trusted  whether somebody has trusted in Codex what the fault changed
    verify   whether `verify-routing` tries it
    """

    name: str
    command: str = ALLOWED
    runs: bool = False
    answer: bytes | None = None
    fault: Callable[[Place], None] | None = None
    of: tuple[str, ...] = WAYS
    approve: bool = False
    trusted: bool = False
    verify: bool = False

    def expected(self, way: str) -> str:
        """What is seen in this cell, as the page says it; a cell that no agent can be in is not seen."""
        if way not in self.of:
            return "–"
        if self.verify:
            return "OPEN" if self.runs else "HOLDS"
        if why := open_in(self.name, way):
            return f"ran: it {why}"
        return "ran" if self.runs else "did not run"


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


_endless = _shim(
    'import os, time\nwith open(__file__ + ".begun", "w") as begun:\n    begun.write(str(os.getpid()))\n'
    "time.sleep(1_000)\n"
)


def _changed(place: Place) -> None:
    place.swap(place.hooks, " || {", "  || {")


def _removed(place: Place) -> None:
    found = json.loads(place.hooks.read_text())
    place.hooks.write_text(json.dumps({name: part for name, part in found.items() if name != "hooks"}))


def _interpreter(place: Place) -> None:
    found = json.loads(place.hooks.read_text())
    text = json.dumps(found)
    command = next(word for word in text.split('"') if " -I -S " in word)
    place.swap(place.hooks, command.split(" -I -S ")[0], "/nonexistent/python3")


def _cut_short(place: Place) -> None:
    """A hook that takes a minute, and an agent that waits for it three seconds."""
    # Gemini does not end the hook but its shell, waits for the hook's output all the same, and then runs the tool.
    (place.folder / OURS).write_text("import time\ntime.sleep(60)\n")
    name, value = HARNESSES[place.harness].timeout
    place.swap(place.hooks, f'"{name}": {value}', f'"{name}": {3_000 if place.harness == "gemini" else 3}')


def _quick(place: Place) -> None:
    """A deadline that a test can wait for."""
    if '"type": "http"' in place.hooks.read_text():
        place.swap(place.hooks, '"timeout": 70', '"timeout": 3')
    else:
        place.swap(place.folder / "agent_sudo_event.py", "DEADLINE_S = 58.0", "DEADLINE_S = 2.0")


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
    Cell("it answers 204", answer=whole(b"", "204 No Content")),
    Cell("the answer is empty", answer=whole(b"")),
    Cell("the answer is text", answer=whole(b"hello there")),
    Cell("the answer is half a document", answer=whole(b'{"hookSpecificOutput": ')),
    Cell("junk stands before the answer", answer=b"junk"),
    Cell("the answer is a word nobody knows", answer=b"maybe"),
    Cell("the answer is `ask`", answer=b"ask"),
    Cell("a denial without a reason", answer=b"bare"),
    Cell("a denial with a field nobody knows", answer=b"more"),
    Cell("the hook is not there", fault=_away(lambda place: place.folder / OURS), of=SHIMS),
    Cell("its interpreter is not there", fault=_interpreter, of=SHIMS, trusted=True),
    Cell("its configuration is not there", fault=_away(lambda place: place.config), of=SHIMS),
    Cell("its key is not there", fault=_away(lambda place: place.key), of=SHIMS),
    Cell("others can read its key", fault=lambda place: place.key.chmod(0o644), of=SHIMS),
    Cell("the hook does not parse", fault=_shim("def ("), of=SHIMS),
    Cell("the hook is killed", fault=_shim("import os\nos.kill(os.getpid(), 9)\n"), of=SHIMS),
    Cell("the hook says nothing", fault=_shim("raise SystemExit(1)\n"), of=SHIMS),
    Cell("the hook and its shell are killed", fault=_shim("import os\nos.kill(os.getppid(), 9)\n"), of=SHIMS),
    Cell("the hook never ends", fault=_endless, of=SHIMS),
    Cell("the hook never ends, and the wait for it was cut short", fault=_cut_short, of=SHIMS, trusted=True),
    Cell("the hook was changed after it was trusted", fault=_changed, of=("codex",)),
    Cell("`verify-routing` with the hooks", verify=True),
    Cell("`verify-routing` without them", verify=True, runs=True, fault=_removed),
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
