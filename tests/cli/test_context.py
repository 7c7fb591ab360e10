"""A17: where one stands, and what an agent may do there."""

import os
from pathlib import Path

from tests.cli.commands import Commands


def test_the_context_says_where_one_is_by_which_policy_and_what_is_allowed(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    found = commands("context", "--workspace", tmp_path, "--json").document
    assert found["cwd"] == str(tmp_path)
    assert (found["repository"], found["branch"]) == (str(tmp_path), "main")
    assert found["home"] == str(tmp_path / "home")
    assert found["policy"].startswith("sha256:")
    assert (found["workspaces"], found["inside"]) == ([str(tmp_path)], True)
    assert {one["decision"] for one in found["allowed"]} <= {"ALLOW", "REQUIRE_APPROVAL", "DENY"}
    shown = commands("context", "--workspace", tmp_path).out
    assert "branch main" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_without_a_home_the_policy_that_ships_is_judged_by_and_nothing_is_made(empty: Commands, tmp_path: Path) -> None:
    found = empty("context", "--workspace", tmp_path, "--json").document
    decided = {one["what"]: one["decision"] for one in found["allowed"]}
    assert decided["read a file here"] == decided["look around"] == "ALLOW"
    assert decided["read a private key"] == "DENY"
    assert decided["push"] == decided["use a tool nobody knows"] == "REQUIRE_APPROVAL"
    assert "agent-sudo init" in empty("context").out
    assert list(tmp_path.iterdir()) == []


def test_a_branch_and_a_folder_cannot_command_a_terminal(empty: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "a\x1b[2Jb"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/HEAD").write_text("ref: refs/heads/\x1b[2J\u202e\n")
    empty.folder = folder
    assert "\x1b" not in empty("context").out
    (folder / ".git/HEAD").write_text("0123\n")
    assert empty("context", "--json").document["branch"] is None
    (folder / ".git/HEAD").unlink()
    assert empty("context", "--json").document["branch"] is None


def test_a_repository_cannot_hold_up_who_looks_at_it(empty: Commands, tmp_path: Path) -> None:
    head = tmp_path / ".git/HEAD"
    head.parent.mkdir()
    os.mkfifo(head)
    assert empty("context", "--json").document["branch"] is None
    head.unlink()
    head.symlink_to("/dev/zero")
    assert empty("context", "--json").document["branch"] is None
