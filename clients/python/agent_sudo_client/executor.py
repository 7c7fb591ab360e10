"""Tools by name, each run only after the service allowed this very call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent_sudo_client.errors import PermissionDenied
from agent_sudo_client.guarded import OnDeny, sudo


class SafeExecutor:
    """A table of tools for an agent loop. Inside a session, `run` calls one; what is not in the table is refused."""

    def __init__(self, tools: Mapping[str, Callable[..., Any]], *, on_deny: OnDeny = "raise") -> None:
        self._tools = {name: sudo(action=name, on_deny=on_deny)(tool) for name, tool in tools.items()}

    def run(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        """What the tool returns. Raises PermissionDenied; for an async tool, await what is returned."""
        if tool not in self._tools:
            raise PermissionDenied(f"There is no tool {tool!r}.", code="no_such_tool")
        return self._tools[tool](**arguments)
