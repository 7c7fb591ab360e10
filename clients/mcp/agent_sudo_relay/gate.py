"""One run's conversation with the policy service: its session, what it has seen, and whether a call may be made now."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from agent_sudo_client import Approval, ArgumentsEdited, AsyncClient, Call, Decision, PermissionDenied

_HOUR = 3_600
_EXTEND_EVERY = 1_200.0
# The longest text that is sent to be remembered by its digest.
_LONGEST_CONTENT = 256 * 1024
_PARTING_S = 1.0
# How often the client hears that a person is still being asked.
_SIGN_OF_LIFE_S = 5.0
# How calls went is told when nothing was asked for so long, or has waited so long to be told.
_QUIET_S, _LATEST_S = 0.05, 2.0
# How long the answer to what need not be shown is good for showing.
_REMEMBERED_S = 10.0
# A person's answer is none of these.
_UNANSWERED = frozenset(("cancelled", "expired"))
Waiting = Callable[[Approval], Awaitable[None]]


@dataclass(frozen=True)
class Permit:
    """A call that may be made now; `edited`: with these arguments, which a person chose."""

    decision: Decision
    call: Call
    edited: bool


class WithdrawnError(Exception):
    """The call was taken back while it was decided."""


class PointedError(Exception):
    """Whoever waits is sent elsewhere meanwhile: nobody waits for this approval here."""

    def __init__(self, approval: Approval) -> None:
        super().__init__()
        self.approval = approval


class Gate:
    """Asks in the name of one session. `wait`: how long people are given before the client is told to call again."""

    def __init__(self, client: AsyncClient, labels: list[str], wait: float) -> None:
        self._client = client
        self._labels = labels
        self._wait = wait
        self._session: str | None = None
        self._extend_at = 0.0
        # What was seen and is not yet reported, and what was: a session falls only once for each.
        self._unsaid: dict[tuple[str, str], str | None] = {}
        self._said: set[tuple[str, str]] = set()
        self._speaking = asyncio.Lock()
        # How calls went, when, and when something was asked last.
        self._ran: deque[tuple[float, str, int, str | None]] = deque()
        self._asked_at = 0.0
        self._parting = asyncio.Event()
        # When, which tools, and which of them are denied anyway.
        self._denied: tuple[int, list[str], frozenset[str]] = 0, [], frozenset()
        self._chores: set[asyncio.Task[None]] = set()

    async def permit(self, call: Call, withdrawn: asyncio.Event, waiting: Waiting | None) -> Permit:
        """The permit. `waiting` hears of an approval; None: nobody waits. Raises PermissionDenied, WithdrawnError."""
        try:
            decision = await self._decided(call, withdrawn, waiting)
            try:
                return Permit(decision.require(), call, edited=False)
            except ArgumentsEdited as chosen:
                call = replace(call, arguments=chosen.arguments)
                decision = await self._decided(call, withdrawn, waiting)
                return Permit(decision.require(), call, edited=True)
        except (PermissionDenied, WithdrawnError, PointedError):
            raise
        except Exception as error:  # INVARIANT: whatever goes wrong in asking is a no
            kind = type(error).__name__
            raise PermissionDenied(f"Asking for permission failed ({kind}).", code="relay_failed") from error

    async def _decided(self, call: Call, withdrawn: asyncio.Event, waiting: Waiting | None) -> Decision:
        until = time.monotonic() + self._wait
        while True:
            asked = call.with_(session_id=await self._settled())
            self._asked_at = time.monotonic()
            decision = await self._client.evaluate(asked)
            open_ = decision.approval if not decision.allowed else None
            if withdrawn.is_set() or (waiting is None and not decision.allowed):
                await self._take_back(decision)
                raise WithdrawnError
            left = until - time.monotonic()
            if waiting is None or open_ is None or not open_.is_pending:
                return decision
            await waiting(open_)
            if left < 1:
                return decision
            answer = await self._answered(open_, left, withdrawn, waiting)
            if withdrawn.is_set():
                await self._take_back(decision)
                raise WithdrawnError
            if answer is not None and answer.status in _UNANSWERED:
                # Asking at once again would be for a person to answer who has just been rid of it.
                raise PermissionDenied(f"Nobody approved this: the request is {answer.status}.", code=answer.status)

    async def _answered(
        self, approval: Approval, left: float, withdrawn: asyncio.Event, waiting: Waiting
    ) -> Approval | None:
        """Until a person has answered, the call was withdrawn, or the time is up."""
        answer = asyncio.ensure_future(self._client.wait_for_approval(approval.id, left))
        gone = asyncio.ensure_future(withdrawn.wait())
        until = time.monotonic() + left
        try:
            while (left := until - time.monotonic()) > 0:
                pause = min(left, _SIGN_OF_LIFE_S)
                await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED, timeout=pause)
                if answer.done() or gone.done():
                    break
                await waiting(approval)
        finally:
            for one in (answer, gone):
                one.cancel()
            await asyncio.gather(answer, gone, return_exceptions=True)
        # Whatever was answered, the call is evaluated anew.
        return None if answer.cancelled() or answer.exception() is not None else answer.result()

    async def _take_back(self, decision: Decision) -> None:
        with contextlib.suppress(PermissionDenied):
            if decision.allowed:
                await self._client.report_outcome(decision.evaluation_id, "not_run")
            elif decision.approval is not None and decision.approval.is_pending:
                await self._client.cancel_approval(decision.approval.id)

    async def denied(self, tools: list[str]) -> frozenset[str]:
        """Those that are denied whatever they are called with; none where the service does not say."""
        if self._denied[:2] != (now := int(time.monotonic() / _REMEMBERED_S), tools):
            try:
                self._denied = now, tools, frozenset(await self._client.denied_tools(tools))
            except PermissionDenied:
                return frozenset()
        return self._denied[2]

    async def give_up(self, approval: str) -> None:
        """Take a request for approval back."""
        with contextlib.suppress(PermissionDenied):
            await self._client.cancel_approval(approval)

    def saw(self, tool: str, source: str, content: bytes | None) -> None:
        """Something came in from outside. Nothing is asked any more before the service knows it."""
        if (tool, source) not in self._said:
            fits = content is not None and len(content) <= _LONGEST_CONTENT
            self._unsaid.setdefault((tool, source), content.decode(errors="replace") if content and fits else None)
            self._do(self._report())

    def ran(self, permit: Permit, started: float, error: str | None) -> None:
        """Report how a call went; nobody waits for it."""
        now = time.monotonic()
        self._ran.append((now, permit.decision.evaluation_id, int((now - started) * 1_000), error))
        if len(self._ran) == 1:
            self._do(self._report_outcomes())

    async def close(self) -> None:
        """Finish what is to be reported, and end the session; what takes too long is left."""
        self._parting.set()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._part(), _PARTING_S)
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await self._client.close()

    async def _part(self) -> None:
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._session is not None:
            await self._client.end_session(self._session)

    async def _settled(self) -> str:
        """The session, once everything that was seen is known to the service. Raises PermissionDenied."""
        if self._session is None or self._unsaid or time.monotonic() > self._extend_at:
            async with self._speaking:
                # INVARIANT: there is one session for one run. When it is over it vouches for nothing; a new one would
                # have forgotten what the run has seen.
                if self._session is None:
                    opened = await self._client.open_session(ttl=_HOUR, labels=self._labels)
                    self._session = _id(opened)
                    self._extend_at = time.monotonic() + _EXTEND_EVERY
                if time.monotonic() > self._extend_at:
                    self._extend_at = time.monotonic() + _EXTEND_EVERY
                    with contextlib.suppress(PermissionDenied):
                        await self._client.extend_session(self._session, ttl=_HOUR)
                while self._unsaid:
                    (tool, source), content = next(iter(self._unsaid.items()))
                    await self._client.observe(self._session, tool=tool[:200], source=source, content=content)
                    self._said.add((tool, source))
                    del self._unsaid[tool, source]
        return self._session

    async def _report(self) -> None:
        with contextlib.suppress(PermissionDenied):  # then whoever asks next tries again, and gets a no
            await self._settled()

    async def _report_outcomes(self) -> None:
        # Each is written durably, and what is asked meanwhile would wait for that: so while nothing is asked.
        while self._ran:
            since, evaluation, took, error = self._ran[0]
            now = time.monotonic()
            quiet = now - self._asked_at
            if quiet < _QUIET_S and now - since < _LATEST_S and not self._parting.is_set():
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._parting.wait(), _QUIET_S - quiet)
                continue
            with contextlib.suppress(PermissionDenied):
                status = "ok" if error is None else "error"
                await self._client.report_outcome(evaluation, status, duration_ms=took, error=error)
            self._ran.popleft()

    def _do(self, chore: Any) -> None:
        task = asyncio.ensure_future(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _id(opened: dict[str, Any]) -> str:
    session = opened.get("id")
    if not isinstance(session, str):
        raise PermissionDenied("The service opened no session.", code="malformed")
    return session
