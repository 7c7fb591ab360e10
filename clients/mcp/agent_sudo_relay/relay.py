"""The relay: everything between client and server passes here, and what is not allowed goes no further."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from agent_sudo_client import Approval, PermissionDenied

from agent_sudo_relay import telling
from agent_sudo_relay.gate import Gate, Permit, PointedError, Waiting, WithdrawnError
from agent_sudo_relay.lines import MOST_BYTES
from agent_sudo_relay.message import Id, MalformedError, Message, read, salvaged_id, write
from agent_sudo_relay.naming import PASSING, PASSING_BACK, TELLING, visible, with_arguments
from agent_sudo_relay.pins import Pins
from agent_sudo_relay.pointing import Pointer, can_follow
from agent_sudo_relay.speech import Speech

Send = Callable[[bytes], Awaitable[None]]
# Requests of one side that wait for answers.
MOST_AT_ONCE = 512
# What waits may be so large together, besides what is small.
MOST_HELD = 2 * MOST_BYTES
_SMALL = 64 * 1024
# Of so many tools, with names so long, the service is asked which need not be shown.
_MOST_NAMES, _LONGEST_NAME = 1_000, 300
# What a service takes as a hint that a server says something else of a tool than it did.
_CHANGED = "tool_changed"


@dataclass
class Asked:
    """A request on its way; `forwarded` since when, None while it is decided."""

    request: Message
    withdrawn: asyncio.Event = field(default_factory=asyncio.Event)
    forwarded: float | None = None
    permit: Permit | None = None


class Relay:
    """Between one client and one server, of which `speech` tells the service."""

    def __init__(
        self,
        speech: Speech,
        gate: Gate,
        pins: Pins,
        *,
        to_client: Send,
        to_server: Send,
        say: Callable[[str], None],
    ) -> None:
        self._speech = speech
        self._gate = gate
        self._pins = pins
        self._to_client = to_client
        self._to_server = to_server
        self._say = say
        self._pointer = Pointer()
        self._asked: dict[Id, Asked] = {}
        self._asked_back: dict[Id, Asked] = {}
        self._deciding: set[asyncio.Task[None]] = set()

    async def from_client(self, line: bytes | None) -> None:
        """Take in a line of the client's."""
        try:
            message = read(_sized(line))
        except MalformedError as bad:
            code = telling.PARSE_ERROR if bad.id is None else telling.INVALID_REQUEST
            # A request under way keeps its id: its answer is still to come.
            if bad.id is None or bad.id not in self._asked:
                await self._to_client(telling.error(bad.id, code, bad.reason))
            return
        if message.kind == "response":
            # INVARIANT: only what was let through to the client is answered.
            if _answered(self._asked_back, message.id) is not None:
                await self._to_server(message.line)
        elif message.kind == "notification":
            await self._notified(message)
        elif message.id in self._asked:
            self._say(f"the client used the id {message.id!r} twice")
        elif len(self._asked) >= MOST_AT_ONCE or self._is_too_much(message):
            await self._to_client(telling.error(message.id, telling.OVERLOADED, "Too many requests wait for answers."))
        else:
            asked = self._asked[message.id] = Asked(message)
            if message.method in PASSING:
                await self._forward(asked, message.line)
            else:
                self._decide(self._request(asked))

    async def _notified(self, message: Message) -> None:
        if message.method == "notifications/cancelled" and self._was_held(self._asked, message):
            return
        if message.method in PASSING:
            await self._to_server(message.line)
        elif len(self._deciding) < MOST_AT_ONCE and len(message.line) <= _SMALL:
            self._decide(self._notification(message))

    def _was_held(self, asked: dict[Id, Asked], cancelled: Message) -> bool:
        """Take a request back; whether the other side has never heard of it."""
        named = cancelled.params.get("requestId")
        found = asked.get(named) if isinstance(named, str | int) else None
        if found is None:
            return False
        if found.forwarded is None:
            # INVARIANT: what is taken back before it was allowed goes no further.
            found.withdrawn.set()
            return True
        del asked[found.request.id]
        if found.permit is not None:
            self._gate.ran(found.permit, found.forwarded, "Cancelled")
        return False

    async def _request(self, asked: Asked) -> None:
        request = asked.request
        points, step = can_follow(request), 0

        async def waiting(approval: Approval) -> None:
            nonlocal step
            step += 1
            if points and approval.url:
                raise PointedError(approval)
            token = request.meta.get("progressToken")
            if isinstance(token, str | int):
                await self._to_client(telling.progress(token, step, approval.url))

        try:
            if followed := self._pointer.followed(request):
                asked.request, approval, wanted = followed
                request, points = asked.request, False
                if not wanted:
                    await self._gate.give_up(approval)
                    raise PermissionDenied("The user did not want to have this approved.")  # noqa: TRY301 - as others
            permit = await self._permit(request, asked.withdrawn, waiting)
            line = write(with_arguments(request, permit.call.arguments)) if permit.edited else request.line
            # INVARIANT: nothing is awaited between this look at the clock and the writing.
            permit.decision.require()
        except PermissionDenied as denied:
            self._asked.pop(request.id, None)
            await self._to_client(telling.refusal(request, denied))
        except PointedError as pointed:
            self._asked.pop(request.id, None)
            await self._to_client(self._pointer.point(request, pointed.approval))
        except ValueError as bad:
            self._asked.pop(request.id, None)
            await self._to_client(telling.error(request.id, telling.INVALID_PARAMS, str(bad)))
        except WithdrawnError:
            self._asked.pop(request.id, None)
        else:
            asked.permit = permit
            await self._forward(asked, line)

    async def _notification(self, message: Message) -> None:
        # What only requests may want is not wanted by a notification: some servers would do it all the same.
        with contextlib.suppress(PermissionDenied, ValueError, WithdrawnError):
            if message.method in TELLING:
                raise ValueError("A request was expected.")
            (await self._permit(message, asyncio.Event(), None)).decision.require()
            await self._to_server(message.line)

    async def _permit(self, message: Message, withdrawn: asyncio.Event, waiting: Waiting | None) -> Permit:
        call = self._speech.asked_about(message)
        if message.method == "tools/call":
            tool = message.params["name"]
            call = replace(call, annotations=self._pins.annotations(tool) or None)
            if self._pins.is_changed(tool):
                call = replace(call, risk_hints=[_CHANGED])
        return await self._gate.permit(call, withdrawn, waiting)

    async def _forward(self, asked: Asked, line: bytes) -> None:
        asked.forwarded = time.monotonic()
        await self._to_server(line)

    async def from_server(self, line: bytes | None) -> None:
        """Take in a line of the server's."""
        try:
            message = read(_sized(line))
        except MalformedError as bad:
            self._say(f"a line of the server's was dropped: {bad.reason}")
            answers = bad.id if bad.id is not None or line is None else salvaged_id(line)
            if answers is not None and _answered(self._asked, answers) is not None:
                await self._to_client(telling.error(answers, telling.GONE, "The server's answer could not be read."))
            return
        if message.kind == "response":
            await self._response(message)
        elif message.kind == "notification":
            if message.method == "notifications/cancelled" and self._was_held(self._asked_back, message):
                return
            if message.method.startswith("notifications/"):
                await self._to_client(message.line)
        elif message.id in self._asked_back or len(self._asked_back) >= MOST_AT_ONCE:
            await self._to_server(telling.error(message.id, telling.OVERLOADED, "This id, or too many, wait."))
        else:
            asked = self._asked_back[message.id] = Asked(message)
            if message.method in PASSING_BACK:
                asked.forwarded = time.monotonic()
                await self._to_client(message.line)
            else:
                self._decide(self._request_back(asked))

    async def _request_back(self, asked: Asked) -> None:
        request = asked.request
        try:
            permit = await self._permit(request, asked.withdrawn, _nobody)
            if permit.edited:
                raise PermissionDenied("What a server asks for is not edited.")  # noqa: TRY301 - one way to say no
            permit.decision.require()
        except PermissionDenied as denied:
            self._asked_back.pop(request.id, None)
            await self._to_server(telling.refusal_back(request, denied))
        except (ValueError, WithdrawnError):
            self._asked_back.pop(request.id, None)
        else:
            asked.forwarded = time.monotonic()
            await self._to_client(request.line)

    async def _response(self, message: Message) -> None:
        answers = message.body["id"]
        if answers is None:
            await self._to_client(message.line)
            return
        asked = _answered(self._asked, answers)
        # INVARIANT: a server answers what reached it, once, and nothing else: it speaks for no other request.
        if asked is None:
            self._say(f"the server answered {answers!r}, which nobody asked it")
            return
        method, result = asked.request.method, message.body.get("result")
        if method == "tools/list" and isinstance(result, dict):
            tools = result.get("tools")
            self._listed(tools, message.line)
            self._decide(self._shown(message, tools if isinstance(tools, list) else []))
            return
        if method in TELLING:
            self._told(asked, message)
        if isinstance(result, dict) and "inputRequests" in result:
            self._decide(self._wishes(asked, message, result["inputRequests"]))
        else:
            await self._to_client(message.line)

    async def _shown(self, message: Message, tools: list[Any]) -> None:
        """Hand on what a server lists, without what is denied anyway; whoever calls that all the same is denied it."""
        names = [one.get("name") if isinstance(one, dict) else None for one in tools]
        called = [self._speech.tool(name) if isinstance(name, str) else "" for name in names]
        denied = await self._gate.denied([name for name in called if 0 < len(name) <= _LONGEST_NAME][:_MOST_NAMES])
        shown = [tool for tool, name in zip(tools, called, strict=True) if name not in denied]
        line = message.line
        if len(shown) < len(tools):
            line = write({**message.body, "result": {**message.body["result"], "tools": shown}})
        await self._to_client(line)

    async def _wishes(self, asked: Asked, message: Message, wishes: Any) -> None:
        """Decide what a server wants of the client in an answer, as it does since 2026-07-28."""
        # INVARIANT: in whichever way a server asks, it is asked about, all of it.
        try:
            for wish in wishes.values() if isinstance(wishes, dict) else [wishes]:
                request = read(write({"jsonrpc": "2.0", "id": 0, **wish}))
                if request.method not in PASSING_BACK:
                    permit = await self._permit(request, asked.withdrawn, _nobody)
                    if permit.edited:
                        raise PermissionDenied("What a server asks for is not edited.")  # noqa: TRY301 - one way to say no
            line = message.line
        except (PermissionDenied, MalformedError, TypeError, ValueError) as no:
            denied = no if isinstance(no, PermissionDenied) else PermissionDenied("The server's wish cannot be read.")
            line = telling.refusal(asked.request, denied)
        except WithdrawnError:
            return
        await self._to_client(line)

    def _is_too_much(self, message: Message) -> bool:
        if len(message.line) <= _SMALL:
            return False
        return len(message.line) + sum(len(one.request.line) for one in self._asked.values()) > MOST_HELD

    def _listed(self, tools: Any, line: bytes) -> None:
        for name in self._pins.see(tools if isinstance(tools, list) else []):
            shown = visible(name)
            self._say(f"the server says something else of its tool {shown} than was pinned; its calls are asked about")
            # The model is about to read what the server now says.
            self._gate.saw(shown, "mcp tool description", line)

    def _told(self, asked: Asked, message: Message) -> None:
        permit = asked.permit
        call = self._speech.asked_about(asked.request) if permit is None else permit.call
        if self._speech.lowers(call, None if permit is None else permit.decision):
            self._gate.saw(visible(call.tool or ""), "mcp", message.line)
        if permit is not None and asked.forwarded is not None:
            result = message.body.get("result")
            failed = isinstance(result, dict) and result.get("isError") is True
            error = "JSONRPCError" if result is None else "ToolError" if failed else None
            self._gate.ran(permit, asked.forwarded, error)

    async def close(self) -> None:
        """Take back what is still being decided."""
        for asked in (*self._asked.values(), *self._asked_back.values()):
            asked.withdrawn.set()
        if self._deciding:
            await asyncio.wait(self._deciding, timeout=0.5)
        for task in self._deciding:
            task.cancel()
        await asyncio.gather(*self._deciding, return_exceptions=True)

    def _decide(self, deciding: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(deciding)
        self._deciding.add(task)
        task.add_done_callback(self._deciding.discard)


async def _nobody(_: Approval) -> None:
    """Who is told that people are asked, where nobody can be."""


def _sized(line: bytes | None) -> bytes:
    if line is None:
        raise MalformedError("The message is too long.")
    return line


def _answered(waiting: dict[Id, Asked], id: Id) -> Asked | None:
    """The request that has this answer, if it was ever sent on."""
    asked = waiting.get(id)
    return None if asked is None or asked.forwarded is None else waiting.pop(id)
