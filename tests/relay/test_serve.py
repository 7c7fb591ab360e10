"""Our own server behind the relay's gate: what it does to real files, and what those who want out get of it."""

import asyncio
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import Client as Service
from agent_sudo_relay.cli import main
from mcp import Client, StdioServerParameters

from tests.homes import OPERATOR, PASSPHRASE, basic, prepare
from tests.processes import start, until
from tests.relay.conftest import Running
from tests.relay.talking import Talk

SERVE = [sys.executable, "-I", "-m", "agent_sudo_relay", "serve", "--timeout", "30"]
TOOLS = {
    "read_file",
    "write_file",
    "edit_file",
    "list_directory",
    "search_files",
    "run_shell_command",
    "http_fetch",
    "get_runtime_context",
}
POLICY = """\
version: 1
rules:
  - id: files
    allow: [read_file, write_file, edit_file, list_directory, search_files]
    effects: [read, write, access]
  - {id: secret, deny: "*", path: "**/secret*", reason: Nobody reads this.}
  - {id: asked, ask: write_file, path: "**/asked*"}
  - {id: lines, allow: run_shell_command, effects: [read, write, access, delete, execute, run, configure, call]}
  - {id: pages, allow: http_fetch, effects: [fetch, network]}
  - {id: where, allow: get_runtime_context}
"""


