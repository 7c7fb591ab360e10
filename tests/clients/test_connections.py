"""Connections that the clients keep: used again while they are good, and no answer is ever read as another's."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest
import uvloop
from agent_sudo_client import AsyncClient, Client, Decision, PermissionDenied, ServiceUnavailable
from agent_sudo_client.resting import Resting

from tests.clients.test_client import _text

YES = _text()
NO = _text(allowed=False, decision="DENY")


def response(content: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%b\r\n%b" % (len(content), more, content)


class Scripted:
    """A server whose answers are bytes: `speak` gets the number of the request, and says whether to go on."""

    def __init__(self, speak: Callable[[socket.socket, int], bool], tls: ssl.SSLContext | None = None) -> None:
        self._speak = speak
        self._tls = tls
        self.connections = 0
        self.requests: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=[accepted], daemon=True).start()

    def _talk(self, accepted: socket.socket) -> None:
        try:
            accepted.settimeout(30)
            with accepted if self._tls is None else self._tls.wrap_socket(accepted, server_side=True) as connection:
                while data := connection.recv(65_536):
                    self.requests.append(data)
                    if not self._speak(connection, len(self.requests)):
                        return
        except OSError:  # who does not trust us hangs up
            accepted.close()

    def end(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def scripted(
    speak: Callable[[socket.socket, int], bool], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Scripted, str]]:
    server = Scripted(speak, tls)
    try:
        yield server, f"{'http' if tls is None else 'https'}://127.0.0.1:{server.port}"
    finally:
        server.end()


def yes(connection: socket.socket, _: int) -> bool:
    connection.sendall(response(YES))
    return True


class Asking(Protocol):
    """A client that is asked one thing after another."""

    def evaluate(self, tool: str, wait: float = 0.0) -> Decision: ...

    @property
    def resting(self) -> Resting[Any]: ...

    def fill(self) -> None:
        """Take all the room that it has for connections."""


class _Now:
    def __init__(self, client: Client) -> None:
        self._client = client

    def evaluate(self, tool: str, wait: float = 0.0) -> Decision:
        return self._client.evaluate(tool, wait=wait)

    @property
    def resting(self) -> Resting[Any]:
        return self._client._connections._resting

    def fill(self) -> None:
        assert self._client._connections._room.acquire()


class _Later:
    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client, self._runner = client, runner

    def evaluate(self, tool: str, wait: float = 0.0) -> Decision:
        async def asked() -> Decision:
            return await self._client.evaluate(tool, wait=wait)

        return self._runner.run(asked())

    @property
    def resting(self) -> Resting[Any]:
        (theirs,) = self._client._opened.values()
        return theirs._resting

    def fill(self) -> None:
        async def filled() -> None:
            await self._client._connections()._room.acquire()

        self._runner.run(filled())


@contextmanager
def _now(url: str, key: str = "asudo_x", **more: Any) -> Iterator[Asking]:
    with Client(url, key, **more) as client:
        yield _Now(client)


@contextmanager
def _later(url: str, key: str = "asudo_x", **more: Any) -> Iterator[Asking]:
    client = AsyncClient(url, key, **more)
    with asyncio.Runner() as runner:
        yield _Later(client, runner)
        runner.run(client.close())


@contextmanager
def _later_on_uvloop(url: str, key: str = "asudo_x", **more: Any) -> Iterator[Asking]:
    client = AsyncClient(url, key, **more)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield _Later(client, runner)
        runner.run(client.close())


Ask = Callable[..., Any]
EACH = pytest.mark.parametrize("asking", [_now, _later, _later_on_uvloop])


@EACH
def test_a_connection_is_kept_and_a_request_is_one_write(asking: Ask) -> None:
    with scripted(yes) as (server, url), asking(url) as client:
        assert all(client.evaluate("x") for _ in range(5))
    assert server.connections == 1
    assert len(server.requests) == 5
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /evaluate HTTP/1.1\r\nhost: 127.0.0.1:")
    assert body.startswith(b"{")


@EACH
def test_one_that_the_service_closed_is_not_used_again_and_nothing_is_sent_twice(asking: Ask) -> None:
    def once(connection: socket.socket, _: int) -> bool:
        connection.sendall(response(YES))
        return False

    with scripted(once) as (server, url), asking(url) as client:
        for _ in range(3):
            assert client.evaluate("x")
            ((rested, _since),) = client.resting._idle
            rested.socket.settimeout(30)
            rested.socket.recv(1, socket.MSG_PEEK)  # until its end has come
    assert server.connections == 3
    assert len(server.requests) == 3


@EACH
def test_where_the_connection_breaks_after_the_request_it_is_not_sent_again(asking: Ask) -> None:
    with scripted(lambda *_: False) as (server, url), asking(url) as client:
        with pytest.raises(ServiceUnavailable, match="nothing is allowed"):
            client.evaluate("x")
        assert len(server.requests) == 1


@EACH
def test_what_nobody_asked_for_is_never_read_as_an_answer(asking: Ask) -> None:
    def too_much(connection: socket.socket, number: int) -> bool:
        connection.sendall(response(NO) if number > 1 else response(NO) + response(YES))
        return True

    with scripted(too_much) as (server, url), asking(url) as client:
        assert not client.evaluate("x")
        assert not client.evaluate("x")
    assert len(server.requests) == 2


@EACH
def test_after_an_answer_that_broke_off_another_connection_is_used(asking: Ask) -> None:
    def half(connection: socket.socket, number: int) -> bool:
        connection.sendall(response(YES)[:-9] if number == 1 else response(YES))
        return number > 1

    with scripted(half) as (server, url), asking(url) as client:
        with pytest.raises(ServiceUnavailable, match="nothing is allowed"):
            client.evaluate("x")
        assert client.evaluate("x")
    assert server.connections == 2


@EACH
def test_an_answer_in_chunks_is_read(asking: Ask) -> None:
    def chunks(connection: socket.socket, _: int) -> bool:
        half = len(YES) // 2
        connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n" % half + YES[:half])
        connection.sendall(b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(YES) - half, YES[half:]))
        return True

    with scripted(chunks) as (server, url), asking(url) as client:
        assert client.evaluate("x")
        assert client.evaluate("x")
    assert server.connections == 1


@EACH
def test_what_comes_a_byte_at_a_time_has_no_more_time_than_the_rest(asking: Ask) -> None:
    ended = threading.Event()

    def dripping(connection: socket.socket, _: int) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        for _ in range(1_000):
            if ended.wait(0.02):
                break
            connection.sendall(b"x")
        return False

    with scripted(dripping) as (_, url), asking(url, timeout=0.2) as client:
        with pytest.raises(ServiceUnavailable, match="TimeoutError"):
            client.evaluate("x")
        ended.set()


@EACH
def test_what_closes_by_its_own_word_is_not_kept(asking: Ask) -> None:
    def last(connection: socket.socket, _: int) -> bool:
        connection.sendall(response(YES, b"connection: close\r\n"))
        return True

    with scripted(last) as (server, url), asking(url) as client:
        assert client.evaluate("x")
        assert client.evaluate("x")
    assert server.connections == 2


@EACH
def test_one_that_rested_too_long_is_not_used(asking: Ask) -> None:
    with scripted(yes) as (server, url), asking(url) as client:
        assert client.evaluate("x")
        client.resting._idle = [(one, time.monotonic() - 5) for one, _ in client.resting._idle]
        assert client.evaluate("x")
    assert server.connections == 2


@EACH
def test_where_all_connections_are_in_use_nobody_waits_for_ever(asking: Ask) -> None:
    with scripted(yes) as (_, url), asking(url, connections=1, timeout=0.05) as client:
        client.fill()
        with pytest.raises(ServiceUnavailable, match="TimeoutError"):
            client.evaluate("x")


@EACH
@pytest.mark.parametrize("key", ["asudo_x\r\nx-forwarded-for: 127.0.0.1", "asudo x", "asudo_ü", "asudo_\x00"])
def test_a_key_is_one_word(asking: Ask, key: str) -> None:
    with scripted(yes) as (server, url), asking(url, key) as client:
        with pytest.raises(PermissionDenied) as refused:
            client.evaluate("x")
        assert refused.value.code == "no_key"
        assert key not in str(refused.value)
    assert server.requests == []


def test_who_is_cancelled_leaves_no_answer_for_others() -> None:
    asked = threading.Event()
    go_on = threading.Event()

    def late(connection: socket.socket, number: int) -> bool:
        if number > 1:
            return yes(connection, number)
        asked.set()
        go_on.wait(30)
        connection.sendall(response(NO))
        return False

    async def cancelled(url: str) -> bool:
        async with AsyncClient(url, "asudo_x") as client:
            first = asyncio.create_task(client.evaluate("x"))
            await asyncio.to_thread(asked.wait, 30)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert client._connections()._resting.taken() is None
            go_on.set()
            return bool(await client.evaluate("x"))

    with scripted(late) as (server, url):
        assert asyncio.run(cancelled(url))
    assert server.connections == 2


def test_a_scope_of_anyio_ends_a_question() -> None:
    cancelled = threading.Event()

    async def ended(url: str) -> None:
        async with AsyncClient(url, "asudo_x") as client:
            with anyio.move_on_after(0.05) as scope:
                await client.evaluate("x")
            cancelled.set()
            assert scope.cancelled_caught
            assert client._connections()._resting.taken() is None
            async with anyio.create_task_group() as group:
                group.start_soon(_asked, client)

    async def _asked(client: AsyncClient) -> None:
        assert await client.evaluate("x")

    with scripted(lambda connection, number: not cancelled.is_set() or yes(connection, number)) as (_, url):
        anyio.run(ended, url, backend="asyncio")


def test_each_event_loop_has_connections_of_its_own() -> None:
    with scripted(yes) as (server, url):
        client = AsyncClient(url, "asudo_x")

        async def asked() -> bool:
            return bool(await client.evaluate("x")) and bool(await client.evaluate("x"))

        # The first loop is closed with its connection at rest: the second one lets go of it.
        assert asyncio.run(asked())
        with asyncio.Runner() as runner:
            assert runner.run(asked())
            assert len(client._opened) == 1
            answers: list[bool] = []
            thread = threading.Thread(target=lambda: answers.append(asyncio.run(asked())))
            thread.start()
            thread.join(60)
            assert answers == [True]
            assert runner.run(asked())
            runner.run(client.close())
    # One for all the questions of each loop.
    assert server.connections == 3


def test_without_an_event_loop_of_asyncio_nothing_is_allowed() -> None:
    with scripted(yes) as (server, url):
        asking = AsyncClient(url, "asudo_x").evaluate("x")
        with pytest.raises(ServiceUnavailable, match="needs an event loop of asyncio") as refused:
            # As trio would: no loop of asyncio runs.
            asking.send(None)
    assert refused.value.code == "no_event_loop"
    assert server.requests == []


@EACH
def test_over_tls_only_who_proves_to_be_the_service_is_asked(asking: Ask, certificate: Path) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with scripted(yes, served) as (server, url):
        with asking(url, tls=trusting) as client:
            assert client.evaluate("x")
            assert client.evaluate("x")
        assert server.connections == 1
        for address, tls in ((url, None), (url.replace("127.0.0.1", "localhost"), trusting)):
            with (
                asking(address, tls=tls) as client,
                pytest.raises(ServiceUnavailable, match="SSLCertVerificationError"),
            ):
                client.evaluate("x")
    assert len(server.requests) == 2


@EACH
def test_over_tls_too_what_comes_beside_an_answer_ends_the_connection(asking: Ask, certificate: Path) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)

    def too_much(connection: socket.socket, number: int) -> bool:
        connection.sendall(response(NO))
        if number == 1:
            connection.sendall(response(YES))
        return number != 1

    trusting = ssl.create_default_context(cafile=certificate)
    with scripted(too_much, served) as (server, url), asking(url, tls=trusting) as client:
        assert not client.evaluate("x")
        for rested, _ in client.resting._idle:
            rested.socket.settimeout(30)
            socket.socket.recv(rested.socket, 1, socket.MSG_PEEK)
        assert not client.evaluate("x")
    assert server.connections == 2
