"""The server's tools, as the official SDK offers them. Whether a call may be made was decided before it came here."""

from __future__ import annotations

import asyncio
import functools
import platform
import threading
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from agent_sudo_relay import __version__
from agent_sudo_relay.serve import fetch as fetching
from agent_sudo_relay.serve import shell
from agent_sudo_relay.serve.workspace import Refused, Workspace

T = TypeVar("T")
Path = Annotated[str, Field(description="Absolute, or below the workspace. Links and `..` are not followed.")]
Seconds = Annotated[int, Field(ge=1, le=300, description="After so many seconds it is ended.")]
_READS = ToolAnnotations(read_only_hint=True)


def server(workspace: Workspace) -> MCPServer:
    """The server of one workspace."""
    shell.adopt()
    workspace.enter()
    made: MCPServer = MCPServer("agent-sudo", version=__version__, log_level="ERROR")
    # One after the other: of two changes of a file neither is lost, and what a command leaves behind is its own.
    changing, running = asyncio.Lock(), asyncio.Lock()

    @made.tool(annotations=_READS, structured_output=False)
    async def read_file(path: Path) -> str:
        """Read a text file of the workspace."""
        return await _done(workspace.read, path)

    @made.tool(structured_output=False)
    async def write_file(path: Path, content: str) -> str:
        """Write a text file of the workspace, in place of what it held; folders on the way are made."""
        async with changing:
            written = await _done(workspace.write, path, content)
        return f"Wrote {written} bytes."

    @made.tool(structured_output=False)
    async def edit_file(path: Path, old_string: str, new_string: str, replace_all: bool = False) -> str:  # noqa: FBT001, FBT002 - as clients name it
        """Replace a text in a file of the workspace; it must stand there once, unless all are to be replaced."""
        async with changing:
            count = await _done(functools.partial(workspace.edit, everywhere=replace_all), path, old_string, new_string)
        return f"Replaced {count}."

    @made.tool(annotations=_READS, structured_output=False)
    async def list_directory(path: Path = ".") -> str:
        """List what lies in a folder of the workspace."""
        return "\n".join(await _done(workspace.entries, path)) or "Nothing."

    @made.tool(annotations=_READS, structured_output=False)
    async def search_files(
        query: Annotated[str, Field(min_length=1, max_length=1_000)],
        path: Path = ".",
        glob: Annotated[str, Field(max_length=200, description="Which names of files, such as *.py")] = "*",
    ) -> str:
        """Find the lines that hold a text, as it is written, in the files below a folder; hidden ones are left out."""
        return "\n".join(await _done(workspace.search, path, query, glob)) or "Nothing."

    @made.tool(structured_output=False)
    async def run_shell_command(command: str, timeout: Seconds = 30) -> CallToolResult:
        """Run a shell line in the workspace. Nothing that it starts outlives it."""
        async with running:
            return _told(await _ran(command, timeout))

    @made.tool(structured_output=False)
    async def http_fetch(url: str) -> CallToolResult:
        """Fetch an address by GET. Redirects are not followed: fetch where they lead by another call."""
        try:
            found = await fetching.fetch(url)
        except fetching.NotFetched as no:
            raise ToolError(str(no)) from None
        return _shown(found)

    @made.tool(annotations=_READS, structured_output=False)
    async def get_runtime_context() -> dict[str, str]:
        """Where this runs: the workspace, its git branch, the system."""
        return {
            "workspace": workspace.root,
            "branch": await asyncio.to_thread(_branch, workspace),
            "system": platform.system(),
        }

    return made


async def _done(work: Callable[..., T], *given: Any) -> T:
    try:
        return await asyncio.to_thread(work, *given)
    except (Refused, ValueError) as no:
        raise ToolError(str(no)) from None
    except OSError as error:
        raise ToolError(error.strerror or type(error).__name__) from None


async def _ran(command: str, patience: int) -> shell.Ran:
    if "\0" in command:
        raise ToolError("A shell line holds no NUL.")
    given_up = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(shell.run, command, float(patience), given_up))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        # INVARIANT: what was taken back has ended before anything else is run.
        given_up.set()
        await asyncio.wait([work])
        raise


def _told(ran: shell.Ran) -> CallToolResult:
    texts = [ran.out, ran.err and f"stderr:\n{ran.err}", ran.ended and f"Ended: {ran.ended}.", f"Exit code {ran.code}."]
    failed = bool(ran.ended) or ran.code != 0
    return CallToolResult(content=[TextContent(type="text", text="\n".join(filter(None, texts)))], is_error=failed)


def _shown(found: fetching.Fetched) -> CallToolResult:
    head = f"HTTP {found.status} {found.kind}"
    if found.location:
        head += f"\nRedirects to {found.location}"
    text = found.content.decode(errors="replace") + ("\n… and more" if found.more else "")
    return CallToolResult(content=[TextContent(type="text", text=f"{head}\n\n{text}")], is_error=found.status >= 400)


def _branch(workspace: Workspace) -> str:
    try:
        return workspace.read(".git/HEAD").strip().removeprefix("ref: refs/heads/")[:200]
    except (Refused, OSError):
        return ""
