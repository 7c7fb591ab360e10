"""`AsyncClient`: the service for asyncio. One event loop each."""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from agent_sudo_client import talk
from agent_sudo_client.endpoint import Endpoint, unreachable
from agent_sudo_client.talk import Answer, Send, Talk

if TYPE_CHECKING:
    import ssl

    import httpx2
    from typing_extensions import Self

_CONNECT_S = 3.0

P = ParamSpec("P")
T = TypeVar("T")


def _driven(use_case: Callable[P, Talk[T]]) -> Callable[Concatenate[AsyncClient, P], Awaitable[T]]:
    @functools.wraps(use_case)
    async def method(self: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.drive(use_case(*args, **kwargs))

    return method  # type: ignore[return-value]  # wraps() forgets that `self` is positional


class AsyncClient:
    """As `Client`, and every method is awaited."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        operator: tuple[str, str] | None = None,
        timeout: float = 10.0,
        connections: int = 32,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        import httpx2  # noqa: PLC0415

        self._endpoint = Endpoint(url, key, operator, tls, timeout)
        limits = httpx2.Limits(max_connections=connections, keepalive_expiry=4.0)
        # The transport and not httpx2.AsyncClient: no redirects, no cookies, no netrc, no decompression, and half the
        # cost. `retries` are of connecting only: nothing was sent by then.
        self._transport = httpx2.AsyncHTTPTransport(
            verify=self._endpoint.tls() or False, trust_env=False, limits=limits, retries=1
        )
        self._url = httpx2.URL(self._endpoint.url)
        self._request = httpx2.Request

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
        import asyncio  # noqa: PLC0415 - half the time of importing all this

        request = self._made(send)
        sent = time.monotonic()
        try:
            response, content = await asyncio.wait_for(self._spoken(request), self._endpoint.patience(send))
        except Exception as error:  # INVARIANT: whatever goes wrong on the way is a no
            raise unreachable(error) from error
        return self._endpoint.answer(send, sent, response.status_code, content)

    def _made(self, send: Send) -> httpx2.Request:
        patience = self._endpoint.patience(send)
        times = {"connect": min(_CONNECT_S, patience), "read": patience, "write": patience, "pool": patience}
        url = self._url.copy_with(raw_path=self._endpoint.target(send))
        headers = self._endpoint.headers(send)
        return self._request(send.method, url, headers=headers, content=send.body, extensions={"timeout": times})

    async def _spoken(self, request: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        response = await self._transport.handle_async_request(request)
        try:
            return response, b"".join([part async for part in response.aiter_raw()])
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close its connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    evaluate = _driven(talk.evaluate)
    evaluate_batch = _driven(talk.evaluate_batch)
    require = _driven(talk.require)
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
