"""OpenAI Agents SDK: `Agent(tools=[SudoGuard()(tool), …])`. Needs the extra `openai_agents`.

Only function tools can be guarded: hosted tools run elsewhere, and an MCP server's tools are asked about in front of
that server.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from agents import FunctionTool, RunContextWrapper, ToolApprovalItem, ToolGuardrailFunctionOutput, ToolInputGuardrail
from agents.tool_context import ToolContext
from agents.tool_guardrails import ToolInputGuardrailData

from agent_sudo_client.errors import ApprovalPending, PermissionDenied
from agent_sudo_client.frameworks.gate import Gate, Permit, told
from agent_sudo_client.outcome import reported_later


class SudoGuard:
    """Makes tools that are asked about before each call.

    With `pause`, a call that people must approve ends the run in an interruption. `state.approve(item)` and another
    run ask the service again: what the program approves counts for nothing.
    """

    def __init__(self, gate: Gate | None = None, *, pause: bool = False) -> None:
        self._gate = gate or Gate()
        self._pause = pause
        self._pending: dict[str, str | None] = {}
        # Found out while looking whether to pause; used by the guardrail right after.
        self._early: dict[str, Permit] = {}

    def approval_id(self, item: ToolApprovalItem) -> str | None:
        """Which approval an interruption of this process waits for."""
        return self._pending.get(item.call_id or "")

    def __call__(self, tool: FunctionTool) -> FunctionTool:
        """The same tool, guarded."""
        made = copy.copy(tool)
        inner, wants = made.on_invoke_tool, made.needs_approval
        permits: WeakKeyDictionary[ToolContext[Any], tuple[str, Permit]] = WeakKeyDictionary()

        async def decide(data: ToolInputGuardrailData) -> ToolGuardrailFunctionOutput:
            context = data.context
            try:
                permit = await self._permit(tool.name, context.tool_call_id, context.tool_arguments)
            except PermissionDenied as denied:
                return ToolGuardrailFunctionOutput.reject_content(told(denied), {"code": denied.code})
            permits[context] = context.tool_arguments, permit
            return ToolGuardrailFunctionOutput.allow({"evaluation_id": permit.decision.evaluation_id})

        async def invoke(context: ToolContext[Any], given: str) -> Any:
            asked, permit = permits.pop(context, (None, None))
            # INVARIANT: nothing runs but by a permit for this very call, and while that is good.
            if permit is None or asked != given or not permit.decision.allowed:
                return told(PermissionDenied("This call was not asked about.", code="not_asked"))
            async with reported_later(permit.session, permit.decision):
                return await inner(context, json.dumps(permit.arguments) if permit.edited else given)

        async def needs_approval(context: RunContextWrapper[Any], given: dict[str, Any], call_id: str) -> bool:
            if wants is True or (callable(wants) and await wants(context, given, call_id)):
                return True
            return await self._must_pause(tool.name, call_id, given)

        guardrail: ToolInputGuardrail[Any] = ToolInputGuardrail(decide, name="agent_sudo")
        made.tool_input_guardrails = [*(made.tool_input_guardrails or []), guardrail]
        made.on_invoke_tool = invoke
        made.needs_approval = needs_approval if self._pause else wants
        return made

    async def _permit(self, tool: str, call_id: str, given: str) -> Permit:
        arguments = _arguments(given)
        early = self._early.pop(call_id, None)
        if early is not None and self._gate.covers(early, arguments):
            return early
        permit = await self._gate.ask_later(tool, arguments)
        self._pending.pop(call_id, None)
        return permit

    async def _must_pause(self, tool: str, call_id: str, given: Mapping[str, Any]) -> bool:
        try:
            self._early[call_id] = await self._gate.ask_later(tool, given)
        except ApprovalPending as pending:
            self._pending[call_id] = pending.approval_id
            return True
        except PermissionDenied:
            pass  # the guardrail says so, and why
        return False


def _arguments(given: str) -> dict[str, Any]:
    try:
        arguments = json.loads(given or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise PermissionDenied("The arguments are no JSON object.", code="not_json")
    return arguments
