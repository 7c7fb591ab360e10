"""A program's file of MCP servers, with the relay in front of each of them and without."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.cli.routing.servers import DESKTOP, RELAY

_OURS = ("AGENT_SUDO_URL", "AGENT_SUDO_KEY")


class Reader(Struct, frozen=True):
    """A program that starts MCP servers: its file below the home, and the name under which they stand there."""

    file: str
    under: str


READERS: Mapping[str, Reader] = {
    "claude-desktop": Reader(f"{DESKTOP}/Claude/claude_desktop_config.json", "mcpServers"),
    "vscode": Reader(f"{DESKTOP}/Code/User/mcp.json", "servers"),
}


def path_of(reader: Reader) -> Path:
    """Where a program keeps the servers of this user."""
    return Path.home() / reader.file


def with_relay(reader: Reader, document: Mapping[str, Any], url: str, key: str) -> dict[str, Any]:
    """The same with the relay in front of each server; one whose headers it could not send stays as it is."""
    clean = without_relay(reader, document)
    return _each(reader, clean, lambda name, server: _relayed(name, server, {_OURS[0]: url, _OURS[1]: key}))


def without_relay(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    """The same with each server as it was."""
    return _each(reader, document, lambda _, server: _bare(server))


def can_relay(reader: Reader, document: Mapping[str, Any]) -> bool:
    """Whether there is a server that the relay can stand before."""
    return with_relay(reader, document, "", "") != without_relay(reader, document)


def _each(reader: Reader, document: Mapping[str, Any], change: Any) -> dict[str, Any]:
    found = _servers(reader, document)
    if not found:
        return dict(document)
    changed = {name: change(name, one) if isinstance(one, dict) else one for name, one in found.items()}
    return {name: changed if name == reader.under else part for name, part in document.items()}


def _servers(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    found = document.get(reader.under, {})
    return found if isinstance(found, dict) else {}


def _relayed(name: str, server: dict[str, Any], ours: dict[str, str]) -> dict[str, Any]:
    if Path(str(server.get("command", ""))).name == RELAY:
        return server  # our own server, which stands behind a relay of its own
    program = shutil.which(RELAY) or RELAY
    rest = {one: part for one, part in server.items() if one not in ("command", "args", "url", "type", "env")}
    env = {**server.get("env", {}), **ours}
    if isinstance(server.get("command"), str):
        arguments = ["run", "--name", name, "--", server["command"], *server.get("args", [])]
        return {"command": program, "args": arguments, "env": env, **_typed(server), **rest}
    if isinstance(server.get("url"), str) and "headers" not in server and server.get("type") != "sse":
        return {"command": program, "args": ["run", "--name", name, "--url", server["url"]], "env": env, **rest}
    return server


def _bare(server: dict[str, Any]) -> dict[str, Any]:
    if not _is_relayed(server):
        return server
    rest = {one: part for one, part in server.items() if one not in ("command", "args", "env", "type")}
    env = {name: value for name, value in server.get("env", {}).items() if name not in _OURS}
    arguments = list(server["args"])
    if "--" in arguments:
        command, *left = arguments[arguments.index("--") + 1 :]
        made = {"command": command, **({"args": left} if left else {}), **({"env": env} if env else {})}
        return {**made, **_typed(server), **rest}
    return {"type": "http", "url": arguments[arguments.index("--url") + 1], **rest}


def _typed(server: dict[str, Any]) -> dict[str, Any]:
    return {"type": server["type"]} if "type" in server else {}


def _is_relayed(server: Any) -> bool:
    if not isinstance(server, dict) or Path(str(server.get("command", ""))).name != RELAY:
        return False
    arguments = server.get("args", [])
    if not isinstance(arguments, list):
        return False
    return bool(arguments[arguments.index("--") + 1 :]) if "--" in arguments else "--url" in arguments[:-1]
