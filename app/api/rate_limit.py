"""A rate limit per key: a bucket that refills all the time. Off unless it is set."""

from collections.abc import Callable
from threading import Lock


class RateLimit:
    """Allows each key `rate` requests a second, and as many at once."""

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._rate = rate
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # one for each key that was used; keys are few

    def take(self, key: str) -> float:
        """Take one request from the key's bucket and return 0, or take nothing and return the seconds to wait."""
        return self._take(key, 1.0, least=1.0)

    def owe(self, key: str, count: int) -> None:
        """Take `count` more, known only after the first was let in; what is not there is paid off before the next."""
        self._take(key, float(count), least=float("-inf"))

    def _take(self, key: str, count: float, *, least: float) -> float:
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            held, since = self._buckets.get(key, (float(self._rate), now))
            held = min(float(self._rate), held + (now - since) * self._rate)
            if held < least:
                return (least - held) / self._rate
            self._buckets[key] = (held - count, now)
            return 0.0
