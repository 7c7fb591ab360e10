"""`inventory`, `doctor` and `verify-routing`: what asks before it acts on this machine, and what does not."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli.routing.harness import HARNESSES
from tests.cli.commands import Commands
from tests.live.cells import CELLS

# What a coding agent does as far as `verify-routing` sees it; the hook's answer is what it was told.
AGENT = """\
#!{python}
import json, os, sys, urllib.request
if "--version" in sys.argv:
    print("0.61.0")
    sys.exit()
def ask(contents):
    body = json.dumps({{"contents": contents, "tools": [{{}}]}}).encode()
    where = os.environ["GOOGLE_GEMINI_BASE_URL"] + "/v1beta/models/x:streamGenerateContent"
    return urllib.request.urlopen(urllib.request.Request(where, body), timeout=30).read().decode()
said = ask([])
call = json.loads(said.removeprefix("data: "))["candidates"][0]["content"]["parts"][0]["functionCall"]
assert "agent-sudo approve" in call["args"]["command"]
told = {told!r}
if told is None:
    open("ran", "w").close()
ask([{{"parts": [{{"functionResponse": {{"response": {{"error": told or "ran"}}}}}}]}}])
"""


class Machine:
    """A user's home and the programs on their path."""

    def __init__(self, commands: Commands, folder: Path) -> None:
        self.home = folder / "user"
        self.bin = folder / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        self.run = commands
        for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
            commands.environment.pop(name, None)
        commands.environment |= {"HOME": str(self.home), "PATH": f"{self.bin}:/usr/bin:/bin", "COLUMNS": "300"}

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o700)

    def version(self, name: str, version: str) -> None:
        self.program(name, f"#!/bin/sh\necho {version}\n")

    def file(self, name: str, document: Any, mode: int = 0o600) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        path.chmod(mode)
        return path

    def doctor(self) -> dict[str, list[tuple[str, str]]]:
        """What the doctor says of coding agents and servers."""
        checks = self.run("doctor", "--json").document["checks"]
        known = {*HARNESSES, "mcp servers"}
        found: dict[str, list[tuple[str, str]]] = {}
        for one in checks:
            if one["name"] in known:
                found.setdefault(one["name"], []).append((one["state"], one["said"]))
        return found


@pytest.fixture
def machine(empty: Commands, tmp_path: Path) -> Machine:
    return Machine(empty, tmp_path)


def hooks(harness: str, **change: Any) -> dict[str, Any]:
    """A file with all our hooks as `setup` writes them."""
    one = HARNESSES[harness]
    key, value = one.timeout
    handler = {**one.more, one.word: "python3 -I -S agent_sudo_hook.py x y z", key: value, **change}
    return {"hooks": {event: [handler if one.flat else {"hooks": [handler]}] for event in one.events}}


def test_a_machine_without_coding_agents_has_nothing_to_say(machine: Machine) -> None:
    assert machine.doctor() == {}
    assert machine.run("inventory", "--json").document == {"agents": [], "servers": []}


def test_an_agent_that_asks_nobody_is_told(machine: Machine) -> None:
    machine.version("gemini", "0.61.0")
    assert machine.doctor() == {"gemini": [("WARN", "asks nobody before it runs its own tools")]}
    (agent,) = machine.run("inventory", "--json").document["agents"]
    assert (agent["version"], agent["way"]) == ("0.61.0", None)


def test_an_agent_that_asks_is_as_it_should_be(machine: Machine) -> None:
    machine.version("claude", "2.1.330")
    machine.file(HARNESSES["claude-code"].file, hooks("claude-code"))
    ((state, said),) = machine.doctor()["claude-code"]
    assert state == "OK"
    assert "verify-routing" in said
    shown = machine.run("inventory")
    assert "by command" in shown.out


