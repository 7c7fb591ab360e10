"""An answer that is lost on its way: asked again by its name, the call is recorded once and uses up one."""

import asyncio
import socket
import time
from collections.abc import Callable
from itertools import count
from urllib.parse import urlsplit

import pytest
from agent_sudo_client import AsyncClient, Call, Client, Decision, PermissionDenied
from agent_sudo_client.reply import Reply

from app.services.answer import VALID_US
from tests.clients.conftest import Running
from tests.clients.test_connections import scripted
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