class Serving:
    """A relay that serves `root`, spoken to line by line."""

    def __init__(self, service: Running, root: Path, *options: str) -> None:
        self.root = root
        pipe = subprocess.PIPE
        popen = subprocess.Popen([*SERVE, *options, str(root)], stdin=pipe, stdout=pipe, env=service.environment)
        self.talk = Talk(popen, root)
        self._numbers = itertools.count(1)
        client = {"name": "test", "version": "1"}
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        self.talk.send("begin", "initialize", **params)
        self.talk.answer("begin")
        self.talk.send(None, "notifications/initialized")

    def do(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        """What a tool says, and whether it failed."""
        return self.talk.told(next(self._numbers), tool, **arguments)

    def said(self, tool: str, **arguments: Any) -> str:
        """What a tool says that works."""
        text, failed = self.do(tool, **arguments)
        assert not failed, text
        return text

    def refused(self, tool: str, **arguments: Any) -> str:
        """What a tool says that does not."""
        text, failed = self.do(tool, **arguments)
        assert failed, text
        return text


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("serve")
    home = prepare(folder, f"sqlite:///{folder / 'agent-sudo.db'}", policy=POLICY)
    process = start(home, folder / "serve.log")
    try:
        yield Running(process, home.key, folder / "state")
    finally:
        process.kill()


@pytest.fixture(scope="module")
def serving(served: Running, root: Path) -> Iterator[Serving]:
    found = Serving(served, root, "--wait", "0.2")
    try:
        yield found
    finally:
        found.talk.close()


@pytest.fixture(scope="module")
def outwards(served: Running, root: Path) -> Iterator[Serving]:
    """Another one, whose session falls by what it is asked for."""
    found = Serving(served, root, "--wait", "0.2")
    try:
        yield found
    finally:
        found.talk.close()


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
def test_the_official_client_uses_every_tool(served: Running, root: Path, era: str) -> None:
    async def use() -> None:
        command = StdioServerParameters(command=SERVE[0], args=[*SERVE[1:], str(root)], env=served.environment)
        async with Client(command, mode=era) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS

            async def said(tool: str, **arguments: Any) -> str:
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, result.content
                text: str = result.content[0].text  # type: ignore[union-attr]  # all that these say is text
                return text

            where = json.loads(await said("get_runtime_context"))
            assert where["workspace"] == str(root)
            await said("write_file", path=f"{era}/a.txt", content="one\ntwo\n")
            await said("edit_file", path=str(root / era / "a.txt"), old_string="two", new_string="drei ü")
            assert await said("read_file", path=f"{era}/a.txt") == "one\ndrei ü\n"
            assert await said("list_directory", path=era) == "file a.txt 12"
            assert f"{era}/a.txt:2: drei ü" in await said("search_files", query="drei", path=era, glob="*.txt")
            assert "Exit code 0." in await said("run_shell_command", command=f"ls {era}")

    asyncio.run(asyncio.wait_for(use(), 60))


def test_the_tools_are_known_by_the_names_of_all_who_do_the_same(serving: Serving, served: Running) -> None:
    serving.said("write_file", path="named.txt", content="x")
    seq = served.entries("decision")[-1]["seq"]
    _, entry = served.process.ask("GET", f"/audit/entries/{seq}", basic())
    request = entry["payload"]["request"]
    assert request["tool"] == "write_file"
    assert request["cwd"] == str(serving.root)
    assert request["resolved_target"] == str(serving.root / "named.txt")
    until(lambda: served.entries("execution.result"))


def test_what_the_policy_denies_is_not_done_and_the_model_reads_why(serving: Serving) -> None:
    (serving.root / "secret.txt").write_text("hidden")
    assert "Nobody reads this." in serving.refused("read_file", path="secret.txt")
    assert "Nobody reads this." in serving.refused("write_file", path="./x/../secret.txt", content="")
    assert (serving.root / "secret.txt").read_text() == "hidden"
    # A tool that it does not have is no tool of that name elsewhere.
    assert "Not run" in serving.refused("delete_file", path="named.txt")


def test_a_person_is_asked_and_the_call_waits(served: Running, root: Path, tmp_path: Path) -> None:
    other = Serving(served, root, "--wait", "0.2")
    try:
        (waiting,) = re.findall(r"/console/approvals/(\w+)", other.refused("write_file", path="asked.txt", content="x"))
        with Service(served.process.url, served.key, operator=(OPERATOR, PASSPHRASE)) as operator:
            operator.decide_approval(waiting, "approve")
        other.said("write_file", path="asked.txt", content="x")
    finally:
        other.talk.close()
    assert (root / "asked.txt").read_text() == "x"


def test_links_pipes_devices_and_second_names_are_not_followed(serving: Serving, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("outside")
    root = serving.root
    (root / "to-file").symlink_to(outside / "file")
    (root / "to-folder").symlink_to(outside)
    (root / "to-proc").symlink_to("/proc/self")
    os.link(outside / "file", root / "second-name")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        at = os.open(root, os.O_RDONLY)
        try:
            bound.bind(f"/proc/self/fd/{at}/socket")
        finally:
            os.close(at)
    for path in ("to-file", "to-folder/file", "to-proc/environ", "second-name", "pipe", "socket", "", ".", "to-folder"):
        assert serving.refused("read_file", path=path) != "outside"
        serving.refused("edit_file", path=path, old_string="outside", new_string="changed")
        if path:
            serving.refused("write_file", path=path, content="changed")
    serving.refused("list_directory", path="to-folder")
    serving.refused("search_files", query="outside", path="to-folder")
    assert serving.said("search_files", query="outside") == "Nothing."
    assert (outside / "file").read_text() == "outside"
    assert list(outside.iterdir()) == [outside / "file"]


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "/proc/self/environ",
        "ROOT/../x",
        "ROOTx/y",
        "~/x",
        "$HOME/x",
        "%HOME%/x",
        "file:///etc/passwd",
        "a\\..\\x",
        "a\nb",
        "a\u202eb",
        "x" * 5_000,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(outwards: Serving, path: str) -> None:
    path = path.replace("ROOT", str(outwards.root))
    for tool, more in (("read_file", {}), ("write_file", {"content": "x"}), ("list_directory", {})):
        outwards.refused(tool, path=path, **more)
    assert not (outwards.root.parent / "x").exists()


def test_folders_that_are_swapped_for_links_lead_nowhere(served: Running, serving: Serving, tmp_path: Path) -> None:
    """Somebody swaps a folder for a link to outside as fast as they can; nothing of the outside is seen or changed."""
    outside, root = tmp_path / "outside", serving.root
    outside.mkdir()
    (outside / "file").write_text("outside")
    (root / "real").mkdir()
    (root / "real" / "file").write_text("inside")
    (root / "link").symlink_to(outside)
    swapping = (
        "import os, sys\n"
        "while os.path.exists(sys.argv[1]):\n"
        "    os.rename('real', 'at'); os.rename('at', 'real'); os.rename('link', 'at'); os.rename('at', 'link')\n"
    )
    going = tmp_path / "going"
    going.touch()
    popen = subprocess.Popen([sys.executable, "-I", "-c", swapping, str(going)], cwd=root)
    try:
        for _ in range(60):
            assert "outside" not in serving.do("read_file", path="at/file")[0]
            serving.do("write_file", path="at/new", content="x")
            serving.do("edit_file", path="at/file", old_string="outside", new_string="changed")
    finally:
        going.unlink()
        popen.wait(30)
    assert sorted(outside.iterdir()) == [outside / "file"]
    assert (outside / "file").read_text() == "outside"


def test_large_and_strange_files_are_refused(serving: Serving) -> None:
    with (serving.root / "large").open("wb") as file:
        file.truncate(1 << 40)
    (serving.root / "bytes").write_bytes(b"\xff\x00")
    assert "longer than" in serving.refused("read_file", path="large")
    assert "no text" in serving.refused("read_file", path="bytes")
    assert serving.said("search_files", query="x", glob="large") == "Nothing."
    (serving.root / "large").unlink()


def test_a_file_is_written_whole_and_keeps_its_mode(serving: Serving) -> None:
    path = serving.root / "kept.sh"
    path.write_text("a a")
    path.chmod(0o750)
    assert "stands there 2 times" in serving.refused("edit_file", path="kept.sh", old_string="a", new_string="b")
    assert "does not stand there" in serving.refused("edit_file", path="kept.sh", old_string="c", new_string="b")
    assert serving.said("edit_file", path="kept.sh", old_string="a", new_string="b", replace_all=True) == "Replaced 2."
    assert path.read_text() == "b b"
    assert path.stat().st_mode & 0o777 == 0o750
    assert not [one for one in serving.root.iterdir() if one.name.endswith(".new")]


def test_a_search_opens_no_hidden_file_and_says_where_it_stopped(serving: Serving) -> None:
    folder = serving.root / "searched"
    (folder / ".hidden").mkdir(parents=True)
    (folder / ".hidden" / "a").write_text("needle")
    (folder / ".env").write_text("needle")
    (folder / "many").write_text("needle\n" * 300)
    lines = serving.said("search_files", query="needle", path="searched").splitlines()
    assert len(lines) == 201
    assert lines[-1] == "… and more"
    assert all(line.startswith("searched/many:") for line in lines[:-1])


def test_many_entries_are_listed_in_part(serving: Serving) -> None:
    folder = serving.root / "full"
    folder.mkdir()
    for number in range(1_001):
        (folder / str(number)).touch()
    (folder / "a\x1b[2J\nfile b").touch()
    lines = serving.said("list_directory", path="full").splitlines()
    assert len(lines) == 1_001
    assert lines[-1] == "… and more"
    assert "\x1b" not in "".join(lines)


def _left(mark: str) -> bool:
    """Whether a process lives whose command holds a word."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark in entry.read_bytes().decode(errors="replace").split("\0"):
                return True
        except OSError:
            continue
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say who is left behind")
def test_nothing_that_a_line_starts_outlives_it(serving: Serving) -> None:
    text = serving.said(
        "run_shell_command",
        command="sleep 86401 & setsid sleep 86402 & (setsid sh -c 'sleep 86403 & sleep 86403' &); echo on",
    )
    assert text.startswith("on")
    began = time.monotonic()
    assert "longer than 1 seconds" in serving.refused("run_shell_command", command="sleep 86404", timeout=1)
    assert time.monotonic() - began < 60
    assert [number for number in range(86401, 86405) if _left(str(number))] == []


def test_a_line_that_is_taken_back_ends(serving: Serving) -> None:
    serving.talk.call("slow", "run_shell_command", command="sleep 86405", timeout=300)
    until(lambda: _left("86405"))
    serving.talk.send(None, "notifications/cancelled", requestId="slow")
    until(lambda: not _left("86405"))
    assert serving.said("run_shell_command", command="echo next").startswith("next")


def test_a_client_that_hangs_up_leaves_no_line_running(served: Running, root: Path) -> None:
    other = Serving(served, root)
    other.talk.call("slow", "run_shell_command", command="sleep 86406", timeout=300)
    until(lambda: _left("86406"))
    other.talk.close()
    until(lambda: not _left("86406"))


def test_output_is_bounded_and_so_is_who_never_stops(serving: Serving) -> None:
    text = serving.refused("run_shell_command", command="yes")
    assert "wrote more than" in text
    assert len(text) < 300_000
    text = serving.said("run_shell_command", command="head -c 150000 /dev/zero")
    assert "50000 bytes more" in text


def test_a_line_gets_no_key_no_input_and_no_other_meaning(
    served: Running, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rc").write_text("echo poisoned\n")
    monkeypatch.setenv("BASH_ENV", str(tmp_path / "rc"))
    monkeypatch.setenv("BASH_FUNC_ls%%", "() { echo poisoned; }")
    other = Serving(served, root)
    try:
        text = other.said("run_shell_command", command="env; cat; ls; pwd")
    finally:
        other.talk.close()
    assert "AGENT_SUDO" not in text
    assert served.key not in text
    assert "poisoned" not in text
    assert str(root) in text


def test_what_is_fetched_lowers_the_session(served: Running, root: Path) -> None:
    other = Serving(served, root, "--wait", "0.2")
    try:
        assert "HTTP 200" in other.said("http_fetch", url=f"{served.process.url}/healthz")
        assert "Approval pending" in other.refused("run_shell_command", command="touch x")
        assert "http_fetch" in str(served.entries("session.observed"))
    finally:
        other.talk.close()


def test_what_lies_in_the_workspace_lowers_nothing(served: Running, root: Path) -> None:
    (root / "own.txt").write_text("own")
    before = len(served.entries("session.observed"))
    other = Serving(served, root)
    try:
        other.said("read_file", path="own.txt")
        other.said("run_shell_command", command="cat own.txt")
        other.said("write_file", path="own.txt", content="more")
        assert len(served.entries("session.observed")) == before
        # But what a line reads elsewhere does.
        other.said("run_shell_command", command="cat /etc/hostname /etc/passwd")
        until(lambda: len(served.entries("session.observed")) == before + 1)
    finally:
        other.talk.close()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["serve", "/"], "no workspace"), (["serve", "/proc/self"], "no workspace"), (["serve", "/nowhere"], "no folder")],
)
def test_what_is_no_workspace_is_not_served(
    words: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENT_SUDO_KEY", "asudo_x")
    assert main(words) == 2
    assert complaint in capsys.readouterr().err
