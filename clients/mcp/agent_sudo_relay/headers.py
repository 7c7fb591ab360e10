"""What the new era says of a message in its headers, too: always made from the message itself, which was judged."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent_sudo_relay.message import Message

Mirrored = dict[tuple[str, ...], str]
_NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_PLAIN = re.compile(r"(?! )[\x20-\x7e]*(?<! )")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_DEEPEST = 8


def of_message(message: Message, mirrored: Mapping[str, Mirrored]) -> dict[str, str]:
    """`Mcp-Method`, `Mcp-Name`, and the parameters that the tool's schema wants to have there."""
    named = message.params.get(_NAMED_BY.get(message.method, ""))
    headers = {"mcp-method": _encoded(message.method)}
    if isinstance(named, str):
        headers["mcp-name"] = _encoded(named)
        if message.method == "tools/call":
            for path, token in mirrored.get(named, {}).items():
                value: Any = message.params.get("arguments")
                for name in path:
                    value = value.get(name) if isinstance(value, dict) else None
                if isinstance(value, str | int | float):
                    text = str(value).lower() if isinstance(value, bool) else str(value)
                    headers[f"mcp-param-{token}"] = _encoded(text)
    return headers


def of_parameters(tools: Any) -> dict[str, Mirrored]:
    """Which parameters of each tool are said in headers (`x-mcp-header` in its schema)."""
    found = {}
    for tool in tools if isinstance(tools, list) else []:
        if isinstance(tool, dict) and isinstance(tool.get("name"), str):
            found[tool["name"]] = dict(_wanted(tool.get("inputSchema"), ()))
    return found


def _wanted(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(schema, dict) or len(path) > _DEEPEST:
        return
    token = schema.get("x-mcp-header")
    if path and isinstance(token, str) and _TOKEN.fullmatch(token):
        yield path, token
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield from _wanted(inner, (*path, name))


def _encoded(text: str) -> str:
    if _PLAIN.fullmatch(text) and not text.startswith("=?base64?"):
        return text
    return f"=?base64?{base64.b64encode(text.encode(errors='replace')).decode()}?="
