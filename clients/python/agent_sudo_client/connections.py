"""Connections to the service for programs that wait for its answers: kept, and shared between threads."""

from __future__ import annotations

import socket
import threading
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_CONNECT_S = 3.0
# A little less than the service itself keeps one that says nothing.
_KEEP_S = 4.0


class Connections:
    """Up to `most` at a time to one address; over TLS where there is a context for it."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, most: int) -> None:
        self._address = (host, port)
        self._tls = tls
        self._room = threading.BoundedSemaphore(most)
        self._idle: list[tuple[socket.socket, float]] = []

    def exchange(self, method: str, request: bytes, patience: float) -> tuple[int, bytes]:
        """Status and content of the answer. Raises OSError, HTTPException; `patience` in seconds, for each step."""
        if not self._room.acquire(timeout=patience):
            raise TimeoutError("every connection is in use")
        try:
            connection = self._rested() or self._opened(min(_CONNECT_S, patience))
            try:
                connection.settimeout(patience)
                # One write, head and body: the service answers what comes whole far quicker.
                connection.sendall(request)
                with HTTPResponse(connection, method=method) as response:
                    response.begin()
                    content = response.read()
                    keeps = not response.will_close
            except BaseException:
                # INVARIANT: what is left of one answer is never read as another.
                connection.close()
                raise
            if keeps:
                self._idle.append((connection, time.monotonic()))
            else:
                connection.close()
            return response.status, content
        finally:
            self._room.release()

    def close(self) -> None:
        """Close those that rest."""
        while self._idle:
            self._idle.pop()[0].close()

    def _rested(self) -> socket.socket | None:
        """The one that was used last, if the service still keeps it."""
        while self._idle:
            try:
                connection, since = self._idle.pop()
            except IndexError:  # another thread was quicker
                return None
            if time.monotonic() < since + _KEEP_S and _is_silent(connection):
                return connection
            connection.close()
        return None

    def _opened(self, patience: float) -> socket.socket:
        try:
            opened = socket.create_connection(self._address, patience)
        except OSError:
            # Once more, in case the service is just being started anew: nothing was sent yet.
            opened = socket.create_connection(self._address, patience)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened if self._tls is None else self._tls.wrap_socket(opened, server_hostname=self._address[0])


def _is_silent(connection: socket.socket) -> bool:
    """Whether there is nothing to read: neither its end, nor what nobody asked for."""
    connection.settimeout(0)
    try:
        # Of the plain socket, beneath TLS.
        socket.socket.recv(connection, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
