"""`inventory`, `doctor` and `verify-routing`: what asks before it acts on this machine, and what does not."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli.routing.gaps import GAPS, Gap
from app.cli.routing.harness import HARNESSES
from tests.cli.commands import Commands
from tests.live.cells import CELLS, WAYS

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


# What Codex says of hooks as far as it is asked.
CODEX = """\
#!{python}
import json, pathlib, sys
if "--version" in sys.argv:
    print("0.169.0")
    sys.exit()
memory = pathlib.Path("{home}", "trust")
for line in sys.stdin:
    asked = json.loads(line)
    known = json.loads(memory.read_text()) if memory.exists() else []
    ours = dict(command="agent_sudo_hook.py", sourcePath="{path}", enabled=True)
    trust = lambda at: "trusted" if at in known else "{trust}"
    hooks = [dict(ours, key=at, currentHash=at, trustStatus=trust(at)) for at in range({hooks})]
    if asked["method"] == "config/batchWrite":
        (edit,) = asked["params"]["edits"]
        assert edit["keyPath"] == "hooks.state"
        memory.write_text(json.dumps([one["trusted_hash"] for one in edit["value"].values()]))
    if "id" in asked:
        print(json.dumps(dict(id=asked["id"], result=dict(data=[dict(hooks=hooks)]))), flush=True)
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

    def codex(self, path: Path, trust: str, hooks: int = 3) -> None:
        """A Codex that knows so many of our hooks in a file, and says of each how it is trusted until it is told."""
        text = CODEX.format(python=sys.executable, home=self.home, path=path, trust=trust, hooks=hooks)
        self.program("codex", text)

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
    assert "no coding agent and no MCP server" in machine.run("inventory").out


def test_an_agent_that_asks_nobody_is_told(machine: Machine) -> None:
    machine.version("gemini", "0.61.0")
    assert machine.doctor() == {"gemini": [("WARN", "asks nobody before it runs its own tools")]}
    (agent,) = machine.run("inventory", "--json").document["agents"]
    assert (agent["version"], agent["way"]) == ("0.61.0", None)
    assert machine.run("inventory").out.endswith("→ agent-sudo setup gemini\n")


def test_an_agent_that_asks_is_as_it_should_be(machine: Machine) -> None:
    machine.version("claude", "2.1.330")
    machine.file(HARNESSES["claude-code"].file, hooks("claude-code"))
    ((state, said),) = machine.doctor()["claude-code"]
    assert state == "OK"
    assert "verify-routing" in said
    shown = machine.run("inventory")
    assert "by command" in shown.out
    assert "→" not in shown.out


@pytest.mark.parametrize(
    ("harness", "version", "document", "mode", "seen"),
    [
        ("claude-code", "2.1.240", hooks("claude-code"), 0o600, ("WARN", "ignores onFailure")),
        ("claude-code", "?", hooks("claude-code"), 0o600, ("WARN", "version was not found")),
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


def _shortened(harness: str) -> Any:
    return hooks(harness, **{HARNESSES[harness].timeout[0]: 3})


# What of our hooks leaves a gap open, by the gap's first cell: the file that is found, and what Codex says of trust.
LEFT_OPEN: dict[str, tuple[Callable[[str], Any], str]] = {
    "it answers 204": (lambda harness: hooks(harness, type="http", url="http://127.0.0.1:8787/hooks/x"), "trusted"),
    "the hook and its shell are killed": (hooks, "trusted"),
    "the hook never ends, and the wait for it was cut short": (_shortened, "trusted"),
    "the hook was changed after it was trusted": (hooks, "modified"),
}


@pytest.mark.parametrize(("gap", "way"), [(gap, way) for gap in GAPS for way in gap.ways])
def test_the_doctor_warns_of_every_cell_that_is_open(machine: Machine, gap: Gap, way: str) -> None:
    harness = way.partition(" ")[0]
    document, trust = LEFT_OPEN[gap.cells[0]]
    machine.version(HARNESSES[harness].program, "2.1.330")
    path = machine.file(HARNESSES[harness].file, document(harness))
    if harness == "codex":
        machine.codex(path, trust)
    assert ("WARN", gap.said) in machine.doctor()[harness]


def test_codex_is_asked_which_hooks_it_trusts(machine: Machine) -> None:
    untrusted = ("WARN", next(gap.said for gap in GAPS if "trusted" in gap.cells[0]))
    path = machine.file(HARNESSES["codex"].file, hooks("codex"))
    machine.codex(path, "trusted")
    assert untrusted not in machine.doctor()["codex"]
    # Another file's hooks, fewer than stand in the file, and a program that says nothing or nonsense.
    machine.codex(path.with_name("other.json"), "trusted")
    assert untrusted in machine.doctor()["codex"]
    machine.codex(path, "trusted", hooks=1)
    assert untrusted in machine.doctor()["codex"]
    for answer in ("exit 1", "echo nonsense", """echo '{"id": 1, "error": {}}'"""):
        machine.program("codex", f"#!/bin/sh\n[ $1 = --version ] && exec echo 0.169.0\n{answer}\n")
        assert untrusted in machine.doctor()["codex"]


def test_setup_has_codex_trust_the_hooks_that_it_wrote(machine: Machine, served: Commands) -> None:
    path = machine.home / HARNESSES["codex"].file
    machine.codex(path, "untrusted")
    served.environment |= {name: machine.run.environment[name] for name in ("HOME", "PATH")}
    served.environment |= {"AGENT_SUDO_HOME": str(machine.home / "ours")}
    assert "told that these hooks are trusted" in " ".join(served("setup", "codex").out.split())
    ran = served.signed_in("setup", "codex", "--apply")
    assert (ran.code, "has trusted" in ran.out) == (0, False), ran.err
    assert sorted(json.loads((machine.home / "trust").read_text())) == [0, 1, 2]


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


def test_the_page_shows_every_cell_of_the_live_matrix_as_it_is_expected() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "integrations" / "harnesses.md").read_text()
    pinned = json.loads((root / "tests" / "live" / "package.json").read_text())["dependencies"]
    assert all(f" {version} |" in page for version in pinned.values())
    for cell in CELLS:
        assert f"| {cell.name} | {' | '.join(cell.expected(way) for way in WAYS)} |\n" in page
    known = {cell.name: cell.of for cell in CELLS}
    assert all(way in known[name] for gap in GAPS for name in gap.cells for way in gap.ways)
