"""`@sudo`: a function that runs only when the service allows this very call, in the current agent's name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from agent_sudo_client import talk
from agent_sudo_client.agent import Session, current
from agent_sudo_client.binding import Binding, Bound, Check, checked
from agent_sudo_client.decision import Decision
from agent_sudo_client.errors import ArgumentsEdited, PermissionDenied
from agent_sudo_client.outcome import reported, reported_later, warn
from agent_sudo_client.steps import AsyncSteps, steps
from agent_sudo_client.talk import Talk

F = TypeVar("F", bound=Callable[..., Any])
OnDeny = Literal["raise", "log", "wait"] | Callable[[PermissionDenied], Any]
Permitted = tuple[Bound, Decision]


def sudo(
    scope: str | None = None,
    *,
    action: str | None = None,
    target: str | Callable[[Mapping[str, Any]], str] | None = None,
    source: str | None = None,
    check: Check | None = None,
    on_deny: OnDeny = "raise",
    wait: float = 300.0,
) -> Callable[[F], F]:
    """Guard a function, a method, a coroutine or a generator.

    scope    what the agent must hold: `write:refunds`
    action   by what name the policy knows it, if not by the function's
    target   the parameter that it is about, or a function that makes it of the arguments
    source   where the call comes from, if not from where its session says
    check    is given the arguments first, and may raise PermissionDenied: `Guardrails(…)`
    on_deny  `raise`; `log` (a warning, and None instead of a result); `wait` up to `wait` seconds for people; or a
             function that is told why and, after it saw to it, returns True: then the service is asked once more.
             Nothing but the service's own yes ever runs the function.
    """

    def guarded(function: F) -> F:
        if isinstance(function, (staticmethod, classmethod)) or not inspect.isroutine(function):
            raise TypeError("@sudo goes directly above a `def`: below @staticmethod, @classmethod and @property.")
        binding = Binding(function, scope=scope, action=action, target=target, source=source)
        made = _wrap(function, binding, _Gate(on_deny, wait if on_deny == "wait" else 0.0, check))
        return functools.wraps(function)(made)  # type: ignore[return-value]  # it is called as the function is

    return guarded


class _Gate:
    """What happens between a call and its function."""

    def __init__(self, on_deny: OnDeny, wait: float, check: Check | None) -> None:
        if not callable(on_deny) and on_deny not in ("raise", "log", "wait"):
            raise ValueError('on_deny is "raise", "log", "wait" or a function')
        self._on_deny = on_deny
        self._wait = wait
        self._check = check

    def pass_(self, session: Session, bound: Bound) -> Permitted | None:
        """What may run; None: nothing, and that was logged."""
        client = session.agent.client
        try:
            return client.drive(_asked(session, bound, self._wait, self._check))
        except PermissionDenied as denied:
            answer = self._answer(denied)
            if inspect.isawaitable(answer):
                answer = _awaited(answer)
            if not self._ask_again(denied, answer):
                return None
        return client.drive(_asked(session, bound, 0.0, self._check))

    async def pass_later(self, session: Session, bound: Bound) -> Permitted | None:
        """As `pass_`, for asyncio."""
        async with session.async_client() as client:
            try:
                return await client.drive(_asked(session, bound, self._wait, self._check))
            except PermissionDenied as denied:
                answer = self._answer(denied)
                if inspect.isawaitable(answer):
                    answer = await answer
                if not self._ask_again(denied, answer):
                    return None
            return await client.drive(_asked(session, bound, 0.0, self._check))

    def _answer(self, denied: PermissionDenied) -> Any:
        return self._on_deny(denied) if callable(self._on_deny) else None

    def _ask_again(self, denied: PermissionDenied, answer: Any) -> bool:
        if self._on_deny == "log":
            warn("not run: %s", denied.reason)
            return False
        # INVARIANT: only a literal True counts: a coroutine, a text, "no" are all truthy.
        if answer is not True:
            raise denied
        return True


def _asked(session: Session, bound: Bound, wait: float, check: Check | None) -> Talk[Permitted]:
    call = bound.call
    checked(check, call)
    try:
        decision = yield from talk.require(session.speak(call), wait=wait)
    except ArgumentsEdited as edited:
        bound = bound.edited(edited.arguments)
        call = bound.call
        checked(check, call)
        decision = yield from talk.require(session.speak(call))
    # INVARIANT: what runs is what was asked about. While people thought, a list can have changed, a link been turned.
    if bound.call != call:
        raise PermissionDenied("The arguments changed while the call was decided.", code="changed", decision=decision)
    if not session.is_live:
        raise PermissionDenied("The session ended while the call was decided.", code="session_over", decision=decision)
    return bound, decision.require()


def _awaited(answer: Any) -> Any:
    """What a coroutine returns, from where nothing can be awaited."""
    import asyncio  # noqa: PLC0415 - half the time of importing all this

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_await(answer))
    if inspect.iscoroutine(answer):
        answer.close()
    return None


async def _await(answer: Any) -> Any:
    return await answer


def _wrap(function: Callable[..., Any], binding: Binding, gate: _Gate) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        session = current()
        permitted = gate.pass_(session, binding.bind(args, kwargs))
        if permitted is None:
            return None
        bound, decision = permitted
        with reported(session, decision):
            return function(*bound.given.args, **bound.given.kwargs)

    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        session = current()
        permitted = await gate.pass_later(session, binding.bind(args, kwargs))
        if permitted is None:
            return None
        bound, decision = permitted
        async with reported_later(session, decision):
            return await function(*bound.given.args, **bound.given.kwargs)

    def generator(*args: Any, **kwargs: Any) -> Any:
        session, bound = current(), binding.bind(args, kwargs)
        return steps(function, session, lambda: gate.pass_(session, bound))

    def async_generator(*args: Any, **kwargs: Any) -> Any:
        session, bound = current(), binding.bind(args, kwargs)
        return AsyncSteps(function, session, lambda: gate.pass_later(session, bound))

    if inspect.isasyncgenfunction(function):
        return async_generator
    if inspect.isgeneratorfunction(function):
        return generator
    return coroutine if inspect.iscoroutinefunction(function) else wrapper
