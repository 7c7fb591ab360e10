"""A rate limit per key: a bucket that refills all the time. Off unless it is set."""

from collections.abc import Callable


class RateLimit:
    """Allows each key `rate` requests a second, and as many at once."""

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # one for each key that was used; keys are few

    def takes(self, key: str, count: int = 1) -> bool:
        """Take `count` from the key's bucket; False, and nothing taken, when it holds less."""
        if not self._rate:
            return True
        now = self._clock()
        held, since = self._buckets.get(key, (float(self._rate), now))
        held = min(float(self._rate), held + (now - since) * self._rate)
        enough = held >= count
        self._buckets[key] = (held - count if enough else held, now)
        return enough
