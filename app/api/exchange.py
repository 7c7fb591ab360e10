"""One request of the hot path, answered on its connection.

uvicorn makes a cycle of every request, which carries it to an application in a task of its own and its answer back in
messages. A request that came whole and plain needs none of that: this stands where the cycle would, and the answer is
written at once. What is unusual in any way takes uvicorn's own road to the same code.
"""

import asyncio
from typing import Any

from starlette.types import Message

from app.api.front import Front
from app.api.head import Head
from app.api.response import Response
from app.services.room import CONNECTION

_CLOSE = (b"connection", b"close")


class Exchange:
    """A request and its answer, with the attributes that uvicorn's connection looks for in a cycle."""

    def __init__(self, connection: Any, head: Head, body: bytes = b"", *, more_body: bool = True) -> None:
        self._connection = connection
        self.head = head
        self.scope = head.scope
        self.keep_alive = head.keep_alive
        self.body = body
        self.more_body = more_body
        self.response_complete = False
        self.disconnected = False
        self._given = False
        self._gone: asyncio.Future[None] | None = None
        self.message_event = self  # what uvicorn tells us by it, `more_body` and `disconnected` say as well

    def set(self) -> None:
        """Something has changed; only that the client has hung up is waited for."""
        if self.disconnected and self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def begin(self, front: Front) -> None:
        """Answer it, now that it is here as a whole."""
        if not front.begin(self.head, self.body, self._answered):
            self._task = self._connection.loop.create_task(self._answer(front))

    async def _answer(self, front: Front) -> None:
        scope = {**self.head.scope, CONNECTION: self._connection}
        self._answered(await front.answer(scope, self.head.headers, self._receive))

    async def _receive(self) -> Message:
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        if not self.disconnected:
            # Only who waits for people listens for the end of the connection.
            self._gone = asyncio.get_running_loop().create_future()
            await self._gone
        return {"type": "http.disconnect"}

    def _answered(self, response: Response) -> None:
        if self.disconnected:
            return
        connection = self._connection
        more = tuple(connection.server_state.default_headers)
        connection.transport.write(response.wire(more if self.keep_alive else (*more, _CLOSE)))
        self.response_complete = True
        if not self.keep_alive:
            connection.transport.close()
        connection.rest()
