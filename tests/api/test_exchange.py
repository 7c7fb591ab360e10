"""The short way of the hot path: what is plain is answered on its connection, just as the long way answers it."""

import json
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from app.api import exchange
from app.api.connection import Connection, connections
from app.api.head import Head, Heads
from app.main import build
from app.services.errors import RefusedError
from app.services.once import Once
from app.services.room import Room
from tests.homes import ALLOWED, DENIED, Home, basic, prepare
from tests.processes import until


class Hands:
    """The clock of an event loop in the test's hands."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[float] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, work: Any) -> Any:
        if work.__name__ == "timeout_keep_alive_handler":
            self.timers.append(self.now + delay)
        return SimpleNamespace(cancel=lambda: None)


class Wire:
    """A transport that notes whether it was closed."""

    closed = False

    def get_extra_info(self, _: str) -> None:
        return None

    def is_closing(self) -> bool:
        return self.closed

    def resume_reading(self) -> None: ...

    def abort(self) -> None: ...

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return prepare(tmp_path_factory.mktemp("exchange"), "")


@pytest.fixture(scope="module")
def port(home: Home) -> Iterator[int]:
    front = build(home.settings).asgi
    config = uvicorn.Config(front, http=connections(front), log_config=None, ws="none", server_header=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies of the requests that went the short way."""
    taken: list[bytes] = []
    begin = exchange.Exchange.begin

    def noted(self: exchange.Exchange, front: Any) -> None:
        taken.append(bytes(self.body))
        begin(self, front)

    monkeypatch.setattr(exchange.Exchange, "begin", noted)
    return taken


def request(home: Home, body: bytes = ALLOWED, *more: str, key: str | None = None, version: str = "1.1") -> bytes:
    head = [
        f"POST /evaluate HTTP/{version}",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {key or home.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def the_long_way(home: Home, body: bytes) -> bytes:
    return request(home, body).replace(b"/evaluate ", b"/evaluate?explain=false ")


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(given: socket.socket) -> tuple[int, dict[str, str], Any]:
    response = HTTPResponse(given)
    response.begin()
    return response.status, dict(response.getheaders()), json.loads(response.read())


def asked(port: int, whole: bytes) -> tuple[int, dict[str, str], Any]:
    with opened(port) as client:
        client.sendall(whole)
        return answer(client)


def lasting(answered: tuple[int, dict[str, str], Any]) -> Any:
    """An answer without what every answer has of its own."""
    status, headers, document = answered
    own = ("evaluation_id", "valid_until", "audit")
    names = sorted(name for name in headers if name not in ("date", "content-length"))
    return status, names, {name: value for name, value in document.items() if name not in own}


@pytest.mark.parametrize(
    "body",
    [ALLOWED, DENIED, b"", b"{", b'{"tool":1}', b'{"tool":"x","tool":"y"}', b"[]", b'{"tool":"x","dry_run":true}'],
    ids=repr,
)
def test_both_ways_answer_the_same(port: int, home: Home, short: list[bytes], body: bytes) -> None:
    assert lasting(asked(port, request(home, body))) == lasting(asked(port, the_long_way(home, body)))
    assert short == [body]


@pytest.mark.parametrize(
    ("whole", "status"),
    [
        (lambda home: request(home, key="asudo_nobody"), 401),
        (lambda home: request(home).replace(b"127.0.0.1", b"evil.example"), 403),
        (lambda home: request(home).replace(b"Host:", b"Host: evil\r\nHost:"), 400),
        (lambda home: request(home).replace(b"Authorization: Bearer", b"Authorization: Basic"), 401),
    ],
)
def test_what_is_refused_is_refused_on_the_short_way_too(
    port: int, home: Home, short: list[bytes], whole: Any, status: int
) -> None:
    found, headers, document = asked(port, whole(home))
    assert (found, document["allowed"], headers["cache-control"]) == (status, False, "no-store")
    assert len(short) == 1


@pytest.mark.parametrize(
    "whole",
    [
        lambda home: request(home, version="1.0"),
        lambda home: request(home, ALLOWED, "Expect: 100-continue"),
        lambda home: the_long_way(home, ALLOWED),
        lambda home: (
            request(home)
            .replace(b"Content-Length: %d" % len(ALLOWED), b"Transfer-Encoding: chunked")
            .replace(ALLOWED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(ALLOWED), ALLOWED))
        ),
        lambda home: request(home, ALLOWED + b" " * 70_000),
    ],
)
def test_what_is_not_plain_takes_the_long_way(port: int, home: Home, short: list[bytes], whole: Any) -> None:
    with opened(port) as client:
        client.sendall(whole(home))
        reader = client.makefile("rb")
        line = reader.readline()
        if b" 100 " in line:
            reader.readline()
            line = reader.readline()
        assert line.startswith(b"HTTP/1.1 200 ")
    assert short == []


def test_requests_that_come_together_are_answered_in_order(port: int, home: Home, short: list[bytes]) -> None:
    bodies = [ALLOWED, DENIED, ALLOWED, ALLOWED, DENIED]
    with opened(port) as client:
        client.sendall(b"".join(request(home, body) for body in bodies))
        reader = client.makefile("rb")
        verdicts = []
        for _ in bodies:
            length = 0
            while (line := reader.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name == b"content-length" else length
            verdicts.append(json.loads(reader.read(length))["allowed"])
    assert verdicts == [body is ALLOWED for body in bodies]
    assert short[0] == ALLOWED


def test_a_connection_serves_many_and_ends_when_it_is_told_to(port: int, home: Home, short: list[bytes]) -> None:
    with opened(port) as client:
        for _ in range(20):
            client.sendall(request(home))
            assert answer(client)[0] == 200
        client.sendall(request(home, ALLOWED, "Connection: close"))
        status, headers, _ = answer(client)
        assert (status, headers["connection"]) == (200, "close")
        assert client.recv(1) == b""
    assert len(short) == 21


def test_a_body_in_pieces_is_waited_for(port: int, home: Home, short: list[bytes]) -> None:
    whole = request(home)
    with opened(port) as client:
        for at in range(0, len(whole), 7):
            client.sendall(whole[at : at + 7])
        assert answer(client)[0] == 200
    assert short == [ALLOWED]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 5", "{}"),  # the rest of the body is still to come
        ("Content-Length: 2", "{} "),  # and more follows
        ("X: 1\r\nContent-Length: 2", "{}"),
    ],
)
def test_a_head_that_came_before_stands_for_what_is_wholly_the_same(head: str, body: str) -> None:
    given: Any = {b"host": b"x"}
    known = b"POST /evaluate HTTP/1.1\r\nContent-Length: 2\r\n\r\n"
    heads = Heads()
    heads.remember(known + b"{}", Head({}, given, 2, True, None, None))

    found = heads.find(known + b"[]")
    assert found is not None
    assert found.headers is given
    assert heads.find(f"POST /evaluate HTTP/1.1\r\n{head}\r\n\r\n{body}".encode()) is None


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"A: 1\r\n\r\n{}", RefusedError("unknown_host", "")),
        (b"A: 1\r\n\r\nB: 2\r\n\r\n{}", None),  # two that came together
        (b"A: 1\n\n\r\n\r\n", None),  # the end of a head, in a body of two bytes and no more
        (b"A: " + b"1" * 3_000 + b"\r\n\r\n{}", None),
    ],
)
def test_what_is_refused_unclear_or_large_is_not_remembered(data: bytes, refused: RefusedError | None) -> None:
    heads = Heads()
    heads.remember(data, Head({}, {}, 2, True, refused, None))
    assert heads.find(data) is None


