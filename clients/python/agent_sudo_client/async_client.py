"""`AsyncClient`: the service for asyncio."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from agent_sudo_client import talk
from agent_sudo_client.endpoint import Endpoint, unreachable
from agent_sudo_client.errors import ServiceUnavailable
from agent_sudo_client.talk import Answer, Send, Talk

if TYPE_CHECKING:
    import asyncio
    import ssl

    from typing_extensions import Self

    from agent_sudo_client.async_connections import AsyncConnections

P = ParamSpec("P")
T = TypeVar("T")


def _driven(use_case: Callable[P, Talk[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    @functools.wraps(use_case)
    async def method(self: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.drive(use_case(*args, **kwargs))

    return method  # type: ignore[return-value]  # wraps() forgets that `self` is positional


class AsyncClient:
    """As `Client`, and every method is awaited. Each event loop that uses it has connections of its own."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        operator: tuple[str, str] | None = None,
        timeout: float = 10.0,
        retry: bool = False,
        connections: int = 32,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._endpoint = Endpoint(url, key, operator, tls, timeout, retry=retry)
        self._tls = self._endpoint.tls()
        self._most = connections
        self._opened: dict[asyncio.AbstractEventLoop, AsyncConnections] = {}

    async def drive(self, use_case: Talk[T]) -> T:
        """Send what a use case wants sent, until it is done."""
        try:
            send = next(use_case)
            while True:
                send = use_case.send(await self._exchange(send))
        except StopIteration as done:
            result: T = done.value
            return result

    async def _exchange(self, send: Send) -> Answer:
        request, patience = self._endpoint.request(send), self._endpoint.patience(send)
        connections = self._connections()
        sent = time.monotonic()
        try:
            reply = await connections.exchange(request, patience, again=self._endpoint.names(send))
        except Exception as error:  # INVARIANT: whatever goes wrong on the way is a no
            raise unreachable(error) from error
        return Answer(reply.status, reply.content, sent)

    def _connections(self) -> AsyncConnections:
        """Those of the event loop that runs."""
        import asyncio  # noqa: PLC0415 - half the time of importing all this

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            reason = "AsyncClient needs an event loop of asyncio, and none runs here, so nothing is allowed."
            raise ServiceUnavailable(reason, code="no_event_loop") from None
        found = self._opened.get(loop)
        if found is None:
            from agent_sudo_client.async_connections import AsyncConnections  # noqa: PLC0415 - as above

            for other in [one for one in list(self._opened) if one.is_closed()]:
                if theirs := self._opened.pop(other, None):
                    theirs.close()
            to = self._endpoint
            found = self._opened[loop] = AsyncConnections(to.host, to.port, self._tls, self._most)
        return found

    async def close(self) -> None:
        """Close its connections."""
        for one in list(self._opened.values()):
            one.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    evaluate = _driven(talk.evaluate)
    evaluate_batch = _driven(talk.evaluate_batch)
    require = _driven(talk.require)
    denied_tools = _driven(talk.denied_tools)
    report_outcome = _driven(talk.report_outcome)
    open_session = _driven(talk.open_session)
    session = _driven(talk.session)
    add_prompt = _driven(talk.add_prompt)
    observe = _driven(talk.observe)
    extend_session = _driven(talk.extend_session)
    end_session = _driven(talk.end_session)
    approval = _driven(talk.approval)
    approvals = _driven(talk.approvals)
    wait_for_approval = _driven(talk.wait_for_approval)
    cancel_approval = _driven(talk.cancel_approval)
    decide_approval = _driven(talk.decide_approval)
    delegate = _driven(talk.delegate)
    delegations = _driven(talk.delegations)
    revoke_delegation = _driven(talk.revoke_delegation)
