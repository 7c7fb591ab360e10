"""Connections: uvicorn's, with bounds for what it leaves unbounded, and our own form for what it refuses by itself."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.exchange import Exchange
from app.api.front import Front
from app.api.head import Head
from app.api.problem import Problem
from app.api.response import Response
from app.services.room import CONNECTION, MOST_CONNECTIONS, Room, make_room

# The first line and the headers of one request.
LARGEST_HEAD = 65_536
# How long one request may take to arrive. Between requests uvicorn's own keep-alive timer runs.
PATIENCE_S = 30.0

# Bodies up to this size come without uvicorn's flow control.
_LARGEST_PLAIN = 65_536
_MALFORMED = Problem("Bad request", 400, "invalid_http", "This is no HTTP/1.1 request.")
_TOO_MANY = Problem("Unavailable", 503, "too_many_connections", "Too many connections are open; try again.", 1)
_HEAD_TOO_LARGE = Problem(
    "Head too large", 431, "head_too_large", f"The headers of a request have at most {LARGEST_HEAD} bytes together."
)


def connections(front: Front) -> type[asyncio.Protocol]:
    """What uvicorn is given as `http`: it makes one for each client."""
    made: type[asyncio.Protocol] = partial(Connection, front, make_room())  # type: ignore[assignment]  # it is only ever called
    return made


class Connection(HttpToolsProtocol):
    """One client's connection."""

    def __init__(self, front: Front, room: Room, *arguments: Any, **options: Any) -> None:
        """`front` answers what is plain on the hot path; everything else reaches it through uvicorn."""
        super().__init__(*arguments, **options)
        self._front = front
        self._room = room
        self._waits: str | None = None  # who waits, while somebody does
        self._head = 0
        self._in_body = False
        self._deadline: asyncio.TimerHandle | None = None
        self._rested = 0.0  # when the last answer was out, by the loop's clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it so
        super().connection_made(transport)
        if len(self.connections) - self._room.waiting > MOST_CONNECTIONS:
            self._refuse(_TOO_MANY)
        else:
            self._deadline = self.loop.call_later(PATIENCE_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        self.waits_no_more()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before: Any = self.cycle  # None before the first request, whatever its type says
        # Nothing has come since a request that was here as a whole, and its answer is out: the parser is at rest.
        rests = self._deadline is None and before is not None and before.response_complete
        if rests and (head := self._front.heads.find(data)) is not None and not self.flow.write_paused:
            self._begin(head, data)
            return
        in_body = self._in_body
        super().data_received(data)
        cycle: Any = self.cycle
        if cycle is not None and cycle.scope is self.scope:
            self._head = 0
            self._in_body = cycle.more_body
            if not cycle.more_body:
                if self._deadline is not None:
                    self._arrived()
                elif rests and type(cycle) is Exchange:
                    self._front.heads.remember(data, cycle.head)
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

    def rest(self) -> None:
        """An answer is out; wait for what comes next, and hang up if nothing does."""
        if self.pipeline or self.timeout_keep_alive_task is None:
            self.on_response_complete()
        else:
            # The timer that runs is not set anew for every request: it looks here when it has run down.
            self.server_state.total_requests += 1
            self._rested = self.loop.time()

    def timeout_keep_alive_handler(self) -> None:
        """The timer of a connection that rests has run down, and may have been set before its last request."""
        cycle: Any = self.cycle
        left = self._rested + self.timeout_keep_alive - self.loop.time()
        if not cycle.response_complete:
            left = self.timeout_keep_alive
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _begin(self, head: Head, data: bytes) -> None:
        """Answer a request whose head was met before, as the parser would have found it."""
        exchange: Any = Exchange(self, head, data[len(data) - head.length :], more_body=False)
        self.scope, self.cycle = exchange.scope, exchange
        exchange.begin(self._front)

    def on_headers_complete(self) -> None:
        headers = dict(self.headers)
        if self.url != b"/evaluate" or not self._is_plain(headers):
            scope: Any = self.scope
            scope[CONNECTION] = self
            super().on_headers_complete()
            return
        exchange: Any = Exchange(self, self._front.head(self.headers, keep_alive=self.parser.should_keep_alive()))
        self.scope, self.cycle = exchange.scope, exchange

    def on_message_complete(self) -> None:
        super().on_message_complete()
        cycle: Any = self.cycle
        if type(cycle) is Exchange and not cycle.response_complete:
            cycle.begin(self._front)

    def waits(self, who: str) -> bool:
        """Its request is understood, of somebody who is known: whether there is room to wait for people."""
        if not self.transport.is_closing() and self._room.enter(who):
            self._waits = who
        return self._waits is not None

    def waits_no_more(self) -> None:
        if self._waits is not None:
            self._room.leave(self._waits)
            self._waits = None

    def _is_plain(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a request can be answered at once: it will come whole, nothing before it waits, the client reads."""
        cycle: Any = self.cycle
        length = headers.get(b"content-length", b"")
        return (
            (cycle is None or cycle.response_complete)
            and length.isdigit()
            and len(length) < 6
            and int(length) <= _LARGEST_PLAIN
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and not self.flow.write_paused
            and not self.expect_100_continue
            and b"transfer-encoding" not in headers
            and not self.parser.should_upgrade()
        )

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
        response = Response(problem.status, problem.body(), problem.headers())
        self.transport.write(response.wire(((b"connection", b"close"),)))
        self.transport.close()
