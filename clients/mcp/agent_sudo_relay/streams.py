"""Our own standard input and output, and writing whole lines."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator


class Writer:
    """Writes lines whole, from however many tasks. What is written to whoever is gone is lost."""

    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream
        self._draining = asyncio.Lock()

    async def write(self, line: bytes) -> None:
        """Write a line; waits while the other side does not read."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._stream.write(line + b"\n")
            async with self._draining:
                await self._stream.drain()

    def close(self) -> None:
        """End what is written."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._stream.close()


async def standard_streams() -> tuple[asyncio.StreamReader, Writer]:
    """Of this process. Raises ValueError where they are no pipes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    with _named("Standard input", "cat FILE | agent-sudo-relay …"):
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    with _named("Standard output", "agent-sudo-relay … | cat > FILE"):
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
    return reader, Writer(asyncio.StreamWriter(transport, protocol, None, loop))


@contextlib.contextmanager
def _named(stream: str, instead: str) -> Iterator[None]:
    try:
        yield
    except ValueError:
        said = f"{stream} is a file, and the relay speaks through pipes: let an MCP client start it, or write {instead}"
        raise ValueError(said) from None
