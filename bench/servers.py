"""Starting and stopping the processes that are measured."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import cpu

_READY_S = 60
_STOP_S = 15
_ROOT = Path(__file__).resolve().parent.parent


class Server:
    """A process that answers on `port`."""

    def __init__(self, port: int, pid: int, key: str) -> None:
        self.port = port
        self.pid = pid
        self.headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    @property
    def cpu_seconds(self) -> float:
        return cpu.of_process(self.pid)

    def ask(self, path: str, body: bytes) -> bytes:
        """Ask once, outside of any measurement."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_READY_S)
        try:
            connection.request("POST", path, body, self.headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}: {answer.decode(errors='replace')[:500]}")
        return answer


@contextmanager
def running(
    what: str, cores: set[int], environment: Mapping[str, str], *, key: str = "", answer: str = ""
) -> Iterator[Server]:
    """Run `bench.serve` as a process of its own; `answer` is what the floor says."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_SUDO_")}
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        port = listening.getsockname()[1]
        descriptor = listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.serve", what, answer, str(descriptor), ",".join(map(str, cores))],
            cwd=_ROOT,
            env={**inherited, **environment},
            stdin=subprocess.PIPE,
            pass_fds=[descriptor],
            # An interrupt from the keyboard is for us, who then stop it in order.
            start_new_session=True,
        )
    # The socket listens already: what is asked before the server is up waits, and fails if it never comes up.
    try:
        yield Server(port, process.pid, key)
    finally:
        try:
            process.communicate(timeout=_STOP_S)  # closes its input, upon which it ends
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
