"""Messages as they come: one a line, each of bounded length."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

# The longest message. Pictures and files travel in them, so it is long.
MOST_BYTES = 32 * 1024 * 1024
_AT_ONCE = 256 * 1024


async def lines(reader: asyncio.StreamReader, most: int = MOST_BYTES) -> AsyncIterator[bytes | None]:
    """Each whole line without its end; None for one that was too long. A last half line is none."""
    kept, too_long, looked_at = bytearray(), False, 0
    while part := await reader.read(_AT_ONCE):
        kept += part
        while (end := kept.find(b"\n", looked_at)) >= 0:
            line = bytes(kept[:end])
            del kept[: end + 1]
            yield None if too_long or len(line) > most else line
            too_long, looked_at = False, 0
        looked_at = len(kept)
        if looked_at > most:
            kept.clear()
            too_long, looked_at = True, 0
