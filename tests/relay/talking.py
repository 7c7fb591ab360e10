"""A client that writes bytes: the relay in front of the odd server, line by line."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.relay.conftest import Running, relayed

_PATIENCE_S = 30.0
_SERVER = Path(__file__).with_name("odd_server.py")


class Talk:
    """One run of a relay."""

    def __init__(self, popen: subprocess.Popen[bytes], folder: Path) -> None:
        self.popen = popen
        self.folder = folder
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self._lines.put(line)

    def write(self, data: bytes) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def send(self, id: int | str | None, method: str, **params: Any) -> None:
        given = {"id": id} if id is not None else {}
        self.write(json.dumps({"jsonrpc": "2.0", **given, "method": method, "params": params}).encode() + b"\n")

    def call(self, id: int | str, tool: str, **arguments: Any) -> None:
        self.send(id, "tools/call", name=tool, arguments=arguments)

    def next(self, wanted: Any) -> dict[str, Any]:
        """The next message of which `wanted` is true; the others are kept."""
        for at, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(at)
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                message = json.loads(self._lines.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"it never came; what came: {self._kept}") from None
            if wanted(message):
                found: dict[str, Any] = message
                return found
            self._kept.append(message)

    def answer(self, id: int | str | None) -> dict[str, Any]:
        return self.next(lambda one: "method" not in one and one["id"] == id)

    def told(self, id: int | str, tool: str, **arguments: Any) -> tuple[str, bool]:
        """What a tool's call says, and whether it failed."""
        self.call(id, tool, **arguments)
        result = self.answer(id)["result"]
        return result["content"][0]["text"], result["isError"]

    def settle(self) -> None:
        """Until everything that was written has been taken in, by the server too."""
        self.send("settled", "ping")
        self.answer("settled")

    @property
    def unread(self) -> list[dict[str, Any]]:
        """What came and nobody asked for."""
        return self._kept

    @property
    def reached(self) -> list[bytes]:
        """The lines that reached the server."""
        path = self.folder / "lines"
        return path.read_bytes().splitlines() if path.exists() else []

    @property
    def called(self) -> list[str]:
        """The tools whose calls reached the server."""
        bodies = [json.loads(line) for line in self.reached]
        return [body["params"]["name"] for body in bodies if body.get("method") == "tools/call"]

    def close(self) -> int:
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.popen.stdin.close()
        try:
            code = self.popen.wait(_PATIENCE_S)
        finally:
            self.popen.kill()
            self._reader.join(_PATIENCE_S)
            self.popen.stdout.close()
        return code


@contextmanager
def talking(service: Running, folder: Path, *options: str, name: str = "odd", **environment: str) -> Iterator[Talk]:
    """A relay in front of an odd server that works in `folder`."""
    command = relayed(name, sys.executable, "-I", str(_SERVER), str(folder), options=options)
    pipe = subprocess.PIPE
    popen = subprocess.Popen(command, stdin=pipe, stdout=pipe, env={**service.environment, **environment}, cwd=folder)
    talk = Talk(popen, folder)
    try:
        yield talk
    finally:
        talk.close()
