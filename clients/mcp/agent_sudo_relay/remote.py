"""A server that is spoken to over streamable HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any

import httpx2

from agent_sudo_relay import telling
from agent_sudo_relay.headers import of_message, of_parameters
from agent_sudo_relay.lines import MOST_BYTES
from agent_sudo_relay.message import Id, MalformedError, Message, read

_CONNECT_S, _PARTING_S, _AGAIN_S = 10.0, 1.0, 1.0
# Streams that break are taken up again so often.
_TRIES = 3
_SESSION, _VERSION = "mcp-session-id", "mcp-protocol-version"


class Remote:
    """The server at `url`. `headers` go with every request: whom we speak for is the server's affair."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        # No redirects: whoever answers at another address was not configured.
        times = httpx2.Timeout(None, connect=_CONNECT_S)
        self._http = httpx2.AsyncClient(headers=dict(headers), timeout=times, follow_redirects=False)
        self._spoken: dict[str, str] = {}
        self._mirrored: dict[str, dict[tuple[str, ...], str]] = {}
        self._came: asyncio.Queue[bytes] = asyncio.Queue(maxsize=64)
        self._posts: dict[Id, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()

    async def send(self, line: bytes) -> None:
        """Send a message that was let through, or that we made."""
        message = read(line)
        if message.kind == "request":
            self._posts[message.id] = self._do(self._request(message))
        elif message.kind == "notification" and message.method == "notifications/cancelled":
            post = self._posts.get(message.params.get("requestId", ""))
            # In the new era the end of its stream is what cancels a request.
            if post is not None and _is_modern(self._spoken_with(message)):
                post.cancel()
            else:
                await self._note(message)
        else:
            await self._note(message)
            if message.kind == "notification" and message.method == "notifications/initialized":
                self._do(self._listen())

    async def received(self) -> AsyncIterator[bytes | None]:
        """What it answers and sends."""
        while True:
            yield await self._came.get()

    async def close(self) -> int:
        """End the conversation."""
        tasks = [*self._posts.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if _SESSION in self._spoken:
            with contextlib.suppress(httpx2.HTTPError):
                await self._http.delete(self._url, headers=self._spoken, timeout=_PARTING_S)
        await self._http.aclose()
        return 0

    async def _note(self, message: Message) -> None:
        with contextlib.suppress(httpx2.HTTPError):
            headers = self._asking(message)
            await self._http.post(self._url, content=message.line, headers=headers, timeout=_CONNECT_S)

    async def _request(self, message: Message) -> None:
        why = "The server ended before it answered."
        try:
            async with self._http.stream(
                "POST", self._url, content=message.line, headers=self._asking(message)
            ) as heard:
                answered, last = await self._heard(message, heard)
            for _ in range(_TRIES):
                if answered or last is None:
                    break
                await asyncio.sleep(_AGAIN_S)
                again = {**self._spoken, "accept": "text/event-stream", "last-event-id": last}
                async with self._http.stream("GET", self._url, headers=again) as heard:
                    answered, last = await self._heard(message, heard)
        except (httpx2.HTTPError, ValueError) as error:
            answered, why = False, f"The server could not be reached, or not be understood ({type(error).__name__})."
        finally:
            self._posts.pop(message.id, None)
        if not answered:
            await self._came.put(telling.error(message.id, telling.GONE, why))

    async def _heard(self, message: Message, heard: httpx2.Response) -> tuple[bool, str | None]:
        """Take in an answer: whether it was given, and the last event's id, from which it may go on."""
        kind = heard.headers.get("content-type", "").partition(";")[0].strip().lower()
        if message.method == "initialize" and _SESSION in heard.headers:
            self._spoken[_SESSION] = heard.headers[_SESSION]
        if kind == "text/event-stream" and heard.is_success:
            last = None
            async for event in httpx2.EventSource(heard, max_event_size=MOST_BYTES):
                last = event.id or last
                if event.event == "message" and event.data and await self._take(message, event.data.encode()):
                    return True, None
            return False, last
        content = bytearray()
        async for part in heard.aiter_bytes():
            content += part
            if len(content) > MOST_BYTES:
                raise ValueError("too long")
        if kind == "application/json" and content and await self._take(message, bytes(content)):
            return True, None
        told = telling.error(message.id, telling.GONE, f"The server answered with HTTP {heard.status_code}.")
        await self._came.put(told)
        return True, None

    async def _take(self, message: Message, data: bytes) -> bool:
        """Hand a message on; whether it is the answer to `message`."""
        try:
            came = read(data)
        except MalformedError:
            # The relay says what is to be said of it.
            await self._came.put(data.replace(b"\n", b" "))
            return False
        answers = came.kind == "response" and came.body.get("id") == message.body.get("id")
        result = came.body.get("result")
        if answers and isinstance(result, dict):
            if message.method == "initialize" and isinstance(result.get("protocolVersion"), str):
                self._spoken[_VERSION] = result["protocolVersion"]
            if message.method == "tools/list":
                self._mirrored |= of_parameters(result.get("tools"))
        await self._came.put(came.line)
        return answers

    async def _listen(self) -> None:
        """What the server says of itself, for as long as it has such a stream."""
        nothing = read(b'{"jsonrpc":"2.0","method":"notifications/listening"}')
        last: str | None = None
        for _ in range(_TRIES):
            again = {} if last is None else {"last-event-id": last}
            headers = {**self._spoken, "accept": "text/event-stream", **again}
            with contextlib.suppress(httpx2.HTTPError, ValueError):
                async with self._http.stream("GET", self._url, headers=headers) as heard:
                    if not heard.is_success or "text/event-stream" not in heard.headers.get("content-type", ""):
                        return
                    _, last = await self._heard(nothing, heard)
            await asyncio.sleep(_AGAIN_S)

    def _asking(self, message: Message) -> dict[str, str]:
        own = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        spoken = self._spoken_with(message)
        mirrored = _is_modern(spoken) and message.kind == "request"
        return {**spoken, **own, **(of_message(message, self._mirrored) if mirrored else {})}

    def _spoken_with(self, message: Message) -> dict[str, str]:
        """The session and the version that go with a message; the new era says the version in each."""
        said = message.meta.get("io.modelcontextprotocol/protocolVersion")
        if message.kind != "response" and message.method == "initialize":
            return {}
        return {**self._spoken, _VERSION: said} if isinstance(said, str) and said.isascii() else self._spoken

    def _do(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
        return task


def _is_modern(headers: Mapping[str, str]) -> bool:
    return headers.get(_VERSION, "") >= "2026-07-28"
