"""LangChain and LangGraph: `create_agent(…, middleware=[SudoMiddleware()])`. Needs the extra `langchain`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from langchain.agents.middleware import AgentMiddleware, ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.types import Command, interrupt

from agent_sudo_client.errors import ApprovalPending, PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, Permit, told
from agent_sudo_client.outcome import reported, reported_later

Result: TypeAlias = "ToolMessage | Command[Any]"


class SudoMiddleware(AgentMiddleware[Any, Any, Any]):
    """Every tool call is asked about. Put it last, so that nothing changes a call after it was allowed.

    With `pause`, a call that people must approve interrupts the graph (which needs a checkpointer). Resuming it with
    any value asks the service again: what the program resumes with approves nothing.
    """

    def __init__(self, gate: Gate | None = None, *, pause: bool = False) -> None:
        super().__init__()
        self._gate = gate or Gate()
        self._pause = pause

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Result]) -> Result:
        """Run the call if it may run."""
        call = request.tool_call
        while True:
            try:
                permit = self._gate.ask(call["name"], call["args"])
            except PermissionDenied as denied:
                if not self._paused(denied, request):
                    return _refused(denied, request)
                continue
            with reported(permit.session, permit.decision):
                return handler(_permitted(permit, request))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Result]]
    ) -> Result:
        """As `wrap_tool_call`, for asyncio."""
        call = request.tool_call
        while True:
            try:
                permit = await self._gate.ask_later(call["name"], call["args"])
            except PermissionDenied as denied:
                if not self._paused(denied, request):
                    return _refused(denied, request)
                continue
            async with reported_later(permit.session, permit.decision):
                return await handler(_permitted(permit, request))

    def _paused(self, denied: PermissionDenied, request: ToolCallRequest) -> bool:
        """Whether the graph was interrupted here, and has been resumed."""
        if not self._pause or not isinstance(denied, ApprovalPending):
            return False
        call = request.tool_call
        shown = {"tool": call["name"], "arguments": call["args"], "reason": denied.reason}
        interrupt({"approval_id": denied.approval_id, **shown})
        return True


def _permitted(permit: Permit, request: ToolCallRequest) -> ToolCallRequest:
    return request.override(tool_call={**request.tool_call, "args": permit.arguments})


def _refused(denied: PermissionDenied, request: ToolCallRequest) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(told(denied), name=call["name"], tool_call_id=call["id"], status="error")
