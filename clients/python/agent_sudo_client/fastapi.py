"""FastAPI: services that agents call ask before they do what an agent wants of them. Needs the extra `fastapi`."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

from fastapi import HTTPException, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_sudo_client.async_client import AsyncClient
from agent_sudo_client.call import Call
from agent_sudo_client.decision import Decision
from agent_sudo_client.errors import ApprovalPending, PermissionDenied, ServiceUnavailable
from agent_sudo_client.outcome import outcome

# Who calls, proven: from a verified token or certificate. A header that anybody can send proves nothing.
Identify = Callable[[Request], "Awaitable[str | None] | str | None"]


class SudoDependency:
    """`Depends(guard("refund", scope="write:refunds"))`: the route is asked about with all that it is given.

    The policy sees `params`, `query` and `body` among the arguments. The client's key must speak for every agent that
    `identify` may name.
    """

    def __init__(self, client: AsyncClient, identify: Identify) -> None:
        self._client = client
        self._identify = identify

    def __call__(self, tool: str, *, scope: str | None = None) -> Callable[[Request], AsyncIterator[Decision]]:
        """A dependency for one route."""

        async def allowed(request: Request) -> AsyncIterator[Decision]:
            call = Call(tool, await _given(request), scope=scope, source="agent")
            try:
                decision = await _require(self._client, self._identify, request, call)
            except PermissionDenied as denied:
                status, document = _problem(denied)
                raise HTTPException(status, document) from denied
            started, error = time.monotonic(), None
            try:
                yield decision
            except Exception as raised:
                error = raised
                raise
            finally:
                await _report(self._client, decision, started, error)

        return allowed


class SudoMiddleware:
    """`app.add_middleware(SudoMiddleware, client=…, identify=…, service="shop")`: every request is asked about.

    The policy knows it as `shop:GET`, its path as the target, and sees `url_path` and `query`; no body is read.
    `without` names paths that anybody may ask for. A websocket is refused: nobody could ask about what is said on it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        client: AsyncClient,
        identify: Identify,
        service: str,
        without: Collection[str] = (),
    ) -> None:
        self._app = app
        self._client = client
        self._identify = identify
        self._service = service
        self._without = frozenset(without)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") in self._without:
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope)
        arguments = {"url_path": request.url.path, "query": _several(request)}
        call = Call(f"{self._service}:{request.method}", arguments, target=request.url.path, source="agent")
        try:
            await _require(self._client, self._identify, request, call)
        except PermissionDenied as denied:
            status, document = _problem(denied)
            await JSONResponse({"detail": document}, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _require(client: AsyncClient, identify: Identify, request: Request, call: Call) -> Decision:
    """Raises PermissionDenied."""
    try:
        agent: Any = identify(request)
        if inspect.isawaitable(agent):
            agent = await agent
    except Exception as error:  # INVARIANT: whatever goes wrong is a no
        reason = f"Finding out which agent calls failed ({type(error).__name__})."
        raise PermissionDenied(reason, code="hook_failed") from error
    if not isinstance(agent, str) or not agent:
        raise PermissionDenied("It is not known which agent calls.", code="unknown_agent")
    return await client.require(call.with_(actor=agent))


async def _given(request: Request) -> dict[str, Any]:
    """All that a route is given. Raises HTTPException for a body that nobody could read whole."""
    arguments: dict[str, Any] = {"params": dict(request.path_params), "query": _several(request)}
    if await request.body():
        try:
            arguments["body"] = await request.json()
        except (ValueError, RecursionError):
            raise HTTPException(415, "The body is no JSON.") from None
    return arguments


def _several(request: Request) -> dict[str, Any]:
    # INVARIANT: a value that is given twice is shown twice, whichever of them the route takes.
    query = request.query_params
    return {name: values[0] if len(values := query.getlist(name)) == 1 else values for name in query}


def _problem(denied: PermissionDenied) -> tuple[int, dict[str, Any]]:
    document = {"code": denied.code, "reason": denied.reason}
    if isinstance(denied, ApprovalPending):
        document["approval_id"] = denied.approval_id or ""
    if isinstance(denied, ServiceUnavailable):
        return 503, document
    return 401 if denied.code == "unknown_agent" else 403, document


async def _report(client: AsyncClient, decision: Decision, started: float, error: BaseException | None) -> None:
    # The route has run; what became of the report changes nothing for its caller.
    with contextlib.suppress(PermissionDenied):
        await client.drive(outcome(decision, started, error))
