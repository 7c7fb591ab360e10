"""Callers that wait for people: thousands of connections, each with one request that is held open."""

import asyncio
import http.client
import time
from base64 import b64encode
from functools import partial
from typing import Any

from msgspec.json import decode, encode

from bench.home import OPERATOR, PASSPHRASE
from bench.servers import Server

_WAIT_MS = 60_000
_AT_ONCE = 250
_END = b"\r\n\r\n"


class Caller(asyncio.Protocol):
    """One of them; `answered_at` is when the last byte of its answer came."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.received = b""
        self.answered_at: float | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.answered_at = time.perf_counter()

    def close(self) -> None:
        self._transport.abort()

    @property
    def answer(self) -> Any:
        return decode(self.received.partition(_END)[2])


class Office:
    """The operator of a service that is measured, over HTTP."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        proof = b64encode(f"{OPERATOR}:{PASSPHRASE}".encode()).decode()
        self._headers = {"authorization": f"Basic {proof}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the service answers; raises RuntimeError where it refuses."""
        self._connection.request(method, path, encode(body) if body is not None else None, self._headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status not in (200, 201):
            raise RuntimeError(f"{path} answered {response.status}: {text[:300]!r}")
        return decode(text)

    def waiting(self) -> int:
        """How many callers wait for approvals of `coder` now."""
        return sum(one["waiting"] for one in self.ask("GET", "/approvals?limit=200&agent=coder")["approvals"])

    def approve(self, approval: str) -> None:
        self.ask("POST", f"/approvals/{approval}/decision", {"decision": "approve"})


async def begin(server: Server, keys: list[str], bodies: list[dict[str, Any]]) -> list[Caller]:
    """One caller for each body, with the key beside it; all of them are connected and have asked."""
    loop = asyncio.get_running_loop()
    callers: list[Caller] = []
    pairs = list(zip(keys, bodies, strict=True))
    for at in range(0, len(pairs), _AT_ONCE):
        opening = []
        for key, request in pairs[at : at + _AT_ONCE]:
            body = encode({**request, "wait_ms": _WAIT_MS})
            head = (
                f"POST /evaluate HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\nauthorization: Bearer {key}\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            )
            opening.append(loop.create_connection(partial(Caller, head.encode() + body), "127.0.0.1", server.port))
        callers += [caller for _, caller in await asyncio.gather(*opening)]
    return callers
