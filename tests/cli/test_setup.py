"""`agent-sudo setup`: an agent's file of hooks with ours in it, nothing of others lost, nothing without --apply."""

import json
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from app.cli.routing import hooks_file, relayed
from app.cli.routing.harness import HARNESSES
from tests.cli.commands import Commands
from tests.listeners import SHOWN, needs_listeners

OTHERS = {"type": "command", "command": "/usr/bin/notify", "timeout": 5}


@pytest.fixture
def user(served: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user, who has no coding agent on the path."""
    folder = tmp_path / "user"
    folder.mkdir()
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        served.environment.pop(name, None)
    monkeypatch.setitem(served.environment, "HOME", str(folder))
    monkeypatch.setitem(served.environment, "PATH", "/usr/bin:/bin")
    monkeypatch.setitem(served.environment, "AGENT_SUDO_HOME", str(tmp_path / "hooks home"))
    return folder


def mine(harness: str, user: Path) -> Path:
    return user / HARNESSES[harness].file


def others(harness: str) -> dict[str, Any]:
    """A file in which somebody has hooks of their own."""
    one = HARNESSES[harness]
    event = one.events[0]
    entry: Any = OTHERS if one.flat else {"matcher": "Bash", "hooks": [OTHERS]}
    return {**one.root, "hooks": {event: [entry], "Other": []}, "colour": "blue"}


@pytest.mark.parametrize("harness", HARNESSES)
def test_nothing_is_changed_until_it_is_asked_for(served: Commands, user: Path, harness: str) -> None:
    ran = served("setup", harness)
    assert ran.code == 0, ran.err
    assert f"Nothing was changed. To do it:\n  agent-sudo setup {harness} --apply\n" in ran.out
    assert list(user.iterdir()) == []


@pytest.mark.parametrize("harness", HARNESSES)
def test_what_others_wrote_stays_and_doing_it_twice_changes_nothing(
    served: Commands, user: Path, tmp_path: Path, harness: str
) -> None:
    path = mine(harness, user)
    path.parent.mkdir(parents=True)
    before = json.dumps(others(harness), indent="\t")
    path.write_text(before)
    path.chmod(0o640)
    ran = served.signed_in("setup", harness, "--apply")
    assert ran.code == 0, ran.err
    found = json.loads(path.read_text())
    assert found["colour"] == "blue"
    assert OTHERS in [
        one for entry in found["hooks"][HARNESSES[harness].events[0]] for one in (entry, *entry.get("hooks", ()))
    ]
    assert hooks_file.ours(HARNESSES[harness], found).keys() == set(HARNESSES[harness].events)
    assert path.read_text().splitlines()[1].startswith("\t")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    (kept,) = path.parent.glob(f"{path.name}.before-agent-sudo-*")
    assert kept.read_text() == before

    after = path.read_text()
    again = served("setup", harness, "--apply")
    assert again.code == 0, again.err
    assert "as it should be" in again.out
    assert path.read_text() == after
    assert len(list(path.parent.glob(f"{path.name}.before-agent-sudo-*"))) == 1

    removed = served("setup", harness, "--remove")
    assert "Nothing was changed" in removed.out
    assert path.read_text() == after
    done = served("setup", harness, "--remove", "--apply")
    assert done.code == 0
    assert "Its key still works" in done.out
    assert json.loads(path.read_text()) == others(harness)
    assert "holds nothing of ours" in served("setup", harness, "--remove", "--apply").out


def test_the_key_is_in_a_file_that_nobody_else_can_read_and_is_shown_nowhere(
    served: Commands, user: Path, tmp_path: Path
) -> None:
    ran = served.signed_in("setup", "codex", "--apply", "--agent", "my-codex")
    assert ran.code == 0, ran.err
    folder = tmp_path / "hooks home" / "hooks"
    key = (folder / "codex.key").read_text().strip()
    assert key.startswith("asudo_")
    assert stat.S_IMODE((folder / "codex.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert key not in ran.out + ran.err + mine("codex", user).read_text()
    keys = served.signed_in("keys", "list", "my-codex", "--json").lines
    assert [one["kind"] for one in keys] == ["pep"]


def test_claude_code_speaks_http_where_that_is_wanted_and_a_failing_hook_blocks(
    served: Commands, user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    monkeypatch.setitem(served.environment, "PATH", f"{program.parent}:/usr/bin:/bin")
    settings = mine("claude-code", user)

    def applied(version: str, *more: str) -> list[Any]:
        program.write_text(f"#!/bin/sh\necho '{version} (Claude Code)'\n")
        program.chmod(0o700)
        ran = served.signed_in("setup", "claude-code", "--apply", *more)
        assert ran.code == 0, ran.err
        assert more or "asudo_" not in settings.read_text()
        assert "asudo_…" in ran.out or "asudo_" not in ran.out
        entries = json.loads(settings.read_text())["hooks"]["PreToolUse"]
        return [one for entry in entries for one in entry["hooks"]]

    (handler,) = applied("2.1.240")
    assert handler["type"] == "command"
    assert served.signed_in("setup", "claude-code", "--apply", "--http").code == 2
    assert served.signed_in("setup", "codex", "--apply", "--http").code == 2
    (handler,) = applied("2.1.330", "--http")
    assert handler["type"] == "http"
    assert handler["onFailure"] == "block"
    key = (tmp_path / "hooks home" / "hooks" / "claude-code.key").read_text().strip()
    assert handler["headers"] == {"Authorization": f"Bearer {key}"}
    # The key stands in it now.
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    (handler,) = applied("2.1.330")
    assert handler["type"] == "command"
    assert handler["onFailure"] == "block"
    assert key not in settings.read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1 // why\n}', "not plain JSON"),
        ('{"hooks": {}, "hooks": {}}', "not plain JSON"),
        ("[]", "does not hold hooks"),
        ('{"hooks": []}', "does not hold hooks"),
        ('{"hooks": {"PreToolUse": {}}}', "does not hold hooks"),
    ],
)
def test_a_file_that_could_not_be_written_back_is_left_alone(served: Commands, user: Path, text: str, why: str) -> None:
    path = mine("gemini", user)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    ran = served("setup", "gemini", "--apply")
    assert ran.code == 2
    assert why in " ".join(ran.err.split())
    assert path.read_text() == text
    printed = served("setup", "gemini", "--print")
    assert printed.code == 0
    assert json.loads(printed.out)["hooks"].keys() == set(HARNESSES["gemini"].events)


def test_the_hook_that_is_installed_asks_the_service(served: Commands, user: Path, tmp_path: Path) -> None:
    import subprocess

    assert served.signed_in("setup", "codex", "--apply").code == 0
    (entry,) = json.loads(mine("codex", user).read_text())["hooks"]["PreToolUse"]
    event = {"session_id": "s", "cwd": "/", "hook_event_name": "PreToolUse", "tool_name": "Read"}
    done = subprocess.run(
        ["/bin/sh", "-c", entry["hooks"][0]["command"]],
        input=json.dumps({**event, "tool_input": {"file_path": "/srv/project/.env"}}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/nowhere", "HOME": str(user)},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"
    # Whoever else takes the service's port later is not believed.
    config = tmp_path / "hooks home" / "hooks" / "codex.conf"
    assert (f"owner={os.getuid()}\n" in config.read_text()) is SHOWN
    # It starts for every call, so it was compiled when it was set up.
    compiled = (tmp_path / "hooks home" / "hooks" / "__pycache__").glob("*.pyc")
    assert {"agent_sudo_event", "agent_sudo_service"} <= {one.name.partition(".")[0] for one in compiled}


@needs_listeners
def test_whose_service_it_is_is_kept_while_it_does_not_run(served: Commands, user: Path, tmp_path: Path) -> None:
    assert served.signed_in("setup", "codex", "--apply").code == 0
    config = tmp_path / "hooks home" / "hooks" / "codex.conf"
    learnt = config.read_text()
    assert served("setup", "codex", "--apply").code == 0
    assert config.read_text() == learnt
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    config.write_text(learnt.replace(served.environment["AGENT_SUDO_URL"], url))
    kept = config.read_text()
    assert served("setup", "codex", "--apply", "--url", url).code == 0
    assert config.read_text() == kept
    assert served("setup", "codex", "--apply", "--url", "https://sudo.example").code == 0
    assert "owner" not in config.read_text()


def test_an_agent_that_has_no_hooks_is_named(served: Commands) -> None:
    ran = served("setup", "nobody")
    assert ran.code == 2
    assert "claude-code" in ran.err


SERVERS = {
    "files": {"command": "npx", "args": ["-y", "files", "--", "/srv"], "env": {"A": "b"}},
    "bare": {"command": "/opt/server"},
    "far": {"type": "http", "url": "https://mcp.example/mcp"},
    "ours": {"command": "agent-sudo-relay", "args": ["serve", "/srv"], "env": {"AGENT_SUDO_KEY": "asudo_x"}},
    "own headers": {"type": "http", "url": "https://mcp.example/mcp", "headers": {"X": "y"}},
}


@pytest.mark.parametrize("name", ["claude-desktop", "vscode"])
def test_the_relay_is_put_before_each_server_and_taken_away_again(
    served: Commands, user: Path, tmp_path: Path, name: str
) -> None:
    reader = relayed.READERS[name]
    path = user / reader.file
    path.parent.mkdir(parents=True)
    before = {"theme": "dark", reader.under: SERVERS}
    path.write_text(json.dumps(before))
    assert "Nothing was changed" in served("setup", name).out
    assert json.loads(path.read_text()) == before
    ran = served.signed_in("setup", name, "--apply")
    assert ran.code == 0, ran.err
    found = json.loads(path.read_text())[reader.under]
    key = (tmp_path / "hooks home" / "hooks" / f"{name}.key").read_text().strip()
    assert found["files"]["args"] == ["run", "--name", "files", "--", "npx", "-y", "files", "--", "/srv"]
    assert found["files"]["env"] == {"A": "b", "AGENT_SUDO_URL": served.environment["AGENT_SUDO_URL"]} | {
        "AGENT_SUDO_KEY": key
    }
    assert found["far"]["args"] == ["run", "--name", "far", "--url", "https://mcp.example/mcp"]
    assert found["own headers"] == SERVERS["own headers"]
    assert found["ours"] == SERVERS["ours"]
    assert key not in ran.out + ran.err
    # The key stands in it now.
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    after = path.read_text()
    assert "as it should be" in served("setup", name, "--apply").out
    assert path.read_text() == after
    assert served("setup", name, "--remove", "--apply").code == 0
    assert json.loads(path.read_text()) == before


@pytest.mark.parametrize("name", ["claude-desktop", "vscode"])
def test_where_no_server_can_be_relayed_that_is_said_and_no_key_is_made(
    served: Commands, user: Path, tmp_path: Path, name: str
) -> None:
    reader = relayed.READERS[name]
    path = user / reader.file
    for servers in (None, {}, {"own headers": SERVERS["own headers"], "ours": SERVERS["ours"]}):
        if servers is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({reader.under: servers}))
        ran = served.signed_in("setup", name, "--apply")
        assert ran.code == 2
        assert "names no MCP server that the relay can stand before" in " ".join(ran.err.split())
    assert not (tmp_path / "hooks home").exists()
    path.write_text("{} // servers")
    ran = served("setup", name, "--print")
    assert ran.code == 2
    assert "Comments would be lost" in ran.err
