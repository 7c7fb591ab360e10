"""The official client and servers that nobody here wrote: what works directly works through the relay."""

import asyncio
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from tests.relay.conftest import Running, relayed
from tests.relay.trying import EVERYTHING, TIME, Seen, Step, differences, filesystem, memory, try_all

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ROOT / ".mcp-servers/node_modules/@modelcontextprotocol"
PAGE = ROOT / "docs/integrations/mcp.md"
NEW_ERA = "2026-07-28"
# The client says so of what the new era has no more; the old one has it.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
node_servers = pytest.mark.skipif(
    not (SERVERS.is_dir() and shutil.which("node")), reason="the servers are not set up: scripts/servers"
)


def node(name: str, *arguments: str) -> list[str]:
    return ["node", str(SERVERS / f"server-{name}/dist/index.js"), *arguments]


async def both(
    service: Running, folder: Path, command: list[str], era: str, steps: Callable[[], dict[str, Step]]
) -> tuple[Seen, Seen]:
    """What is seen directly, then through the relay, the folder `work` being empty each time."""
    found = []
    for words in (command, relayed("open", *command, options=("--trust-results", "*"))):
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        around = {"XDG_STATE_HOME": str(folder), "MEMORY_FILE_PATH": str(work / "memory.jsonl")}
        environment = {**service.environment, **around} if words is not command else around
        server = StdioServerParameters(command=words[0], args=words[1:], env=environment, cwd=work)
        found.append(await try_all(server, era, steps()))
    return found[0], found[1]


def row(name: str) -> list[str]:
    """A server's cells in the page."""
    (line,) = re.findall(rf"^\| `{re.escape(name)}` \|(.*)\|$", PAGE.read_text(), re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def check(name: str, column: int, direct: Seen, through: Seen) -> None:
    assert differences(direct, through) == {}
    assert row(name)[column] == f"{len(direct)} of {len(direct)}"


@node_servers
def test_the_server_of_everything_does_everything(service: Running, tmp_path: Path) -> None:
    direct, through = asyncio.run(both(service, tmp_path, node("everything", "stdio"), "legacy", lambda: EVERYTHING))
    assert {kind: direct[kind] > 0 for kind in ("sampling", "elicitation", "roots")} == dict.fromkeys(
        ("sampling", "elicitation", "roots"), True
    )
    assert direct["progress"][0]
    check("server-everything", 0, direct, through)


@node_servers
def test_the_server_of_files_works_on_files(service: Running, tmp_path: Path) -> None:
    work = tmp_path / "work"
    direct, through = asyncio.run(
        both(service, tmp_path, node("filesystem", str(work)), "legacy", lambda: filesystem(work))
    )
    assert (work / "b/a.txt").read_text() == "one\nthree\n"
    check("server-filesystem", 0, direct, through)


@node_servers
def test_the_server_of_memories_remembers(service: Running, tmp_path: Path) -> None:
    direct, through = asyncio.run(both(service, tmp_path, node("memory"), "legacy", memory))
    assert "likes tea" in str(direct["graph"])
    check("server-memory", 0, direct, through)


@pytest.mark.parametrize(("era", "column"), [("legacy", 0), (NEW_ERA, 1)])
def test_the_server_of_time_tells_the_time_in_both_eras(
    service: Running, tmp_path: Path, era: str, column: int
) -> None:
    direct, through = asyncio.run(both(service, tmp_path, [sys.executable, "-m", "mcp_server_time"], era, lambda: TIME))
    assert direct["version"] == (NEW_ERA if era == NEW_ERA else "2025-11-25")
    check("mcp-server-time", column, direct, through)


@node_servers
def test_a_denied_call_writes_no_file(service: Running, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    command = relayed("closed", *node("filesystem", str(work)), options=("--wait", "0"))
    environment = {**service.environment, "XDG_STATE_HOME": str(tmp_path)}

    async def write() -> list[bool]:
        async with Client(StdioServerParameters(command=command[0], args=command[1:], env=environment)) as client:
            one = await client.call_tool("write_file", {"path": str(work / "a"), "content": "x"})
            two = await client.call_tool("create_directory", {"path": str(work / "b")})
            return [one.is_error, two.is_error]

    assert asyncio.run(write()) == [True, True]
    assert list(work.iterdir()) == []
