"""One run of the relay, from the client's first line to its last."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from agent_sudo_client import AsyncClient

from agent_sudo_relay.gate import Gate
from agent_sudo_relay.lines import lines
from agent_sudo_relay.pins import Pins, state_folder
from agent_sudo_relay.relay import Relay
from agent_sudo_relay.speech import Speech
from agent_sudo_relay.streams import standard_streams

_PR_SET_DUMPABLE = 4


class Server(Protocol):
    """The server behind the relay."""

    async def send(self, line: bytes) -> None: ...
    def received(self) -> AsyncIterator[bytes | None]: ...
    async def close(self) -> int: ...


@dataclass(frozen=True)
class Terms:
    """wait: seconds for people; timeout: seconds for the service."""

    wait: float
    timeout: float


async def run(name: str, speech: Speech, start: Callable[[], Awaitable[Server]], terms: Terms) -> int:
    """Relay between our standard streams and a server until either ends. The exit code. Raises OSError, ValueError.

    By `name` it is known what the server said of its tools before.
    """
    keep_to_ourselves()
    pins = Pins(state_folder() / f"{name}.json")
    reader, writer = await standard_streams()
    server = await start()
    gate = Gate(AsyncClient(timeout=terms.timeout), ["mcp", name], terms.wait)
    relay = Relay(
        speech,
        gate,
        pins,
        to_client=writer.write,
        to_server=server.send,
        say=say,
    )

    async def from_client() -> None:
        async for line in lines(reader):
            if line != b"":
                await relay.from_client(line)

    async def from_server() -> None:
        async for line in server.received():
            if line != b"":
                await relay.from_server(line)

    pumps = [asyncio.ensure_future(from_client()), asyncio.ensure_future(from_server())]
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, pumps[0].cancel)
    done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    by_itself = pumps[1] in done
    for pump in pumps:
        pump.cancel()
    for end in await asyncio.gather(*pumps, return_exceptions=True):
        if isinstance(end, Exception):
            say(f"the relay ends: {type(end).__name__}")
    await relay.close()
    code, _ = await asyncio.gather(server.close(), gate.close())
    return code if by_itself and code > 0 else 0


def say(text: str) -> None:
    """Tell whoever reads the client's log."""
    sys.stderr.write(f"agent-sudo-relay: {text}\n")
    sys.stderr.flush()


def keep_to_ourselves() -> None:
    """Let no other process of this user read our memory or our environment, where the system has that."""
    if sys.platform == "linux":
        # INVARIANT: the server cannot take the key from the process that keeps it from the server.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
