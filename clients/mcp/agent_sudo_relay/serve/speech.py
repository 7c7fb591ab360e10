"""Our own server's tools do what tools of those names do everywhere, and policies know them by these names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_sudo_client import Call, Decision

from agent_sudo_relay.message import Message
from agent_sudo_relay.naming import asked_about, tool_name
from agent_sudo_relay.serve.places import absolute

NAME = "agent-sudo"
# The tools, and where those that take a path look when they are given none.
_PATHS: Mapping[str, str | None] = {
    "read_file": "",
    "write_file": "",
    "edit_file": "",
    "list_directory": ".",
    "search_files": ".",
    "run_shell_command": None,
    "http_fetch": None,
    "get_runtime_context": None,
}
# What a call of these kinds brings in was not there before, or nobody knows what it is.
_KNOWN = frozenset(("read", "access", "write", "delete", "execute", "run"))
_READS = frozenset(("read", "access"))


class Served:
    """The server of the workspace at `root`."""

    def __init__(self, root: str) -> None:
        self._root = root

    def asked_about(self, message: Message) -> Call:
        """By the names of all who do the same, in the workspace."""
        call = asked_about(NAME, message)
        name = str(message.params.get("name"))
        if message.method != "tools/call" or name not in _PATHS:
            return call
        call = Call(name, call.arguments, source=call.source, cwd=self._root)
        default = _PATHS[name]
        where = call.arguments.get("path", default) if default is not None else None
        if not isinstance(where, str):
            return call
        try:
            # INVARIANT: the path that is opened is among those that are judged, however it was written.
            return call.with_(resolved_target=absolute(self._root, where))
        except ValueError:
            return call  # which the server will refuse; what was tried is on record all the same

    def tool(self, name: str) -> str:
        """By the names of all who do the same."""
        return name if name in _PATHS else tool_name(NAME, name)

    def lowers(self, call: Call, decision: Decision | None) -> bool:
        """All but what was there: the workspace's files are its user's, who says so by serving them."""
        if decision is None or (call.tool or "").startswith("mcp:"):
            return True
        if call.tool == "get_runtime_context":
            return False
        effects = decision.document.get("effects")
        return not isinstance(effects, list) or not all(self._is_own(one) for one in effects)

    def _is_own(self, effect: Any) -> bool:
        if not isinstance(effect, dict) or effect.get("kind") not in _KNOWN:
            return False
        where = effect.get("resource")
        return effect["kind"] not in _READS or (
            isinstance(where, str) and f"{where}/".startswith(f"{self._root.rstrip('/')}/")
        )


def workspace(given: str) -> str:
    """The folder that is served, links in its own path followed. Raises ValueError."""
    root = os.path.realpath(given)
    if not Path(root).is_dir():
        raise ValueError(f"There is no folder {root}.")
    if root == "/" or root.startswith(("/proc", "/sys", "/dev")):
        raise ValueError(f"{root} is no workspace.")
    return root
