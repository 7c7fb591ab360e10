"""Tools that a framework runs between two hooks, reported on when the second one hears of their end."""

from __future__ import annotations

import time
from collections.abc import Hashable

from agent_sudo_client.frameworks.gate import Permit
from agent_sudo_client.outcome import report, report_later

# Of those that began and were never heard of again, so many are remembered.
_MOST = 1_000


class Running:
    """Calls that run now, by what the framework tells them apart."""

    def __init__(self) -> None:
        self._begun: dict[Hashable, tuple[Permit, float]] = {}

    def begin(self, call: Hashable, permit: Permit) -> None:
        """The call may run from now on."""
        if len(self._begun) >= _MOST:
            del self._begun[next(iter(self._begun))]
        self._begun[call] = permit, time.monotonic()

    def forget(self, call: Hashable) -> None:
        """Nothing is known of the call, whatever was called so before."""
        self._begun.pop(call, None)

    def end(self, call: Hashable, error: BaseException | None = None) -> None:
        """Report how the call went, if it was one that might run."""
        begun = self._begun.pop(call, None)
        if begun is not None:
            report(begun[0].session, begun[0].decision, begun[1], error)

    async def end_later(self, call: Hashable, error: BaseException | None = None) -> None:
        """As `end`, for asyncio."""
        begun = self._begun.pop(call, None)
        if begun is not None:
            await report_later(begun[0].session, begun[0].decision, begun[1], error)
