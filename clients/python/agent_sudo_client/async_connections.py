"""Connections to the service for asyncio: kept, and those of one event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from contextlib import AbstractAsyncContextManager, nullcontext

from agent_sudo_client.reply import Reply
from agent_sudo_client.resting import CONNECT_S, LOST, Line, Resting

_MOST = 65_536


class AsyncConnections:
    """As `Connections`, and what takes long is awaited."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, most: int) -> None:
        self._address = (host, port)
        self._tls = tls
        self._room = asyncio.Semaphore(most)
        self._resting: Resting[_Line] = Resting()

    async def exchange(self, request: bytes, patience: float, *, again: bool) -> Reply:
        """The answer, within `patience` seconds. Raises OSError, TimeoutError of asyncio, Malformed.

        `again`: it may be sent once more where the connection ended before there was an answer.
        """
        if sys.version_info >= (3, 11):
            async with asyncio.timeout(patience):
                return await self._tried(request, again=again)
        return await asyncio.wait_for(self._tried(request, again=again), patience)

    async def _tried(self, request: bytes, *, again: bool) -> Reply:
        async with self._room:
            try:
                return await self._exchanged(request)
            except LOST:
                # INVARIANT: only what the service knows again is sent twice; what was recorded may have been used.
                if not again:
                    raise
                return await self._exchanged(request)

    async def _exchanged(self, request: bytes) -> Reply:
        line = self._resting.taken() or await self._opened()
        try:
            reply = Reply()
            # One write, head and body: the service answers what comes whole far quicker.
            await line.send(request)
            while not reply.feed(await line.receive()):
                pass
        except BaseException:
            # INVARIANT: what is left of one answer is never read as another. Who is cancelled leaves one behind.
            line.close()
            raise
        if reply.keeps:
            self._resting.rest(line)
        else:
            line.close()
        return reply

    def close(self) -> None:
        """Close those that rest."""
        self._resting.close()

    async def _opened(self) -> _Line:
        try:
            plain = await self._connected()
        except OSError:
            # Once more, in case the service is just being started anew: nothing was sent yet.
            plain = await self._connected()
        if self._tls is None:
            return _Line(plain)
        line = _SecureLine(plain, self._tls, self._address[0])
        try:
            await line.shake_hands()
        except BaseException:
            line.close()
            raise
        return line

    async def _connected(self) -> socket.socket:
        failure = OSError("the service's name has no address")
        async with _within(CONNECT_S):
            loop = asyncio.get_running_loop()
            for family, kind, protocol, _, address in await loop.getaddrinfo(*self._address, type=socket.SOCK_STREAM):
                made = socket.socket(family, kind, protocol)
                try:
                    made.setblocking(False)
                    await loop.sock_connect(made, address)
                except OSError as error:
                    made.close()
                    failure = error
                except BaseException:
                    made.close()
                    raise
                else:
                    return made
        raise failure


def _within(seconds: float) -> AbstractAsyncContextManager[object]:
    """A limit for what opens something: wait_for makes a task of it, and what that has opened is lost by cancelling."""
    if sys.version_info >= (3, 11):
        return asyncio.timeout(seconds)
    return nullcontext()


class _Line(Line):
    """One that is spoken on in asyncio. The socket is ours and no transport's: it may rest while no loop runs."""

    def __init__(self, plain: socket.socket) -> None:
        super().__init__(plain)
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._loop.sock_sendall(self.socket, data)

    async def receive(self) -> bytes:
        """What comes next; nothing when the connection has ended."""
        return await self._loop.sock_recv(self.socket, _MOST)


class _SecureLine(_Line):
    """One over TLS: asyncio speaks it on transports only, so what goes over the wire is carried to it here."""

    def __init__(self, plain: socket.socket, tls: ssl.SSLContext, host: str) -> None:
        super().__init__(plain)
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._spoken = tls.wrap_bio(self._came, self._goes, server_hostname=host)

    async def shake_hands(self) -> None:
        """Learn who answers. Raises SSLError where that is not the service."""
        while True:
            try:
                self._spoken.do_handshake()
            except ssl.SSLWantReadError:
                await self._carry()
            else:
                await super().send(self._goes.read())
                return

    async def send(self, data: bytes) -> None:
        self._spoken.write(data)
        await super().send(self._goes.read())

    async def receive(self) -> bytes:
        while True:
            try:
                return self._spoken.read(_MOST)
            except ssl.SSLWantReadError:
                await self._carry()
            except ssl.SSLZeroReturnError:
                return b""

    def is_silent(self) -> bool:
        return not self._came.pending and not self._spoken.pending() and super().is_silent()

    async def _carry(self) -> None:
        """Bring what it has to say to the other side, and what the other side says to it."""
        if self._goes.pending:
            await super().send(self._goes.read())
        if data := await super().receive():
            self._came.write(data)
        else:
            self._came.write_eof()
