"""Connections: uvicorn's, with bounds for what it leaves unbounded, and our own form for what it refuses by itself."""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.problem import Problem
from app.api.response import ALWAYS

# Connections at a time. An idle one costs a few kilobytes.
MOST_CONNECTIONS = 2_048
# The first line and the headers of one request.
LARGEST_HEAD = 65_536
# How long one request may take to arrive. Between requests uvicorn's own keep-alive timer runs.
PATIENCE_S = 30.0

_MALFORMED = Problem("Bad request", 400, "invalid_http", "This is no HTTP/1.1 request.")
_TOO_MANY = Problem("Unavailable", 503, "too_many_connections", "Too many connections are open; try again.", 1)
_HEAD_TOO_LARGE = Problem(
    "Head too large", 431, "head_too_large", f"The headers of a request have at most {LARGEST_HEAD} bytes together."
)


class Connection(HttpToolsProtocol):
    """One client's connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head = 0
        self._in_body = False
        self._deadline: asyncio.TimerHandle | None = None

    # uvicorn itself narrows asyncio's BaseTransport to Transport here, hence the ignore.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(_TOO_MANY)
        else:
            self._deadline = self.loop.call_later(PATIENCE_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before: Any = self.cycle  # None before the first request, whatever its type says
        in_body = self._in_body
        super().data_received(data)
        cycle: Any = self.cycle
        if cycle is not None and cycle.scope is self.scope:
            self._head = 0
            self._in_body = cycle.more_body
            if not cycle.more_body:
                if self._deadline is not None:
                    self._arrived()
                return
        else:
            self._in_body = False
            # Data that ends another request as well is not the head's alone; there is at most one such piece.
            if cycle is before and not in_body:
                self._head += len(data)
                if self._head > LARGEST_HEAD:
                    self._refuse(_HEAD_TOO_LARGE)
                    return
        if self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE_S, self.transport.abort)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words; ours are below
        self._refuse(_MALFORMED)

    def _arrived(self) -> None:
        """A request is here as a whole, or nobody waits for it any more."""
        self._head = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, problem: Problem) -> None:
        """Answer without a request, and hang up."""
        self._arrived()
        body = problem.body()
        headers = [*problem.headers(), *ALWAYS, (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()
