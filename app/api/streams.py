"""Streams of events: few for each who listens, and only while they may."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.services.errors import TooManyError

# Streams of one operator or one key at a time.
MOST = 16
_RETRY_S = 15


class Streams:
    """Counts the streams that are open, by who listens. On the event loop only."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def enter(self, who: str) -> Callable[[], None]:
        """One more; what is returned is called once at its end. Raises TooManyError."""
        if self._open[who] >= self._most:
            raise TooManyError("too_many_streams", f"You listen on {self._most} streams already.", _RETRY_S)
        self._open[who] += 1

        def leave() -> None:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]

        return leave


class EventStream(StreamingResponse):
    """Server-sent events; `leave` is called at the end, however that comes."""

    media_type = "text/event-stream"

    def __init__(self, content: Any, leave: Callable[[], None]) -> None:
        super().__init__(content)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()
