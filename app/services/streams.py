"""Streams of events: few for each who listens."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.services.errors import TooManyError
from app.services.room import waiting

# Streams of one operator, one key or one visit at a time.
MOST = 16
_RETRY_S = 15


class Streams:
    """Counts the streams that are open, by who listens. On the event loop only."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_of(self, who: str, scope: Mapping[str, Any]) -> Iterator[None]:
        """One stream, from its beginning to its end, by the request of this scope. Raises TooManyError."""
        if self._open[who] >= self._most:
            raise TooManyError("too_many_streams", f"You listen on {self._most} streams already.", _RETRY_S)
        self._open[who] += 1
        try:
            with waiting(scope, who) as is_let_in:
                if not is_let_in:
                    raise TooManyError("too_many_streams", "Too many wait for people already.", _RETRY_S)
                yield
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]