@pytest.mark.parametrize(
    ("harness", "version", "document", "mode", "seen"),
    [
        ("claude-code", "2.1.240", hooks("claude-code"), 0o600, ("WARN", "ignores onFailure")),
        ("codex", "0.169.0", hooks("codex"), 0o600, ("WARN", "not trusted")),
        ("gemini", "0.61.0", hooks("gemini", timeout=1_000), 0o600, ("WARN", "another time")),
        ("gemini", "0.61.0", "{ // mine\n}", 0o600, ("WARN", "not plain JSON")),
        (
            "claude-code",
            "2.1.330",
            hooks("claude-code", note="asudo_secret"),
            0o644,
            ("FAIL", "others can read the key"),
        ),
        (
            "cursor",
            "1.0.0",
            {"hooks": {"preToolUse": [{"command": "agent_sudo_hook.py"}, {"command": "other"}]}},
            0o600,
            ("WARN", "1 other hook"),
        ),
        (
            "cursor",
            "1.0.0",
            {"hooks": {"preToolUse": [{"command": "agent_sudo_hook.py"}]}},
            0o600,
            ("WARN", "does not tell"),
        ),
        (
            "copilot",
            "1.0.102",
            {"hooks": {"preToolUse": [{"bash": "agent_sudo_hook.py"}] * 2}},
            0o600,
            ("WARN", "twice"),
        ),
    ],
)
def test_the_doctor_says_what_would_let_a_tool_run(
    machine: Machine, harness: str, version: str, document: Any, mode: int, seen: tuple[str, str]
) -> None:
    machine.version(HARNESSES[harness].program, version)
    machine.file(HARNESSES[harness].file, document, mode)
    assert any(state == seen[0] and seen[1] in said for state, said in machine.doctor()[harness])


def test_hooks_of_codex_that_are_trusted_are_seen_to_be(machine: Machine) -> None:
    machine.version("codex", "0.169.0")
    path = machine.file(HARNESSES["codex"].file, hooks("codex"))
    machine.file(".codex/config.toml", f'[hooks.state."{path}:pre_tool_use:0:0"]\ntrusted_hash = "sha256:0"\n')
    assert [state for state, _ in machine.doctor()["codex"]] == ["OK"]


def test_servers_that_nothing_asks_about_are_named(machine: Machine) -> None:
    machine.version("gemini", "0.61.0")
    relay = {"command": "/usr/bin/agent-sudo-relay", "args": ["run", "--", "files"]}
    machine.file(".cursor/mcp.json", {"mcpServers": {"loose\x1b[2J": {"command": "npx"}, "kept": relay}})
    machine.file(".gemini/settings.json", {**hooks("gemini"), "mcpServers": {"gated": {"command": "npx"}}})
    machine.file(".codex/config.toml", "[mcp_servers.toml]\ncommand = 'npx'\n")
    ((state, said),) = machine.doctor()["mcp servers"]
    assert state == "WARN"
    assert "loose" in said
    assert "toml (Codex)" in said
    assert "kept" not in said
    assert "gated" not in said
    found = {one["name"]: one["asked_about_by"] for one in machine.run("inventory", "--json").document["servers"]}
    assert found == {"gated": "the hook", "kept": "the relay", "loose\x1b[2J": None, "toml": None}
    shown = machine.run("inventory").out
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("told", "state", "code", "strict"),
    [
        (None, "OPEN", 1, 1),
        ("agent-sudo: not run. The service that watches an agent is not the agent's to steer.", "HOLDS", 0, 0),
        ("The user said no.", "UNPROVEN", 0, 1),
    ],
)
def test_a_canary_shows_whether_a_denied_command_runs(
    machine: Machine, told: str | None, state: str, code: int, strict: int
) -> None:
    machine.program("gemini", AGENT.format(python=sys.executable, told=told))
    ran = machine.run("verify-routing", "gemini", "--json")
    assert [one["state"] for one in ran.document["agents"]] == [state]
    assert ran.code == code
    assert machine.run("verify-routing", "gemini", "--strict").code == strict


def test_what_could_not_be_tried_is_not_called_proven(machine: Machine) -> None:
    machine.program("copilot", "#!/bin/sh\nexit 1\n")
    found = {one["agent"]: one for one in machine.run("verify-routing", "--json").document["agents"]}
    assert {one["state"] for one in found.values()} == {"UNPROVEN"}
    assert "not installed" in found["codex"]["said"]
    assert "did not come as far" in found["copilot"]["said"]
    assert "cannot be tried" in found["cursor"]["said"]
    assert machine.run("verify-routing", "nobody").code == 2


def test_the_table_of_the_live_matrix_is_of_the_agents_that_are_pinned() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "integrations" / "harnesses.md").read_text()
    pinned = json.loads((root / "tests" / "live" / "package.json").read_text())["dependencies"]
    assert all(f" {version} |" in page for version in pinned.values())
    assert all(f"| {cell.name} |" in page for cell in CELLS)