def test_what_bears_a_name_of_its_own_does_not_come_again() -> None:
    heads = Heads()
    heads.remember(b"A: 1\r\n\r\n{}", Head({}, {}, 2, True, None, None, Once(b"")))
    assert heads.find(b"A: 1\r\n\r\n{}") is None


def test_no_more_heads_are_remembered_than_have_room() -> None:
    heads = Heads()
    for at in range(1_025):
        heads.remember(b"%d\r\n\r\n{}" % at, Head({}, {}, 2, True, None, None))
    assert heads.find(b"0\r\n\r\n{}") is None
    assert heads.find(b"1024\r\n\r\n{}") is not None


def test_a_head_that_came_before_does_not_outlive_its_key(port: int, home: Home, short: list[bytes]) -> None:
    with opened(port) as client:
        for _ in range(3):
            client.sendall(request(home))
            assert answer(client)[0] == 200
        operator = HTTPConnection("127.0.0.1", port)
        operator.request("POST", "/agents/coder/keys", b"{}", {**basic(), "Content-Type": "application/json"})
        made = json.loads(operator.getresponse().read())
        for _ in range(3):
            client.sendall(request(home, key=made["key"]))
            assert answer(client)[0] == 200
        operator.request("DELETE", f"/agents/coder/keys/{made['id']}", headers=basic())
        assert operator.getresponse().status == 204
        operator.close()
        client.sendall(request(home, key=made["key"]))
        assert answer(client)[0] == 401
        client.sendall(request(home))
        assert answer(client)[0] == 200


def test_a_connection_that_rests_is_ended_after_its_last_request_and_no_sooner(home: Home) -> None:
    config = uvicorn.Config(lambda: None, log_config=None, ws="none", timeout_keep_alive=5)
    front = build(home.settings).asgi
    loop = Hands()
    connection: Any = Connection(front, Room(), config=config, server_state=ServerState(), app_state={}, _loop=loop)
    wire = Wire()
    connection.connection_made(wire)
    connection.cycle = SimpleNamespace(response_complete=True)
    connection.rest()
    assert loop.timers == [5.0]
    loop.now = 3.0
    connection.rest()
    assert loop.timers == [5.0]
    loop.now = 5.0
    connection.timeout_keep_alive_handler()
    assert (loop.timers, wire.closed) == ([5.0, 8.0], False)
    connection.cycle.response_complete = False
    loop.now = 8.0
    connection.timeout_keep_alive_handler()
    assert (loop.timers, wire.closed) == ([5.0, 8.0, 13.0], False)
    connection.cycle.response_complete = True
    loop.now = 13.0
    connection.timeout_keep_alive_handler()
    assert wire.closed


def test_who_hangs_up_leaves_the_others_in_peace(port: int, home: Home) -> None:
    for _ in range(20):
        with opened(port) as client:
            client.sendall(request(home))
    assert asked(port, request(home))[0] == 200
