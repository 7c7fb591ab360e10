"""An answer that is lost on its way: asked again by its name, the call is recorded once; nothing else is sent twice."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from itertools import count
from urllib.parse import urlsplit

import pytest
from agent_sudo_client import AsyncClient, Call, Client, Decision, PermissionDenied, ServiceUnavailable
from agent_sudo_client.reply import Reply

from app.services.answer import VALID_US
from tests.clients.conftest import Running
from tests.clients.test_connections import EACH, YES, Ask, response, scripted, yes
from tests.homes import AGENT

_MOST_TRIES = 5
_numbers = count()


def _now(url: str, key: str, call: Call) -> Decision:
    with Client(url, key, retry=True) as client:
        return client.require(call)


def _later(url: str, key: str, call: Call) -> Decision:
    async def asked() -> Decision:
        async with AsyncClient(url, key, retry=True) as client:
            return await client.require(call)

    return asyncio.run(asked())


def _answer(running: Running, request: bytes) -> bytes:
    """What the service answers to these bytes."""
    address = urlsplit(running.url)
    came, reply = b"", Reply()
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        connection.sendall(request)
        while True:
            data = connection.recv(65_536)
            came += data
            if reply.feed(data):
                return came


@pytest.mark.parametrize("require", [_now, _later])
def test_a_lost_answer_is_asked_for_again_and_the_only_use_is_used_once(
    require: Callable[[str, str, Call], Decision], running: Running
) -> None:
    lost: dict[bytes, bytes] = {}

    def losing(connection: socket.socket, _: int) -> bool:
        request = server.requests[-1]
        answer = _answer(running, request)
        if request not in lost:
            lost[request] = answer
            return False
        connection.sendall(answer)
        return True

    with scripted(losing) as (server, url):
        for _ in range(_MOST_TRIES):
            begin = time.monotonic()
            tool = f"retried_{next(_numbers)}"
            grant = {"agent": AGENT, "allowed_actions": [tool], "ttl_seconds": 600, "max_uses": 1}
            made = running.as_operator("POST", "/delegations", grant)["id"]
            try:
                decision = require(url, running.keys[AGENT], Call(tool, {}, source="user"))
            except PermissionDenied:
                # This machine has slept for longer than an answer is valid: then nothing is answered again.
                assert time.monotonic() - begin > VALID_US / 1_000_000
                continue
            assert decision.document["delegation"] == made
            assert decision.evaluation_id.encode() in list(lost.values())[-1], "the answer that was lost"
            assert sum(one["body"]["request"]["tool"] == tool for one in running.entries("decision")) == 1
            assert running.as_operator("GET", f"/delegations/{made}")["uses"] == 1
            return
    pytest.skip("this machine sleeps for longer than an answer is valid")


def _names(requests: list[bytes]) -> list[bytes | None]:
    found = [re.search(rb"\r\nidempotency-key: ([!-~]{16,128})\r\n", one) for one in requests]
    return [one and one[1] for one in found]


def _nothing(connection: socket.socket, number: int) -> bool:
    return number > 1 and yes(connection, number)


def _part(connection: socket.socket, number: int) -> bool:
    connection.sendall(response(YES) if number > 1 else response(YES)[:-9])
    return False


@EACH
@pytest.mark.parametrize("breaks", [_nothing, _part])
@pytest.mark.parametrize(("retry", "wait"), [(True, 0.0), (False, 1.0)])
def test_what_was_lost_is_sent_once_more_by_the_same_name(
    asking: Ask, breaks: Callable[[socket.socket, int], bool], wait: float, *, retry: bool
) -> None:
    with scripted(breaks) as (server, url), asking(url, retry=retry) as client:
        assert client.evaluate("x", wait=wait)
    assert server.connections == 2
    assert server.requests[0] == server.requests[1]
    assert all(_names(server.requests))


@EACH
def test_what_was_lost_twice_is_a_no(asking: Ask) -> None:
    with scripted(lambda *_: False) as (server, url), asking(url, retry=True) as client:
        with pytest.raises(ServiceUnavailable, match="nothing is allowed"):
            client.evaluate("x")
        assert len(server.requests) == 2


@EACH
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 409 No\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_was_answered_is_not_sent_again_whatever_the_answer(asking: Ask, answer: bytes) -> None:
    def speak(connection: socket.socket, _: int) -> bool:
        connection.sendall(answer)
        return False

    with scripted(speak) as (server, url), asking(url, retry=True) as client:
        with pytest.raises(PermissionDenied):
            client.evaluate("x")
        assert len(server.requests) == 1


@EACH
def test_what_took_too_long_is_not_sent_again(asking: Ask) -> None:
    with scripted(lambda *_: True) as (server, url), asking(url, retry=True, timeout=0.2) as client:
        with pytest.raises(ServiceUnavailable):
            client.evaluate("x")
        assert len(server.requests) <= 1


@EACH
def test_each_evaluation_has_a_name_of_its_own_and_none_without_need(asking: Ask) -> None:
    with scripted(yes) as (server, url):
        with asking(url, retry=True) as client:
            assert all(client.evaluate("x") for _ in range(3))
        with asking(url) as client:
            assert client.evaluate("x")
    *named, plain = _names(server.requests)
    assert plain is None
    assert len(set(named) - {None}) == 3
