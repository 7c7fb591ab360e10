"""CrewAI: `with sudo_hooks(): crew.kickoff()`. Needs the extra `crewai`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crewai.hooks import (
    HookAborted,
    ToolCallHookContext,
    register_after_tool_call_hook,
    register_before_tool_call_hook,
    unregister_after_tool_call_hook,
    unregister_before_tool_call_hook,
)

from agent_sudo_client.frameworks.gate import Gate, told
from agent_sudo_client.frameworks.running import Running


@contextmanager
def sudo_hooks(gate: Gate | None = None) -> Iterator[None]:
    """While the block runs, every tool call of every crew of this process is asked about.

    Hooks that are registered inside of the block could still change what was allowed: register them before.
    """
    hooks = _Hooks(gate or Gate())
    register_before_tool_call_hook(hooks.before)
    register_after_tool_call_hook(hooks.after)
    try:
        yield
    finally:
        unregister_before_tool_call_hook(hooks.before)
        unregister_after_tool_call_hook(hooks.after)


class _Hooks:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._running = Running()
        # What the model is told, by the arguments' identity: both hooks of a call are given the same mapping.
        self._told: dict[int, str] = {}

    def before(self, context: ToolCallHookContext) -> None:
        """Raises HookAborted where the call may not run."""
        # INVARIANT: CrewAI goes on and runs the tool after any exception but HookAborted, so there is no other here.
        try:
            self._told.pop(id(context.tool_input), None)
            self._running.forget(id(context.tool_input))
            permit = self._gate.ask(context.tool_name, context.tool_input)
            if permit.edited:
                context.tool_input.clear()
                context.tool_input.update(permit.arguments)
        except Exception as error:
            reason = told(error)
            self._told[id(context.tool_input)] = reason
            raise HookAborted(reason, "agent-sudo") from error
        self._running.begin(id(context.tool_input), permit)

    def after(self, context: ToolCallHookContext) -> str | None:
        """What the model is told; CrewAI itself says only that a hook blocked the call."""
        self._running.end(id(context.tool_input))
        return self._told.pop(id(context.tool_input), None)
