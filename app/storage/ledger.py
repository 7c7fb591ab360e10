"""The ledger: many requests, one writer. Commands that wait together are committed together.

The event loop owns the list of waiting commands and hands frozen batches to the writer's thread, one at a time. There
is no timer: an idle ledger commits at once, a busy one gathers while the batch before is being written.
"""

import asyncio
from collections import deque
from itertools import islice
from queue import SimpleQueue
from threading import Thread

from app.storage.command import Command, Result
from app.storage.writer import UnavailableError, Writer

_CAPACITY = 10_000
_BATCH = 1_024

_Waiting = tuple[Command, asyncio.Future[Result]]


class Ledger:
    """Takes commands on one event loop and answers each when it is durably written, or refused."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: deque[_Waiting] = deque()
        self._batches: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self.is_writing_well = True  # whether the last batch was written
        self._thread = Thread(target=self._write, name="ledger", daemon=True)

    def start(self) -> None:
        """Begin to write; called on the event loop that will submit."""
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread.start()

    async def stop(self) -> None:
        """Write what is waiting, then end."""
        await self._idle.wait()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join)
        self._writer.close()

    @property
    def depth(self) -> int:
        """How many commands wait for the batch after this one."""
        return len(self._waiting)

    def submit(self, command: Command) -> asyncio.Future[Result]:
        """Queue `command`; on the event loop only. The future fails with UnavailableError when it was not written."""
        future: asyncio.Future[Result] = self._loop.create_future()
        # INVARIANT: a full queue refuses; it never lets a decision pass unrecorded.
        if len(self._waiting) >= _CAPACITY:
            future.set_exception(UnavailableError("too many commands are waiting"))
            return future
        self._waiting.append((command, future))
        if self._idle.is_set():
            self._hand_over()
        return future

    def write(self, command: Command) -> Result:
        """Submit from another thread and wait; raises UnavailableError."""
        return asyncio.run_coroutine_threadsafe(self._written(command), self._loop).result()

    async def _written(self, command: Command) -> Result:
        return await self.submit(command)

    def _hand_over(self) -> None:
        self._idle.clear()
        batch = list(islice(self._waiting, _BATCH))
        for _ in batch:
            self._waiting.popleft()
        self._batches.put(batch)

    def _write(self) -> None:
        """The writer's thread."""
        while (batch := self._batches.get()) is not None:
            results = self._writer.commit([command for command, _ in batch])
            self._loop.call_soon_threadsafe(self._written_batch, batch, results)

    def _written_batch(self, batch: list[_Waiting], results: list[Result | UnavailableError]) -> None:
        if self._waiting:
            self._hand_over()
        else:
            self._idle.set()
        self.is_writing_well = not isinstance(results[-1], UnavailableError)
        for (_, future), result in zip(batch, results, strict=True):
            if future.cancelled():
                continue  # the caller hung up; what was recorded stays recorded
            if isinstance(result, UnavailableError):
                future.set_exception(result)
            else:
                future.set_result(result)
