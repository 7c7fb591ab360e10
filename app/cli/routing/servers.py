"""MCP servers that programs on this machine are told to use, and whether their tools are asked about."""

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.cli.failure import Failure
from app.cli.routing.files import text_of

RELAY = "agent-sudo-relay"
# Where programs with windows keep their settings.
DESKTOP = "Library/Application Support" if sys.platform == "darwin" else ".config"
# Who reads them → the file, the key under which they stand, and what `setup` calls the reader; where that is a coding
# agent, its hooks hear of their tools.
_FILES: tuple[tuple[str, str, str, str], ...] = (
    ("Claude Code", ".claude.json", "mcpServers", "claude-code"),
    ("Codex", ".codex/config.toml", "mcp_servers", "codex"),
    ("Gemini CLI", ".gemini/settings.json", "mcpServers", "gemini"),
    ("Copilot CLI", ".copilot/mcp-config.json", "mcpServers", "copilot"),
    ("Cursor", ".cursor/mcp.json", "mcpServers", "cursor"),
    ("Claude Desktop", f"{DESKTOP}/Claude/claude_desktop_config.json", "mcpServers", "claude-desktop"),
    ("VS Code", f"{DESKTOP}/Code/User/mcp.json", "servers", "vscode"),
)


class Server(Struct, frozen=True):
    """One server that `reader` uses, whom `setup` calls `program`; `how`: what asks about its tools, "" nothing."""

    reader: str
    program: str
    name: str
    how: str


def servers(hooked: frozenset[str]) -> list[Server]:
    """All that are found; `hooked` are the coding agents whose hooks are set up."""
    return [server for row in _FILES for server in _of(*row, hooked)]


def _of(reader: str, file: str, under: str, program: str, hooked: frozenset[str]) -> Iterator[Server]:
    for name, server in _told(Path.home() / file).get(under, {}).items():
        if isinstance(server, dict):
            relayed = RELAY in Path(str(server.get("command", ""))).name
            yield Server(reader, program, name, "the relay" if relayed else "the hook" if program in hooked else "")


def _told(path: Path) -> Mapping[str, Any]:
    """What a file says; nothing where it cannot be read, which is the business of its own program."""
    try:
        text = text_of(path)
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text or "{}")
    except (Failure, ValueError):
        return {}
    return {name: part for name, part in found.items() if isinstance(part, dict)} if isinstance(found, dict) else {}
