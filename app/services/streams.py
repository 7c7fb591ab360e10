"""Streams of events: few for each who listens."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.services.errors import TooManyError

# Streams of one operator, one key or one visit at a time.
MOST = 16
_RETRY_S = 15


class Streams:
    """Counts the streams that are open, by who listens. On the event loop only."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_of(self, who: str) -> Iterator[None]:
        """One stream, from its beginning to its end. Raises TooManyError."""
        if self._open[who] >= self._most:
            raise TooManyError("too_many_streams", f"You listen on {self._most} streams already.", _RETRY_S)
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]
