"""What the hooks of all frameworks share: a call is asked about, people are waited for, and the model is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_sudo_client import talk
from agent_sudo_client.agent import Session, current
from agent_sudo_client.binding import PATHS, Check, about, checked, plain_arguments
from agent_sudo_client.call import Call
from agent_sudo_client.decision import Decision
from agent_sudo_client.errors import ApprovalPending, ArgumentsEdited, PermissionDenied, ServiceUnavailable
from agent_sudo_client.talk import Talk
from agent_sudo_client.values import encode


@dataclass(frozen=True)
class Permit:
    """A call that may run now, with these arguments and no others.

    They are those that were `asked` about, unless `edited`: then a person chose them.
    """

    asked: dict[str, Any]
    arguments: dict[str, Any]
    edited: bool
    session: Session
    decision: Decision


class Gate:
    """Asks about each tool call of an agent, in the name of `session`, else of the current one.

    wait     seconds that people are given to approve, before the model is told that they have not
    source   where the calls come from, if not from where the session says
    check    is given the arguments first, and may raise PermissionDenied: `Guardrails(…)`
    """

    def __init__(
        self,
        session: Session | None = None,
        *,
        wait: float = 0.0,
        source: str | None = None,
        check: Check | None = None,
    ) -> None:
        self._session = session
        self._check = check
        self.wait = wait
        self._source = source

    def ask(self, tool: str, arguments: Mapping[str, Any], *, take_edits: bool = True) -> Permit:
        """The permit. Raises PermissionDenied; ArgumentsEdited of its kinds only where edits are not taken."""
        try:
            session = self._speaker()
            return session.agent.client.drive(self._asked(session, tool, arguments, take_edits))
        except Exception as error:  # INVARIANT: whatever goes wrong in a hook is a no; frameworks run on
            raise _refusal(error) from error

    async def ask_later(self, tool: str, arguments: Mapping[str, Any], *, take_edits: bool = True) -> Permit:
        """As `ask`, for asyncio."""
        try:
            session = self._speaker()
            async with session.async_client() as client:
                return await client.drive(self._asked(session, tool, arguments, take_edits))
        except Exception as error:  # INVARIANT: as above
            raise _refusal(error) from error

    def covers(self, permit: Permit, arguments: Mapping[str, Any]) -> bool:
        """Whether a permit is for a call of these arguments here and now."""
        same = encode(permit.asked) == encode(arguments)
        return same and permit.session is self._speaker() and permit.decision.allowed

    def _speaker(self) -> Session:
        session = self._session
        if session is None:
            return current()
        if not session.is_live:
            raise PermissionDenied(f"The session of {session.agent.name} is over.", code="session_over")
        return session

    def _asked(self, session: Session, tool: str, given: Mapping[str, Any], take_edits: bool) -> Talk[Permit]:  # noqa: FBT001
        # A copy of our own: what the framework does with its one meanwhile changes nothing of what is run.
        arguments = asked = plain_arguments(given)
        call, edited = self._call(tool, arguments), False
        checked(self._check, call)
        try:
            decision = yield from talk.require(session.speak(call), wait=self.wait)
        except ArgumentsEdited as chosen:
            if not take_edits:
                raise
            arguments = chosen.arguments
            call, edited = self._call(tool, arguments), True
            checked(self._check, call)
            decision = yield from talk.require(session.speak(call))
        # INVARIANT: what runs is what was asked about. While people thought, a link can have been turned.
        if self._call(tool, arguments) != call:
            raise PermissionDenied("Where the call leads changed while it was decided.", code="changed")
        if not session.is_live:
            raise PermissionDenied("The session ended while the call was decided.", code="session_over")
        return Permit(asked, arguments, edited, session, decision.require())

    def _call(self, tool: str, arguments: Mapping[str, Any]) -> Call:
        file = next((name for name in PATHS if name in arguments), None)
        call = Call(tool, arguments, source=self._source)
        return call if file is None else call.with_(**about(file, arguments[file]))  # type: ignore[arg-type]  # of its own words


def told(denied: BaseException) -> str:
    """What the model is told instead of a result: why, and what would be needed."""
    denied = _refusal(denied)
    if isinstance(denied, ArgumentsEdited):
        wanted = json.dumps(denied.arguments, ensure_ascii=False)
        return f"Not run. {denied.reason} Call the tool again with exactly these: {wanted}"
    if isinstance(denied, ApprovalPending):
        named = f" It is request {denied.approval_id}." if denied.approval_id else ""
        return f"Not run. {denied.reason}{named} Once it is approved, call the tool again with the same arguments."
    if isinstance(denied, ServiceUnavailable):
        return f"Not run. {denied.reason} Nothing can be run until it answers again; tell the user."
    return (
        f"Not run. {denied.reason} Do not try to reach the same by another way: "
        "it would take another policy, or a person who delegates this."
    )


def _refusal(error: BaseException) -> PermissionDenied:
    if isinstance(error, PermissionDenied):
        return error
    # The kind only: its text may hold anything.
    return PermissionDenied(f"Asking for permission failed ({type(error).__name__}).", code="hook_failed")
