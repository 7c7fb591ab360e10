"""What happens below HTTP's requests: connections that are too many, too slow, too long, or no HTTP."""

import json
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.api import connection
from app.api.connection import connections
from app.api.front import Front
from app.api.response import Response
from app.services.room import Room, waiting
from tests.processes import until

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


class _Waits:
    """Where requests are evaluated; here each waits until its client hangs up."""

    def begin(self, *_: object) -> bool:
        return False

    async def respond(self, scope: Scope, _headers: object, receive: Receive, _no: object = None) -> Response:
        with waiting(scope, scope["path"]) as may_wait:
            while may_wait and (await receive())["type"] != "http.disconnect":
                pass
        return Response(200, b"{}", ())


@pytest.fixture
def room() -> Room:
    return Room(3)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, room: Room) -> Iterator[int]:
    """A server whose bounds are low enough to be reached."""
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 5)
    monkeypatch.setattr(connection, "PATIENCE_S", 1.0)
    monkeypatch.setattr(connection, "make_room", lambda: room)
    nothing_hot: Any = _Waits()
    front = Front(_hello, nothing_hot, frozenset(("127.0.0.1",)), _hello, {"/hooks/": nothing_hot})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (front if scope["path"].startswith("/hooks/") else _hello)(scope, receive, send)

    config = uvicorn.Config(app, http=connections(front), lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(given: socket.socket) -> tuple[int, Any]:
    response = HTTPResponse(given)
    response.begin()
    return response.status, json.loads(response.read())


def is_hung_up_on(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01 nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n x: y\r\n\r\n"]
)
def test_what_is_no_http_is_a_problem_and_a_no(port: int, nonsense: bytes) -> None:
    with opened(port) as client:
        client.sendall(nonsense)
        status, document = answer(client)
        assert (status, document["allowed"], document["code"]) == (400, False, "invalid_http")
        assert is_hung_up_on(client)


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\nHost: x\r\nx: ", b"GET /", b"GET / HTTP/1.1\r\n"])
def test_a_head_that_is_too_large_is_told_so(port: int, first: bytes) -> None:
    with opened(port) as client:
        client.sendall(first + b"y" * (connection.LARGEST_HEAD + 1))
        status, document = answer(client)
    assert (status, document["allowed"], document["code"]) == (431, False, "head_too_large")


def test_a_head_without_end_never_fills_the_memory(port: int) -> None:
    with opened(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b"x: y\r\n" * 20_000_000)


def test_requests_in_pieces_one_after_the_other_and_together_are_answered(port: int) -> None:
    with opened(port) as client:
        for at in range(3):
            for piece in (REQUEST[:at], REQUEST[at:20], REQUEST[20:]):
                client.sendall(piece)
            assert answer(client) == (200, {})
        client.sendall(REQUEST * 3)
        found = b""
        while found.count(b"{}") < 3:
            found += client.recv(10_000)


def test_many_heads_on_one_connection_do_not_add_up(port: int) -> None:
    client = HTTPConnection("127.0.0.1", port)
    for _ in range(30):
        client.request("POST", "/", b"x" * 100_000, {"x": "y" * 4_000})
        assert client.getresponse().read() == b"{}"
    client.close()


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost:", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"]
)
def test_a_request_that_does_not_arrive_is_not_waited_for(port: int, begun: bytes) -> None:
    with opened(port) as client:
        client.sendall(begun)
        assert is_hung_up_on(client)


def test_a_connection_that_was_answered_may_rest(port: int) -> None:
    with opened(port) as client, opened(port) as silent:
        client.sendall(REQUEST)
        assert answer(client) == (200, {})
        assert is_hung_up_on(silent)
        client.sendall(REQUEST)
        assert answer(client) == (200, {})


def test_one_connection_too_many_is_refused_and_the_others_are_served(port: int) -> None:
    others = [opened(port) for _ in range(5)]
    with opened(port) as client:
        status, document = answer(client)
        assert (status, document["allowed"], document["code"]) == (503, False, "too_many_connections")
    for other in others:
        other.sendall(REQUEST)
        assert answer(other) == (200, {})
        other.close()


def test_those_who_wait_for_people_take_no_room_from_others_and_are_few_enough(port: int, room: Room) -> None:
    """Three may wait beside the five, by whichever way; a fourth is answered at once, and is one of the five."""
    body = b'{"tool": "x"}'

    def asked(way: bytes) -> socket.socket:
        given = opened(port)
        given.sendall(b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%b" % (way, len(body), body))
        return given

    waiting = [asked(way) for way in (b"/evaluate", b"/hooks/codex", b"/hooks/gemini")]
    until(lambda: room.waiting == 3)
    others = [asked(b"/evaluate")]
    assert answer(others[0]) == (200, {})
    for _ in range(4):
        others.append(opened(port))
        others[-1].sendall(REQUEST)
        assert answer(others[-1]) == (200, {})
    with opened(port) as client:
        assert answer(client)[0] == 503
    waiting.pop().close()
    until(lambda: room.waiting == 2)
    for one in waiting + others:
        one.close()
    until(lambda: room.waiting == 0)
