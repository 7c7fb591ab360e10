"""When keys were last used: gathered beside the hot path, told to the log at most once an hour for each key."""

from collections.abc import Callable

from app.services.desk import SYSTEM, Desk
from app.services.errors import UnavailableError
from app.storage.keys import MarkUsed

_COARSE_US = 3_600_000_000
# Ids in one entry, which has at most 64 KiB.
_AT_ONCE = 1_000


class Uses:
    """Keys that were used since they were last told of."""

    def __init__(self, desk: Desk, clock: Callable[[], int]) -> None:
        """`clock` gives microseconds."""
        self._desk = desk
        self._clock = clock
        self._seen: set[str] = set()
        self._told: dict[str, int] = {}

    def note(self, key: str) -> None:
        """On the hot path: the key of this id was used."""
        self._seen.add(key)

    def tell(self) -> None:
        """Write down what was used. Blocks; what cannot be written now waits for the next time."""
        seen, self._seen = self._seen, set()
        now = self._clock()
        due = sorted(key for key in seen if now - self._told.get(key, -_COARSE_US) >= _COARSE_US)
        for at in range(0, len(due), _AT_ONCE):
            ids = due[at : at + _AT_ONCE]
            try:
                self._desk.change("key.used", SYSTEM, {"keys": ids}, (MarkUsed(tuple(ids)),), raises_epoch=False)
            except UnavailableError:
                self._seen |= seen
                return
            self._told |= dict.fromkeys(ids, now)
