"""The ledger: many requests, one writer. Commands that wait together are committed together.

The event loop owns the list of waiting commands and hands frozen batches to the writer's thread, one at a time. There
is no timer: an idle ledger commits at once, a busy one gathers while the batch before is being written.
"""

import asyncio
from collections import deque
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from msgspec import Struct

from app.storage.command import Command, Result
from app.storage.database import LOCK_TIMEOUT_MS, UnavailableError
from app.storage.writer import Writer

# What may wait, and what is written at once: in entries and, since one may have a megabyte, in bytes.
_CAPACITY = 10_000
_CAPACITY_BYTES = 64 * 1_048_576
_BATCH = 1_024
# How often more may come in before a batch is written.
_TURNS = 16
_BATCH_BYTES = 4 * 1_048_576
# A batch that takes longer than any lock is waited for will not come back soon.
_STUCK_AFTER = 2 * LOCK_TIMEOUT_MS / 1_000


class _Waiting(Struct, frozen=True, gc=False):
    command: Command
    future: asyncio.Future[Result]
    size: int


class Ledger:
    """Takes commands on one event loop and answers each when it is durably written, or refused."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: deque[_Waiting] = deque()
        self._size = 0
        self._batches: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_open = False
        self._thread = Thread(target=self._write, name="ledger", daemon=True)

    def start(self) -> None:
        """Begin to write; called on the event loop that will submit."""
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._is_open = True
        self._thread.start()

    async def stop(self) -> None:
        """Refuse what comes from now on, write what is waiting, end."""
        self._is_open = False
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
        size = command.size
        # INVARIANT: a full queue refuses; it never lets a decision pass unrecorded. Stop buttons wait behind nothing.
        full = len(self._waiting) >= _CAPACITY or self._size + size > _CAPACITY_BYTES
        if full and not command.urgent:
            future.set_exception(UnavailableError("too many commands are waiting"))
        elif not self._is_open:
            future.set_exception(UnavailableError("the ledger is closed"))
        else:
            self._size += size
            waiting = _Waiting(command, future, size)
            if command.urgent:
                self._waiting.appendleft(waiting)
            else:
                self._waiting.append(waiting)
            if self._idle.is_set():
                self._idle.clear()
                self._loop.call_soon(self._gather, _TURNS)
        return future

    def write(self, command: Command) -> Result:
        """Submit from another thread and wait; raises UnavailableError."""
        return asyncio.run_coroutine_threadsafe(self._written(command), self._loop).result()

    @property
    def is_writing(self) -> bool:
        """Whether the last batch could be written."""
        return self._writer.is_writing

    @property
    def session_epoch(self) -> int:
        """The newest that this process has met: what it knows of sessions may be older."""
        return self._writer.session_epoch

    @property
    def is_stuck(self) -> bool:
        """Whether a batch is under way that no wait for a lock explains."""
        return not self._idle.is_set() and self._loop.time() - self._began > _STUCK_AFTER

    async def _written(self, command: Command) -> Result:
        return await self.submit(command)

    def _gather(self, turns: int, seen: int = 0) -> None:
        """Wait while the event loop brings more: who was woken together asks again together, and shares a commit.

        At most `turns`, so that a trickle that never ends holds nobody back.
        """
        waiting = len(self._waiting)
        if turns and seen < waiting < _BATCH:
            self._loop.call_soon(self._gather, turns - 1, waiting)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the writer the next batch, or rest when nothing waits."""
        batch: list[_Waiting] = []
        rows = size = 0
        while self._waiting and rows < _BATCH and size < _BATCH_BYTES:
            waiting = self._waiting.popleft()
            self._size -= waiting.size
            if waiting.future.cancelled():
                continue  # nobody waits for it any more, so it need not happen
            batch.append(waiting)
            rows += len(waiting.command.entries) or 1
            size += waiting.size
        if batch:
            self._began = self._loop.time()
            self._batches.put(batch)
        else:
            self._idle.set()

    def _write(self) -> None:
        """The writer's thread."""
        while (batch := self._batches.get()) is not None:
            results: list[Result | UnavailableError]
            try:
                results = self._writer.commit([waiting.command for waiting in batch])
            except BaseException as error:  # noqa: BLE001 - INVARIANT: whatever happens here, nobody waits for ever
                results = [UnavailableError(repr(error))] * len(batch)
            with suppress(RuntimeError):  # the loop is gone, and everybody who waited with it
                self._loop.call_soon_threadsafe(self._answer, batch, results)

    def _answer(self, batch: list[_Waiting], results: list[Result | UnavailableError]) -> None:
        self._loop.call_soon(self._gather, _TURNS)
        for waiting, result in zip(batch, results, strict=True):
            if waiting.future.cancelled():
                continue  # the caller hung up; what was recorded stays recorded
            if isinstance(result, UnavailableError):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)
