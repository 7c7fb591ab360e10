"""A server made with the official SDK, of both eras: over stdio, or over HTTP on the port that is named."""

import sys
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult
from pydantic import Field

server = MCPServer("modern")


@server.tool()
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@server.tool()
def placed(where: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Where"})]) -> str:
    """Say where; the new era says it in a header, too."""
    return where


@server.tool()
def forbidden(path: str) -> str:
    """Write to a file."""
    Path(path).write_text("reached")
    return "written"


@server.tool()
def wish(ctx: Context) -> str | InputRequiredResult:
    """Ask the person something first."""
    if ctx.input_responses:
        return "answered"
    asked = ElicitRequestFormParams(message="Your name?", requested_schema={"type": "object", "properties": {}})
    return InputRequiredResult(input_requests={"name": ElicitRequest(params=asked)}, request_state="s")


@server.resource("test://a")
def text() -> str:
    """A text."""
    return "text"


@server.prompt()
def greet(name: str) -> str:
    """Greet."""
    return f"Greet {name}."


if len(sys.argv) > 1:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
else:
    server.run()
