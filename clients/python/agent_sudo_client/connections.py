"""Connections to the service for programs that wait for its answers: kept, and shared between threads."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

from agent_sudo_client.reply import Reply
from agent_sudo_client.resting import CONNECT_S, LOST, Line, Resting

if TYPE_CHECKING:
    import ssl


class Connections:
    """Up to `most` at a time to one address; over TLS where there is a context for it."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, most: int) -> None:
        self._address = (host, port)
        self._tls = tls
        self._room = threading.BoundedSemaphore(most)
        self._resting: Resting[Line] = Resting()

    def exchange(self, request: bytes, patience: float, *, again: bool) -> Reply:
        """The answer, within `patience` seconds. Raises OSError, Malformed.

        `again`: it may be sent once more where the connection ended before there was an answer.
        """
        until = time.monotonic() + patience
        if not self._room.acquire(timeout=patience):
            raise TimeoutError("every connection is in use")
        try:
            try:
                return self._exchanged(request, until)
            except LOST:
                # INVARIANT: only what the service knows again is sent twice; what was recorded may have been used.
                if not again:
                    raise
                return self._exchanged(request, until)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close those that rest."""
        self._resting.close()

    def _exchanged(self, request: bytes, until: float) -> Reply:
        line = self._resting.taken() or self._opened(until)
        try:
            reply = Reply()
            line.socket.settimeout(_left(until))
            # One write, head and body: the service answers what comes whole far quicker.
            line.socket.sendall(request)
            # A server that sends a byte at a time stays below every single limit: it is one for all of them.
            while not reply.feed(line.socket.recv(65_536)):
                line.socket.settimeout(_left(until))
        except BaseException:
            # INVARIANT: what is left of one answer is never read as another.
            line.close()
            raise
        if reply.keeps:
            self._resting.rest(line)
        else:
            line.close()
        return reply

    def _opened(self, until: float) -> Line:
        try:
            opened = socket.create_connection(self._address, min(CONNECT_S, _left(until)))
        except OSError:
            # Once more, in case the service is just being started anew: nothing was sent yet.
            opened = socket.create_connection(self._address, min(CONNECT_S, _left(until)))
        return Line(opened if self._tls is None else self._tls.wrap_socket(opened, server_hostname=self._address[0]))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer takes too long")
    return left
