"""What is done beside everything else, once a minute: telling the log what was only counted."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

_EVERY_S = 60.0
_log = structlog.get_logger()


class Housekeeping:
    """Runs chores, each of which may block, until it is ended; and then once more."""

    def __init__(self, chores: Sequence[Callable[[], None]]) -> None:
        self._chores = chores

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.to_thread(self._once)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            await asyncio.to_thread(self._once)

    def _once(self) -> None:
        for chore in self._chores:
            try:
                chore()
            except Exception as error:  # noqa: BLE001 - a chore that fails is tried again and keeps nobody from theirs
                _log.error("housekeeping.failed", error=repr(error))
