"""The approvals that this process has met lately, and whoever waits here for an answer to one.

What is known may be out of date at any moment. That is safe: a decision that relies on it names it in a guard, and the
writer refuses what no longer holds. Whoever waits is woken by what this process writes, by what others tell through
the database (PostgreSQL), and by looking now and then while anybody waits.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct

from app.core.approval_life import Status
from app.services.shown import shown_payload
from app.storage import approvals, entries
from app.storage.approvals import StoredApproval
from app.storage.database import Database, UnavailableError

# So many requests are known by what became of them.
_MOST = 8_192
_PAGE = 500
# How often to look for what other processes wrote, in seconds; PostgreSQL says so itself.
_EVERY_S = {"sqlite": 0.1, "postgresql": 1.0}
_SECOND = 1_000_000


class Known(Struct, frozen=True):
    """The newest approval of a request; `edited` are the arguments that a person put in the place of those sent."""

    stored: StoredApproval
    edited: dict[str, Any] | None = None


class Pending(Struct, frozen=True):
    """What a caller waits for: an approval, since which entry, and until when it can be answered (µs)."""

    approval: str
    since: int
    expires_at: int


class LiveApprovals:
    """On the event loop only, but for `written`."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._database = database
        self._clock = clock
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._looking_up: dict[bytes, asyncio.Task[Known | None]] = {}
        self._waiters: dict[str | None, set[asyncio.Future[StoredApproval | None]]] = {}
        self._seen = -1  # whoever waits is woken by what changed with later entries
        self._look: asyncio.Task[None] | None = None
        self._again = False
        self._poll: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin; called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Wake everybody: the service ends."""
        self._loop = None
        for poll in (self._poll, self._look):
            if poll is not None:
                poll.cancel()
        self._wake(dict.fromkeys(self._waiters))

    def known(self, digest: bytes) -> Known | None:
        """What is known to stand between a request and a new approval of it."""
        found = self._known.get(digest)
        if found is not None and not found.stored.is_open(self._clock()):
            del self._known[digest]
            return None
        return found

    async def refreshed(self, digest: bytes) -> None:
        """Look what became of a request; callers that come meanwhile share the look."""
        looking = self._looking_up.get(digest)
        if looking is None:
            looking = asyncio.create_task(asyncio.to_thread(self._newest, digest))
            self._looking_up[digest] = looking
            looking.add_done_callback(lambda _: self._looking_up.pop(digest, None))
        found = await asyncio.shield(looking)
        if found is None:
            self._known.pop(digest, None)
            return
        self._remember(digest, found)

    def _remember(self, digest: bytes, known: Known) -> None:
        self._known[digest] = known
        self._known.move_to_end(digest)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    async def answer(self, pending: Pending, seconds: float) -> Status | None:
        """Wait for people, so long at most; what became of the approval, None while it still waits."""
        loop = asyncio.get_running_loop()
        until = loop.time() + min(seconds, (pending.expires_at - self._clock()) / _SECOND)
        since = pending.since
        while (left := until - loop.time()) > 0:
            found = await self.changed(pending.approval, since, left)
            if found is None or found.status != "pending":
                return found.status if found is not None else None
            since = found.changed  # somebody agreed, and more must
        return None

    async def changed(self, name: str | None, since: int, seconds: float) -> StoredApproval | None:
        """Wait until the approval `name` (None: any) changes by an entry after `since`; what it is then, if it does."""
        if self._loop is None:
            return None
        woken: asyncio.Future[StoredApproval | None] = asyncio.get_running_loop().create_future()
        if not self._waiters:
            self._seen = since
        self._waiters.setdefault(name, set()).add(woken)
        try:
            # What was looked through before this began to wait may have held it.
            if self._seen > since and (found := await asyncio.to_thread(self._changed, name, since)) is not None:
                return found
            self._begin()
            return await asyncio.wait_for(woken, seconds)
        except TimeoutError:
            return None
        finally:
            waiters = self._waiters[name]
            waiters.discard(woken)
            if not waiters:
                del self._waiters[name]

    @property
    def has_ended(self) -> bool:
        """Whether nobody is woken any more."""
        return self._loop is None

    def waiting(self, name: str) -> int:
        """How many wait here for an answer to this approval."""
        return len(self._waiters.get(name, ()))

    def written(self) -> None:
        """An approval was changed, here or elsewhere; from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is gone, and everybody who waited with it
                self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        """See what has changed, if anybody waits for that."""
        if not self._waiters:
            return
        self._again = True
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._looked())
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._polled())

    async def _looked(self) -> None:
        while self._again and self._waiters:
            self._again = False
            try:
                found = await asyncio.to_thread(self._changes, self._seen)
            except UnavailableError:
                return
            for one in found:
                self._seen = max(self._seen, one.changed)
            news: dict[str | None, StoredApproval | None] = {}
            for one in found:
                self._learn(one)
                news[one.id] = news[None] = one
            self._wake(news)
            self._again |= len(found) == _PAGE

    async def _polled(self) -> None:
        every = _EVERY_S[self._database.writing.dialect.name]
        while self._waiters:
            await asyncio.sleep(every)
            self._begin()

    def _learn(self, one: StoredApproval) -> None:
        """Whoever waits for a yes asks again at once, and should find it known."""
        if one.status == "approved" and one.id in self._waiters:
            self._remember(one.digest, Known(one))
        else:
            self._known.pop(one.digest, None)

    def _wake(self, news: Mapping[str | None, StoredApproval | None]) -> None:
        for name, one in news.items():
            for woken in self._waiters.get(name, ()):
                if not woken.done():
                    woken.set_result(one)

    def _newest(self, digest: bytes) -> Known | None:
        with self._database.read() as connection:
            found = approvals.newest(connection, digest)
            if found is None:
                return None
            if found.edited_into is None:
                return Known(found)
            return Known(found, edited_arguments(connection, found))

    def _changes(self, since: int) -> list[StoredApproval]:
        with self._database.read() as connection:
            return approvals.changed_since(connection, since, _PAGE)

    def _changed(self, name: str | None, since: int) -> StoredApproval | None:
        with self._database.read() as connection:
            if name is None:
                return next(iter(approvals.changed_since(connection, since, 1)), None)
            found = approvals.find_approval(connection, name)
            return found if found is not None and found.changed > since else None


def edited_arguments(connection: Any, one: StoredApproval) -> dict[str, Any] | None:
    """The arguments that the person who decided put in the place of those sent; None once they were erased."""
    entry = entries.find_entry(connection, one.decided) if one.decided is not None else None
    payload = (shown_payload(entry) if entry is not None else None) or {}
    arguments = payload.get("request", {}).get("arguments")
    return arguments if isinstance(arguments, dict) else None
