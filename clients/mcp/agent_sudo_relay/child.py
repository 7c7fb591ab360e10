"""A server that is a program of this machine, spoken to through its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence

from agent_sudo_relay.lines import lines
from agent_sudo_relay.streams import Writer

# Clients are as patient before they kill what they started.
_CLOSING_S, _TERMINATING_S = 1.0, 0.4


class Child:
    """The server's process, the first of a group of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("a process with pipes")
        self._process = process
        self._stdin, self._stdout = Writer(process.stdin), process.stdout

    @classmethod
    async def start(cls, command: Sequence[str]) -> Child:
        """Raises OSError."""
        pipe = asyncio.subprocess.PIPE
        environment = environment_of_a_server()
        made = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True
        )
        return cls(made)

    async def send(self, line: bytes) -> None:
        """Write a message to it."""
        await self._stdin.write(line)

    def received(self) -> AsyncIterator[bytes | None]:
        """What it writes, until it ends."""
        return lines(self._stdout)

    async def close(self) -> int:
        """Let it end, make it end; how it ended."""
        self._stdin.close()
        for patience, sign in ((_CLOSING_S, signal.SIGTERM), (_TERMINATING_S, signal.SIGKILL)):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._process.wait(), patience)
                break
            self._signal(sign)
        code = await self._process.wait()
        # What it started and left behind ends with it.
        self._signal(signal.SIGKILL)
        return code

    def _signal(self, sign: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, sign)


def environment_of_a_server() -> dict[str, str]:
    """Ours without what concerns the policy service."""
    # INVARIANT: no server is handed the key, nor where it could be used.
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("AGENT_SUDO_")}
