"""The command hook started as agents start it, and a service in whose place somebody answers what a test says."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PARTS = Path(__file__).parents[3] / "clients" / "hooks"
SHIM = PARTS / "agent_sudo_hook.py"
KEY = "asudo_" + "a" * 49
DENY = {"permissionDecision": "deny", "permissionDecisionReason": "no"}
CALL = {"session_id": "s", "cwd": "/", "hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": {}}


def claude(**said: Any) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **said}}


def whole(body: Any, status: str = "200 OK", length: int | None = None) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(text) if length is None else length}\r\n\r\n"
    return head.encode() + text


def headed(fields: bytes, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """An empty document, which Codex knows, behind this head."""
    return first + b"\r\n" + fields + b"\r\n\r\n{}"


class Answerer:
    """Answers each connection with the same bytes, and hangs up; `heard` is what came."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.answer: bytes = b""
        self.heard = b""
        self._tls = tls
        self._socket = socket.create_server((host, 0))
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            with suppress(ssl.SSLError), self._spoken(accepted) as connection:
                self.heard = b""
                while b"\r\n\r\n" not in self.heard or not self._is_whole():
                    if not (chunk := connection.recv(65_536)):
                        break
                    self.heard += chunk
                connection.sendall(self.answer)

    def _spoken(self, accepted: socket.socket) -> socket.socket:
        return accepted if self._tls is None else self._tls.wrap_socket(accepted, server_side=True)

    def _is_whole(self) -> bool:
        head, _, body = self.heard.partition(b"\r\n\r\n")
        return len(body) == int(head.lower().partition(b"content-length: ")[2].split()[0])

    def close(self) -> None:
        self._socket.close()


def copied(folder: Path) -> Path:
    """A hook of one's own, to be changed."""
    for part in PARTS.glob("*.py"):
        (folder / part.name).write_bytes(part.read_bytes())
    return folder / SHIM.name


def run(
    *arguments: Any, event: Any = CALL, shim: Path = SHIM, options: Sequence[str] = (), **around: str
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the hook, as agents start it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", *options, shim, *map(str, arguments)],
        input=event if isinstance(event, bytes) else json.dumps(event).encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env={"HOME": "/home/an agent", "PATH": os.environ["PATH"], **around},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def assert_no(ran: tuple[int, str, str], why: str) -> None:
    code, out, said = ran
    assert (code, out) == (2, "")
    assert said.startswith("agent-sudo: not run: ")
    assert why in said
    assert said.count("\n") == 1
    assert KEY not in said
