"""The ledger: bounded, drained when it stops, and nobody who waits for it waits for ever."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest

from app.audit_log.entry import draft
from app.storage import ledger as module
from app.storage.command import Command, Receipt, Result
from app.storage.database import Database, UnavailableError
from app.storage.ledger import Ledger
from app.storage.writer import Writer
from tests.storage.samples import SALT, decided, size_of

LOG = "b3f1c0de4a5f6071"
ONE = Command((draft("test.one", {}, log=LOG),))
WRITTEN = (Receipt(1, "", 0),)


class Pen:
    """Stands in for the writer: writes when it is let, and remembers the batches."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.batches: list[list[Command]] = []
        self.fault: BaseException | None = None
        self.is_writing = True
        self.is_closed = False

    def commit(self, commands: Sequence[Command]) -> list[Result | UnavailableError]:
        self.may_write.wait(30)
        self.batches.append(list(commands))
        if self.fault is not None:
            raise self.fault
        return [WRITTEN] * len(commands)

    def close(self) -> None:
        self.is_closed = True


def runs(scenario: Callable[[Ledger, Pen], Awaitable[None]]) -> Pen:
    """Run `scenario` on a ledger with a pen for a writer."""
    pen = Pen()

    async def running() -> None:
        ledger = Ledger(cast("Writer", pen))
        ledger.start()
        await scenario(ledger, pen)
        pen.may_write.set()
        await ledger.stop()

    asyncio.run(running())
    return pen


async def _begins_to_write(ledger: Ledger) -> None:
    """The first command is with the writer, so that whatever comes now waits."""
    first = ledger.submit(ONE)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (ledger.depth, first.done()) == (0, False)


def test_commands_that_come_together_are_written_together() -> None:
    async def scenario(ledger: Ledger, pen: Pen) -> None:
        pen.may_write.set()
        assert await asyncio.gather(*(ledger.submit(ONE) for _ in range(5))) == [WRITTEN] * 5

    assert [len(batch) for batch in runs(scenario).batches] == [5]


def test_what_comes_while_a_batch_is_written_waits_for_the_next() -> None:
    async def scenario(ledger: Ledger, pen: Pen) -> None:
        await _begins_to_write(ledger)
        later = [ledger.submit(ONE) for _ in range(3)]
        assert ledger.depth == 3
        pen.may_write.set()
        await asyncio.gather(*later)

    assert [len(batch) for batch in runs(scenario).batches] == [1, 3]


def test_a_queue_that_is_full_refuses_and_serves_on_once_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CAPACITY", 2)

    async def scenario(ledger: Ledger, pen: Pen) -> None:
        await _begins_to_write(ledger)
        waiting = [ledger.submit(ONE) for _ in range(2)]
        with pytest.raises(UnavailableError, match="waiting"):
            await ledger.submit(ONE)
        pen.may_write.set()
        await asyncio.gather(*waiting)
        assert await ledger.submit(ONE) == WRITTEN

    assert sum(len(batch) for batch in runs(scenario).batches) == 4


def test_the_queue_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Command((decided(LOG, payload=bytes(100_000)),))
    monkeypatch.setattr(module, "_CAPACITY_BYTES", 250_000)

    async def scenario(ledger: Ledger, pen: Pen) -> None:
        await _begins_to_write(ledger)
        waiting = [ledger.submit(large) for _ in range(2)]
        with pytest.raises(UnavailableError, match="waiting"):
            await ledger.submit(large)
        pen.may_write.set()
        await asyncio.gather(*waiting)
        assert await ledger.submit(large) == WRITTEN

    runs(scenario)


def test_a_batch_is_bounded_in_entries_and_in_bytes() -> None:
    two = Command(ONE.entries * 2)
    large = Command((draft("test.large", {}, log=LOG, payload=bytes(1_000_000), salt=SALT),))

    async def scenario(ledger: Ledger, pen: Pen) -> None:
        await _begins_to_write(ledger)
        waiting = [ledger.submit(two) for _ in range(1_000)] + [ledger.submit(large) for _ in range(10)]
        pen.may_write.set()
        await asyncio.gather(*waiting)

    batches = runs(scenario).batches
    assert max(sum(len(command.entries) for command in batch) for batch in batches) <= 1_024
    assert max(sum(command.size for command in batch) for batch in batches) <= 6 * 1_048_576
    assert sum(len(batch) for batch in batches) == 1_011


def test_a_command_that_nobody_waits_for_any_more_is_not_written_unless_it_has_begun() -> None:
    async def scenario(ledger: Ledger, pen: Pen) -> None:
        begun = ledger.submit(ONE)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting, kept = ledger.submit(ONE), ledger.submit(ONE)
        begun.cancel()
        waiting.cancel()
        pen.may_write.set()
        assert await kept == WRITTEN

    assert [len(batch) for batch in runs(scenario).batches] == [1, 1]


@pytest.mark.parametrize("fault", [MemoryError("no memory"), SystemExit(1), KeyboardInterrupt()])
def test_whatever_happens_to_the_writer_everybody_is_answered_and_it_goes_on(fault: BaseException) -> None:
    async def scenario(ledger: Ledger, pen: Pen) -> None:
        pen.fault = fault
        pen.may_write.set()
        for waiting in [ledger.submit(ONE) for _ in range(3)]:
            with pytest.raises(UnavailableError):
                await waiting
        pen.fault = None
        assert await ledger.submit(ONE) == WRITTEN

    runs(scenario)


def test_stopping_writes_what_waits_and_refuses_what_comes_later() -> None:
    async def scenario(ledger: Ledger, pen: Pen) -> None:
        await _begins_to_write(ledger)
        waiting = [ledger.submit(ONE) for _ in range(3)]
        stopping = asyncio.create_task(ledger.stop())
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError, match="closed"):
            await ledger.submit(ONE)
        pen.may_write.set()
        assert await asyncio.gather(*waiting) == [WRITTEN] * 3
        await stopping

    pen = Pen()

    async def running() -> None:
        ledger = Ledger(cast("Writer", pen))
        ledger.start()
        await scenario(ledger, pen)

    asyncio.run(running())
    assert pen.is_closed


def test_other_threads_write_through_the_same_queue(database: Database, writer: Writer, log: str) -> None:
    async def running() -> None:
        ledger = Ledger(writer)
        ledger.start()
        command = Command((decided(log),))
        results: list[Any] = await asyncio.gather(
            *(asyncio.to_thread(ledger.write, command) for _ in range(4)), *(ledger.submit(command) for _ in range(4))
        )
        await ledger.stop()
        assert sorted(result[0].seq for result in results) == list(range(1, 9))

    asyncio.run(running())
    assert size_of(database) == 9


def test_a_writer_that_does_not_come_back_is_called_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(ledger: Ledger, pen: Pen) -> None:
        await _begins_to_write(ledger)
        found = [ledger.is_stuck]
        monkeypatch.setattr(module, "_STUCK_AFTER", -1.0)
        found.append(ledger.is_stuck)
        assert found == [False, True]
        monkeypatch.undo()

    runs(scenario)
