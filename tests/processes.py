"""Services as processes of their own, and load upon them."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.homes import ALLOWED, Home, bearer

_PATIENCE = 60.0


class Process:
    """A running `agent-sudo serve`."""

    def __init__(self, popen: subprocess.Popen[str], url: str) -> None:
        self._popen = popen
        self.url = url

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def kill(self) -> None:
        """kill -9."""
        self._popen.kill()
        self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()

    def connect(self, source: str = "127.0.0.1") -> HTTPConnection:
        """A connection from the address `source`."""
        address = urlsplit(self.url)
        return HTTPConnection(address.hostname or "", address.port, timeout=30, source_address=(source, 0))

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None, source: str = "127.0.0.1"
    ) -> tuple[int, Any]:
        """Status and document of one request on a connection of its own."""
        connection = self.connect(source)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def evaluate(self, key: str, body: bytes = ALLOWED) -> tuple[int, Any]:
        return self.ask("POST", "/evaluate", bearer(key), body)


def start(home: Home, log: Path) -> Process:
    """Start a service on `home` on a free port of loopback, and wait until it listens; it writes its log to `log`."""
    command = [sys.executable, "-I", "-m", "app.cli", "serve", "--port", "0", "--json"]
    with log.open("w") as stderr:
        popen = subprocess.Popen(
            command, env={**os.environ, **home.environment}, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    assert popen.stdout is not None
    lines: list[str] = []
    for line in popen.stdout:
        lines.append(line)
        if line.startswith("}"):
            return Process(popen, json.loads("".join(lines))["url"])
    popen.stdout.close()
    raise AssertionError(f"serve ended with {popen.wait()}: {''.join(lines)}{log.read_text()}")


class Load:
    """Threads that evaluate all the time. What was acknowledged is remembered as {seq: hash}."""

    def __init__(self, process: Process, key: str, body: bytes) -> None:
        self._process = process
        self._key = key
        self._body = body
        self._ended = threading.Event()
        self.acknowledged: dict[int, str] = {}
        self.refused: list[tuple[int, Any]] = []

    def end(self) -> None:
        self._ended.set()

    def run(self) -> None:
        connection = self._process.connect()
        while not self._ended.is_set():
            try:
                connection.request("POST", "/evaluate", self._body, bearer(self._key))
                answer = connection.getresponse()
                document = json.loads(answer.read())
            except (OSError, HTTPException, ValueError):
                # The service is gone, or going. A connection refused is tried again, with nothing to be polite to.
                connection.close()
                if not self._process.is_running:
                    return
                continue
            if answer.status == 200:
                self.acknowledged[document["audit"]["seq"]] = document["audit"]["hash"]
            else:
                self.refused.append((answer.status, document))
        connection.close()


@contextmanager
def load(process: Process, key: str, threads: int = 4, body: bytes = ALLOWED) -> Iterator[Load]:
    """Load upon `process` while the block runs, and until it has ended."""
    running = Load(process, key, body)
    workers = [threading.Thread(target=running.run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield running
    finally:
        running.end()
        for worker in workers:
            worker.join(_PATIENCE)


def until(claim: Any, patience: float = _PATIENCE) -> None:
    """Wait for something that a real process brings about."""
    deadline = time.monotonic() + patience
    while not claim():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.01)
