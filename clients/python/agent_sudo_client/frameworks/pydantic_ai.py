"""Pydantic AI: `Agent(…, capabilities=[SudoCapability()])`. Needs the extra `pydantic_ai`."""

from __future__ import annotations

from typing import Any

from pydantic_ai import ApprovalRequired, RunContext, SkipToolExecution
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.capabilities.abstract import WrapToolExecuteHandler
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tools import ToolDefinition

from agent_sudo_client.binding import changed
from agent_sudo_client.errors import ApprovalPending, PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, told
from agent_sudo_client.frameworks.running import Running


class SudoCapability(AbstractCapability[Any]):
    """Every tool call is asked about. Put it last, so that nothing changes a call after it was allowed.

    With `pause`, a call that people must approve is deferred: the run ends with `DeferredToolRequests`, whose metadata
    name the `approval_id`. Whatever `DeferredToolResults` say of it, the service is asked again.
    """

    def __init__(self, gate: Gate | None = None, *, pause: bool = False) -> None:
        self._gate = gate or Gate()
        self._pause = pause
        self._running = Running()

    async def before_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: dict[str, Any]
    ) -> dict[str, Any]:
        """The arguments that may be used."""
        try:
            permit = await self._gate.ask_later(call.tool_name, args)
            permitted = changed(args, permit.arguments) if permit.edited else args
        except ApprovalPending as pending:
            if self._pause:
                raise ApprovalRequired({"approval_id": pending.approval_id, "reason": pending.reason}) from pending
            raise SkipToolExecution(told(pending)) from pending
        except PermissionDenied as denied:
            raise SkipToolExecution(told(denied)) from denied
        self._running.begin(call.tool_call_id, permit)
        return permitted

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,
        args: dict[str, Any],
        handler: WrapToolExecuteHandler,
    ) -> Any:
        """Report how the tool went that `before_tool_execute` let run, in here."""
        error: BaseException | None = None
        try:
            return await handler(args)
        except BaseException as raised:
            error = raised
            raise
        finally:
            await self._running.end_later(call.tool_call_id, error)
