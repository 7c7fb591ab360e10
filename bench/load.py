"""Load: many connections, each sending its next request as soon as it has the answer to the one before."""

import asyncio
import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct

from bench.servers import Server
from bench.workload import MARK, Workload

_SCRIPT = Path(__file__).with_name("wrk.lua")
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_PATIENCE_S = 30  # for the first answer: a host that is busy elsewhere may owe one for longer than a short measurement


class Load(Struct, frozen=True):
    """What was measured at the client."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def generator(seconds: float) -> str:
    """What makes the load: wrk where it is installed, which costs least, and knows whole seconds only; else our own."""
    return "wrk" if shutil.which("wrk") and seconds == int(seconds) else "asyncio on uvloop"


def run(server: Server, workload: Workload, connections: int, seconds: float) -> Load:
    """Put load on a server. Raises RuntimeError when anything but 200 came back."""
    if generator(seconds) == "wrk":
        return wrk(server, workload, connections, int(seconds))
    return own(server, workload, connections, seconds)


def wrk(server: Server, workload: Workload, connections: int, seconds: int) -> Load:
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as bodies:
        bodies.write(b"\n".join(workload.bodies))
        bodies.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(_SCRIPT)]
        for name, value in server.headers.items():
            command += ["-H", f"{name}: {value}"]
        command += [f"http://127.0.0.1:{server.port}{workload.path}", "--", bodies.name, MARK if workload.fresh else ""]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures = output.rpartition("figures ")[2].split()
    requests, duration_us, p50_us, p99_us, failed = (int(figure) for figure in figures[:5])
    if failed:
        raise RuntimeError(f"{failed} of {requests} requests failed:\n{output}")
    if not requests:
        raise RuntimeError(f"no request was answered within {seconds} s")
    return Load(requests, duration_us / 1e6, p50_us / 1e3, p99_us / 1e3)


def own(server: Server, workload: Workload, connections: int, seconds: float) -> Load:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_own(server, workload, connections, seconds))


async def _own(server: Server, workload: Workload, connections: int, seconds: float) -> Load:
    head = "".join(f"{name}: {value}\r\n" for name, value in server.headers.items())
    line = f"POST {workload.path} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n{head}"
    requests: Iterator[bytes] = cycle(
        [f"{line}content-length: {len(body)}\r\n\r\n".encode() + body for body in workload.bodies]
    )
    if workload.fresh:
        number = count(int(MARK) + int(time.time()) % 900 * 1_000_000)
        requests = (request.replace(MARK.encode(), b"%d" % next(number)) for request in requests)
    loop = asyncio.get_running_loop()
    times: list[float] = []
    settled = asyncio.Event()
    opening = [
        loop.create_connection(lambda: _Client(requests, times, settled), "127.0.0.1", server.port)
        for _ in range(connections)
    ]
    clients = [client for _, client in await asyncio.gather(*opening)]
    begin = time.perf_counter()
    for client in clients:
        client.send()
    await asyncio.sleep(seconds)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(settled.wait(), _PATIENCE_S)
    elapsed = time.perf_counter() - begin
    for client in clients:
        client.close()
    if failed := next((client.failed for client in clients if client.failed), None):
        raise RuntimeError(f"a request failed: {failed!r}")
    if not times:
        raise RuntimeError(f"no request was answered within {elapsed:.1f} s")
    in_order = sorted(times)
    p50, p99 = (in_order[int(len(in_order) * share)] * 1e3 for share in (0.50, 0.99))
    return Load(len(times), elapsed, p50, p99)


class _Client(asyncio.Protocol):
    """One connection. Settled once it was answered, or failed."""

    def __init__(self, requests: Iterator[bytes], times: list[float], settled: asyncio.Event) -> None:
        self._requests = requests
        self._times = times
        self._settled = settled
        self._begin = 0.0
        self._received = b""
        self._closing = False
        self.failed: str | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        self._begin = time.perf_counter()
        self._transport.write(next(self._requests))

    def close(self) -> None:
        self._closing = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        end = received.find(_HEAD_END)
        if end < 0 or len(received) < end + 4 + _length(received, end):
            self._received = received
            return
        self._received = b""
        self._times.append(time.perf_counter() - self._begin)
        self._settled.set()
        if not received.startswith(b"HTTP/1.1 200"):
            self.failed = received[:500].decode(errors="replace")
        elif not self._closing:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._closing:
            self.failed = self.failed or f"the connection was closed: {error}"
            self._settled.set()


def _length(received: bytes, end: int) -> int:
    at = received.find(_LENGTH, 0, end) + len(_LENGTH)
    return int(received[at : received.index(b"\r", at)])
