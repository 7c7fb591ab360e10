"""Google ADK: `Runner(…, plugins=[SudoPlugin()])`. Needs the extra `google_adk`."""

from __future__ import annotations

from typing import Any

from google.adk.plugins.base_plugin import BasePlugin
from google.adk.tools.base_tool import BaseTool
from google.adk.tools.tool_context import ToolContext

from agent_sudo_client.errors import ApprovalPending, PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, told
from agent_sudo_client.frameworks.running import Running


class SudoPlugin(BasePlugin):
    """Every tool call is asked about. Put it last; callbacks of an agent that change arguments come after plugins.

    With `pause`, a call that people must approve asks for a confirmation, whose payload names the `approval_id`.
    Whatever the confirmation says, the service is asked again.
    """

    def __init__(self, gate: Gate | None = None, *, pause: bool = False) -> None:
        super().__init__(name="agent_sudo")
        self._gate = gate or Gate()
        self._pause = pause
        self._running = Running()

    async def before_tool_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext
    ) -> dict[str, Any] | None:
        """None where the call may run, else what the model is told instead."""
        try:
            permit = await self._gate.ask_later(tool.name, tool_args)
        except PermissionDenied as denied:
            if self._pause and isinstance(denied, ApprovalPending):
                tool_context.request_confirmation(hint=denied.reason, payload={"approval_id": denied.approval_id})
                # Else the model would be asked to go on, and would call the tool again.
                tool_context.actions.skip_summarization = True
            return {"error": told(denied)}
        if permit.edited:
            tool_args.clear()
            tool_args.update(permit.arguments)
        self._running.begin(tool_context.function_call_id, permit)
        return None

    async def after_tool_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, result: dict[str, Any]
    ) -> None:
        """The tool has run."""
        await self._running.end_later(tool_context.function_call_id)

    async def on_tool_error_callback(
        self, *, tool: BaseTool, tool_args: dict[str, Any], tool_context: ToolContext, error: Exception
    ) -> None:
        """The tool has failed."""
        await self._running.end_later(tool_context.function_call_id, error)
