"""Connections that are kept between two requests, whoever makes them."""

from __future__ import annotations

import socket
import time
from typing import Generic, TypeVar

from agent_sudo_client.reply import Lost

# The longest that opening one may take.
CONNECT_S = 3.0
# How it ends on a connection that breaks. Where time is over, or what came is no answer, nothing is lost but that.
LOST = (ConnectionError, Lost)
# A little less than the service itself keeps one that says nothing.
_KEEP_S = 4.0


class Line:
    """A connection to the service."""

    def __init__(self, plain: socket.socket) -> None:
        # One write goes out as it is, and at once.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain

    def is_silent(self) -> bool:
        """Whether there is nothing to read: neither its end, nor what nobody asked for."""
        self.socket.setblocking(False)
        try:
            # Of the plain socket, beneath TLS.
            socket.socket.recv(self.socket, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Let it go."""
        self.socket.close()


L = TypeVar("L", bound=Line)


class Resting(Generic[L]):
    """Lines that nobody speaks on right now."""

    def __init__(self) -> None:
        self._idle: list[tuple[L, float]] = []

    def rest(self, line: L) -> None:
        """Keep it for a while."""
        self._idle.append((line, time.monotonic()))

    def taken(self) -> L | None:
        """The one that was used last, if the service still keeps it."""
        while self._idle:
            try:
                line, since = self._idle.pop()
            except IndexError:  # another thread was quicker
                return None
            if time.monotonic() < since + _KEEP_S and line.is_silent():
                return line
            line.close()
        return None

    def close(self) -> None:
        """Close them all."""
        while self._idle:
            self._idle.pop()[0].close()
