"""The live sessions as this process knows them, so that no decision asks the database for them.

They may be out of date at any moment. That is safe: what is decided upon them names their epoch, and the writer
refuses it once a session of that agent has changed since.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from msgspec import Struct

from app.core.model import ActionRequest
from app.core.session import SKEW_US, Live, Standing, standing
from app.core.trust import KeyKind
from app.storage import sessions
from app.storage.database import Database, UnavailableError
from app.storage.ledger import Ledger
from app.storage.sessions import Session

_NONE: Mapping[str, Live] = {}


class Snapshot(Struct, frozen=True):
    """All that live, by agent and id, as they were at the session epoch `epoch`."""

    epoch: int
    agents: Mapping[str, Mapping[str, Live]]


class LiveSessions:
    """Holds the newest state of sessions that was seen, and looks for a newer one."""

    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._passed = 0
        self._loading = threading.Lock()
        self._refresh: asyncio.Task[None] | None = None
        self.current = self._first()

    def standing(self, agent: str, kind: KeyKind, request: ActionRequest) -> tuple[Standing, int]:
        """Where a request stands, and the epoch of which that is true; on the event loop only."""
        epoch = self.epoch()
        live = self.current.agents.get(agent, _NONE)
        return standing(request, kind, live, max(self._clock(), self._passed)), epoch

    def left(self, agent: str, id: str) -> int:
        """How long a session of this agent still lives, as far as is known here; 0 where it does not."""
        found = self.current.agents.get(agent, _NONE).get(id)
        return 0 if found is None else max(0, found.expires_at - self._clock())

    def epoch(self) -> int:
        """The session epoch of what is known here; on the event loop only."""
        known = self.current.epoch
        if self._ledger.session_epoch > known:
            # Somebody else's change, perhaps of another agent's sessions: to go on is safe, to stay behind costs time.
            self._look()
        return known

    def has_passed(self, time: int) -> None:
        """The ledger's clock, which counts, is at `time` at least, whatever this machine's says."""
        self._passed = max(self._passed, time)

    def refresh(self) -> None:
        """Take in what has changed; blocks on the database."""
        with self._loading:
            known = self.current
            with self._database.read() as connection:
                epoch = sessions.session_epoch(connection)
                changed = sessions.changed_sessions(connection, known.epoch) if epoch != known.epoch else []
            self.current = Snapshot(epoch, self._changed(known.agents, changed))

    async def refreshed(self) -> None:
        """`refresh` from the event loop; callers that come while it runs wait for it."""
        await asyncio.shield(self._look())

    def _look(self) -> asyncio.Task[None]:
        if self._refresh is None or self._refresh.done():
            self._refresh = asyncio.create_task(self._refresh_in_thread())
        return self._refresh

    async def _refresh_in_thread(self) -> None:
        with suppress(UnavailableError):  # then nothing can be recorded either, and that is what callers are told
            await asyncio.to_thread(self.refresh)

    def _first(self) -> Snapshot:
        with self._database.read() as connection:
            found = sessions.live_sessions(connection, self._clock() - SKEW_US)
            return Snapshot(sessions.session_epoch(connection), self._changed({}, found))

    def _changed(self, agents: Mapping[str, Mapping[str, Live]], by: list[Session]) -> dict[str, Mapping[str, Live]]:
        """`agents` after a change, those that changed without what is over."""
        over = self._clock() - SKEW_US
        new = {
            agent: {name: live for name, live in agents.get(agent, _NONE).items() if live.expires_at > over}
            for agent in {one.agent for one in by}
        }
        for one in by:
            if one.ended_at is not None:
                new[one.agent].pop(one.id, None)
            elif one.expires_at > over:
                new[one.agent][one.id] = Live(one.trust, one.expires_at)
        return {**agents, **new}
