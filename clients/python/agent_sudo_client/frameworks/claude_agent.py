"""Claude Agent SDK: `ClaudeAgentOptions(hooks=sudo_hooks())`. Needs the extra `claude_agent`."""

from __future__ import annotations

from typing import Any

from claude_agent_sdk import HookMatcher

from agent_sudo_client.frameworks.gate import Gate, told
from agent_sudo_client.frameworks.running import Running

# What asking takes at most, beside the time that people are given.
_ASKING_S = 120.0


def sudo_hooks(gate: Gate | None = None) -> dict[Any, list[HookMatcher]]:
    """The hooks by which every tool call is asked about, those of Claude Code's own tools too."""
    asks, running = gate or Gate(), Running()

    async def before(given: Any, tool_use_id: str | None, _context: Any) -> Any:
        # INVARIANT: it never raises: where a failure of hooks does not block, the tool would run.
        try:
            permit = await asks.ask_later(given["tool_name"], given["tool_input"])
            said: dict[str, Any] = {"permissionDecision": "allow"}
            if permit.edited:
                said["updatedInput"] = permit.arguments
            running.begin(tool_use_id, permit)
        except Exception as error:  # noqa: BLE001 - as above
            said = {"permissionDecision": "deny", "permissionDecisionReason": told(error)}
        return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **said}}

    async def after(_given: Any, tool_use_id: str | None, _context: Any) -> Any:
        await running.end_later(tool_use_id)
        return {}

    async def failed(_given: Any, tool_use_id: str | None, _context: Any) -> Any:
        await running.end_later(tool_use_id, Exception())
        return {}

    timeout = asks.wait + _ASKING_S
    return {
        "PreToolUse": [HookMatcher(matcher=None, hooks=[before], timeout=timeout, on_failure="block")],
        "PostToolUse": [HookMatcher(matcher=None, hooks=[after])],
        "PostToolUseFailure": [HookMatcher(matcher=None, hooks=[failed])],
    }
