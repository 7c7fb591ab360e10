"""Guarded generators: asked about at the first step; every step is taken in the session in which they were called."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import Any

from agent_sudo_client.agent import Identity, Session
from agent_sudo_client.binding import Bound
from agent_sudo_client.decision import Decision
from agent_sudo_client.outcome import reported, reported_later

Permitted = tuple[Bound, Decision]


def steps(
    function: Callable[..., Any], session: Session, permit: Callable[[], Permitted | None]
) -> Generator[Any, Any, Any]:
    """A generator's steps; none where it was not permitted and that was logged."""
    permitted = permit()
    if permitted is None:
        return None
    bound, decision = permitted
    with reported(session, decision):
        return (yield from _Steps(function(*bound.given.args, **bound.given.kwargs), Identity(session)))


class _Steps(Generator[Any, Any, Any]):
    def __init__(self, inner: Generator[Any, Any, Any], identity: Identity) -> None:
        self._inner = inner
        self._identity = identity

    def send(self, value: Any) -> Any:
        with self._identity.step():
            return self._inner.send(value)

    def throw(self, *raised: Any) -> Any:
        with self._identity.step():
            return self._inner.throw(*raised)


class AsyncSteps(AsyncGenerator[Any, Any]):
    """An async generator's steps."""

    def __init__(
        self, function: Callable[..., Any], session: Session, permit: Callable[[], Awaitable[Permitted | None]]
    ) -> None:
        self._function = function
        self._session = session
        self._permit = permit
        self._identity = Identity(session)
        self._inner: AsyncGenerator[Any, Any] | None = None
        self._report: AbstractAsyncContextManager[None] | None = None
        self._done = False

    async def asend(self, value: Any) -> Any:
        if self._inner is None and not self._done:
            await self._begin()
        return await self._step(lambda inner: inner.asend(value))

    async def athrow(self, *raised: Any) -> Any:
        if self._inner is None:
            self._done = True
            raise raised[0]
        return await self._step(lambda inner: inner.athrow(*raised))

    async def _begin(self) -> None:
        self._done = True  # unless it is permitted
        permitted = await self._permit()
        if permitted is not None:
            bound, decision = permitted
            self._done = False
            self._report = reported_later(self._session, decision)
            await self._report.__aenter__()
            self._inner = self._function(*bound.given.args, **bound.given.kwargs)

    async def _step(self, take: Callable[[AsyncGenerator[Any, Any]], Awaitable[Any]]) -> Any:
        if self._inner is None or self._done or self._report is None:
            raise StopAsyncIteration
        try:
            with self._identity.step():
                return await take(self._inner)
        except StopAsyncIteration:
            self._done = True
            await self._report.__aexit__(None, None, None)
            raise
        except BaseException as error:
            self._done = True
            await self._report.__aexit__(type(error), error, error.__traceback__)
            raise
