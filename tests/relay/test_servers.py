"""The official client and servers that nobody here wrote: what works directly works through the relay."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.homes import basic
from tests.processes import until
from tests.relay import page
from tests.relay.conftest import Running, relayed
from tests.relay.trying import EVERYTHING, TIME, Seen, Step, call, differences, filesystem, memory, try_all

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ROOT / ".mcp-servers/node_modules/@modelcontextprotocol"
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


def check(server: str, column: str, direct: Seen, through: Seen) -> None:
    assert differences(direct, through) == {}
    assert (server, column) in page.CELLS
    said = f"{len(through)} of {len(direct)}"
    if file := os.environ.get(page.MAKING):
        with Path(file).open("a") as written:
            written.write(json.dumps([server, column, said]) + "\n")
    else:
        assert page.cells()[server, column] == said, "run scripts/matrix"


def test_the_page_has_the_cells_that_tests_write_and_no_other() -> None:
    said = page.cells()
    assert said.keys() == set(page.CELLS)
    assert page.written() == page.table(said), "run scripts/matrix"


@node_servers
def test_the_server_of_everything_does_everything(service: Running, tmp_path: Path) -> None:
    direct, through = asyncio.run(both(service, tmp_path, node("everything", "stdio"), "legacy", lambda: EVERYTHING))
    assert {kind: direct[kind] > 0 for kind in ("sampling", "elicitation", "roots")} == dict.fromkeys(
        ("sampling", "elicitation", "roots"), True
    )
    assert direct["progress"][0]
    check("server-everything", "stdio", direct, through)


@node_servers
def test_the_server_of_files_works_on_files(service: Running, tmp_path: Path) -> None:
    work = tmp_path / "work"
    direct, through = asyncio.run(
        both(service, tmp_path, node("filesystem", str(work)), "legacy", lambda: filesystem(work))
    )
    assert (work / "b/a.txt").read_text() == "one\nthree\n"
    check("server-filesystem", "stdio", direct, through)


@node_servers
def test_the_server_of_memories_remembers(service: Running, tmp_path: Path) -> None:
    direct, through = asyncio.run(both(service, tmp_path, node("memory"), "legacy", memory))
    assert "likes tea" in str(direct["graph"])
    check("server-memory", "stdio", direct, through)


@pytest.mark.parametrize(("era", "column"), [("legacy", "stdio"), (NEW_ERA, f"stdio, {NEW_ERA}")])
def test_the_server_of_time_tells_the_time_in_both_eras(
    service: Running, tmp_path: Path, era: str, column: str
) -> None:
    direct, through = asyncio.run(both(service, tmp_path, [sys.executable, "-m", "mcp_server_time"], era, lambda: TIME))
    assert direct["version"] == (NEW_ERA if era == NEW_ERA else "2025-11-25")
    check("mcp-server-time", column, direct, through)


MODERN: dict[str, Step] = {
    "tools/list": lambda client: client.list_tools(),
    "add": call("add", a=1, b=2),
    "wrong arguments": call("add", a="x"),
    "placed": call("placed", where="Zürich"),
    "wish": call("wish"),
    "resource": lambda client: client.read_resource("test://a"),
    "prompt": lambda client: client.get_prompt("greet", {"name": "Ann"}),
}


@contextmanager
def listening(command: list[str]) -> Iterator[str]:
    """Where a server listens that was started with a free port, as a word or in PORT."""
    for _ in range(3):  # somebody else may take the port in between
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = [word.replace("PORT", str(port)) for word in command]
        around = {**os.environ, "PORT": str(port)}
        popen = subprocess.Popen(words, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda popen=popen, port=port: popen.poll() is not None or _answers(port))
            if popen.poll() is None:
                yield f"http://127.0.0.1:{port}/mcp"
                return
        finally:
            popen.kill()
            popen.wait()
    raise AssertionError("the server ended")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


async def both_at(service: Running, folder: Path, url: str, era: str, steps: dict[str, Step]) -> tuple[Seen, Seen]:
    """What is seen at `url` directly, then through the relay."""
    command = [sys.executable, "-I", "-m", "agent_sudo_relay", "run", "--timeout", "30", "--name", "open", "--url", url]
    environment = {**service.environment, "XDG_STATE_HOME": str(folder)}
    words = [*command[1:], "--trust-results", "*"]
    relay = StdioServerParameters(command=command[0], args=words, env=environment, cwd=folder)
    return await try_all(url, era, steps), await try_all(relay, era, steps)


@node_servers
def test_the_server_of_everything_does_everything_over_http(service: Running, tmp_path: Path) -> None:
    with listening(node("everything", "streamableHttp")) as url:
        direct, through = asyncio.run(both_at(service, tmp_path, url, "legacy", EVERYTHING))
    assert direct["sampling"]
    check("server-everything", "HTTP", direct, through)


@pytest.mark.parametrize(("era", "column"), [("legacy", "HTTP"), (NEW_ERA, f"HTTP, {NEW_ERA}")])
def test_a_server_of_both_eras_works_over_http(service: Running, tmp_path: Path, era: str, column: str) -> None:
    with listening([sys.executable, str(Path(__file__).with_name("modern_server.py")), "PORT"]) as url:
        direct, through = asyncio.run(both_at(service, tmp_path, url, era, MODERN))
        if era == NEW_ERA:
            assert direct["elicitation"] == 1
            assert "answered" in str(direct["wish"])
            asyncio.run(denied_at(service, tmp_path, url))
    check("MCPServer", column, direct, through)


async def denied_at(service: Running, folder: Path, url: str) -> None:
    """What is denied leaves no trace over HTTP, and a server's wish in an answer is decided, too."""
    command = [sys.executable, "-I", "-m", "agent_sudo_relay", "run", "--timeout", "30", "--name", "odd", "--url", url]
    environment = {**service.environment, "XDG_STATE_HOME": str(folder)}
    words = [*command[1:], "--trust-results", "*"]
    asked: list[str] = []

    async def elicit(context: Any, params: Any) -> Any:
        asked.append(params.message)

    relay = StdioServerParameters(command=command[0], args=words, env=environment, cwd=folder)
    async with Client(relay, mode=NEW_ERA, elicitation_callback=elicit) as client:
        denied = await client.call_tool("forbidden", {"path": str(folder / "x")})
        assert denied.is_error
        # Our own folders say nothing of where that server is.
        seq = service.entries("decision")[-1]["seq"]
        request = service.process.ask("GET", f"/audit/entries/{seq}", basic())[1]["payload"]["request"]
        assert (request["cwd"], request["home"]) == ("", "")
        wish = await client.call_tool("wish", {})
        assert wish.is_error
        assert "Servers ask people nothing." in str(wish.content)
    assert asked == []
    assert not (folder / "x").exists()


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
