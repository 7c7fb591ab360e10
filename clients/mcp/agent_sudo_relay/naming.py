"""What policies call the things that MCP does: `mcp:SERVER/TOOL`, and `mcp:SERVER/METHOD` for all but tools."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from agent_sudo_client import Call

from agent_sudo_relay.message import Message

# What goes on without being asked about: it starts and ends conversations, and lists what there is.
PASSING = frozenset(
    (
        "initialize", "ping", "server/discover", "logging/setLevel", "completion/complete",
        "tools/list", "resources/list", "resources/templates/list", "prompts/list",
        "resources/subscribe", "resources/unsubscribe", "subscriptions/listen",
        "tasks/get", "tasks/result", "tasks/list", "tasks/cancel",
        "notifications/initialized", "notifications/cancelled", "notifications/progress",
        "notifications/roots/list_changed", "notifications/tasks/status",
    )
)  # fmt: skip
# The same, of what servers ask of clients.
PASSING_BACK = frozenset(("ping", "roots/list"))
# What brings texts that a server wrote, or found, before the model.
TELLING = frozenset(("tools/call", "resources/read", "prompts/get", "tasks/result"))
_LAUNCHERS = frozenset(
    ("npx", "npm", "pnpm", "yarn", "bunx", "bun", "deno", "node", "uvx", "uv", "pipx", "python", "python3", "docker")
)
_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def server_name(command: Sequence[str]) -> str:
    """A name for the server that a command starts: the program's, or what a launcher launches. Raises ValueError."""
    program = PurePath(command[0]).name
    words = [word for word in command[1:] if not word.startswith("-") and word not in ("run", "exec", "x", "tool")]
    if re.sub(r"[\d.]+$", "", program) in _LAUNCHERS and words:
        program = PurePath(words[0]).name
    return checked_name(re.sub(r"(?<=.)@.*$|\.(js|mjs|cjs|py|ts)$", "", program))


def checked_name(name: str) -> str:
    """A server's name as it may stand in policies. Raises ValueError."""
    # INVARIANT: a name of ours is read in one way: `__` would divide it, `/` and `:` would end it.
    if not _SERVER.fullmatch(name) or "__" in name:
        raise ValueError(f"{name!r} is no name for a server: letters, digits, '-', '_' and '.'; give one with --name.")
    return name


def tool_name(server: str, tool: str) -> str:
    """A tool, as policies name it."""
    # INVARIANT: no tool has the name of a method: a `/` of its own is written as %2f.
    return f"mcp:{server}/{tool.replace('%', '%25').replace('/', '%2f')}"


def asked_about(server: str, message: Message) -> Call:
    """The call that a message stands for. Raises ValueError where it is none."""
    params = message.params
    if message.method == "tools/call":
        name, arguments = params.get("name"), params.get("arguments", {})
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise ValueError("A tool's call has a name, and arguments that are an object.")
        return Call(tool_name(server, name), arguments, source="agent")
    arguments = {name: value for name, value in params.items() if name != "_meta"}
    return Call(f"mcp:{server}/{message.method}", arguments, source="agent")


def with_arguments(message: Message, arguments: Any) -> dict[str, Any]:
    """A tool's call with other arguments, those that a person chose."""
    return {**message.body, "params": {**message.params, "arguments": dict(arguments)}}


def visible(name: str) -> str:
    """A name that a server chose, as a log or a terminal may hold it."""
    return "".join(one if one.isprintable() else "?" for one in name)[:200]
