"""FastMCP: `server.add_middleware(SudoMiddleware(Gate(session)))`. Needs the extra `fastmcp`."""

from __future__ import annotations

from typing import Any

from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext

from agent_sudo_client.errors import PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, told
from agent_sudo_client.outcome import reported_later


class SudoMiddleware(Middleware):
    """Every tool call that a client of this server makes is asked about, as `mcp:SERVER/TOOL`. Add it last.

    A server serves in tasks of its own: give the gate the session in whose name its tools are called.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate or Gate()

    async def on_call_tool(self, context: MiddlewareContext[Any], call_next: CallNext[Any, Any]) -> Any:
        """Run the call if it may run. Raises ToolError."""
        message = context.message
        try:
            # INVARIANT: a server's tool never has the name of one that the policy knows itself.
            server = context.fastmcp_context.fastmcp.name  # type: ignore[union-attr]  # a call has one
            permit = await self._gate.ask_later(f"mcp:{server}/{message.name}", message.arguments or {})
        except PermissionDenied as denied:
            raise ToolError(told(denied)) from denied
        if permit.edited:
            context = context.copy(message=message.model_copy(update={"arguments": permit.arguments}))
        async with reported_later(permit.session, permit.decision):
            return await call_next(context)
