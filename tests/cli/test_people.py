"""Operators, agents, keys and stop buttons from the command line."""

import pytest

from tests.cli.commands import Commands
from tests.homes import PASSPHRASE
from tests.processes import Process

NEW = "correct horse 2"
AGENTS = """\
agents:
  bot:
    description: Answers customers
    scopes: [read:orders, "write:tickets/**", "!write:refunds"]
    mode: monitor
  plain:
"""


def test_agents_are_applied_from_a_file_after_their_difference_was_shown(served: Commands) -> None:
    (served.folder / "agents.yaml").write_text(AGENTS)
    asked = served.signed_in("agents", "apply", "agents.yaml")
    assert asked.code == 2
    assert "+ bot" in asked.out
    assert "scopes: read:orders, write:tickets/**, !write:refunds" in asked.out
    assert "Use --yes" in asked.err
    assert "bot" not in served.signed_in("agents", "list").out
    assert served.signed_in("agents", "apply", "agents.yaml", "--yes").code == 0
    assert "are as the file says" in served.signed_in("agents", "apply", "agents.yaml", "--yes").out
    (bot,) = [one for one in served.signed_in("agents", "list", "--json").lines if one["name"] == "bot"]
    assert (bot["mode"], bot["owner"]) == ("monitor", "alice")
    (served.folder / "agents.yaml").write_text("agents: {bot: {mode: enforce, scopes: []}}\n")
    changed = served.signed_in("agents", "apply", "agents.yaml", "--yes").out
    assert "~ bot" in changed
    assert "mode: monitor → enforce" in changed
    assert "!write:refunds → none" in changed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agents: {bot: {mode: enforce, mode: monitor}}", "twice"),
        ("agents: [bot]", "a mapping of names"),
        ("bots: {}", "a mapping of names"),
        ("agents: {bot: {scopes: read}}", "scopes"),
        ("agents: {bot: {scopes: ['?']}}", "is no scope"),
        ("agents: {'../x': {}}", "agents"),
    ],
)
def test_a_file_that_makes_no_sense_changes_nothing(served: Commands, text: str, said: str) -> None:
    (served.folder / "bad.yaml").write_text(text)
    ran = served.signed_in("agents", "apply", "bad.yaml", "--yes")
    assert ran.code == 2
    assert said in ran.err


def test_a_file_that_is_not_there_is_named(served: Commands) -> None:
    assert "cannot be read" in served.signed_in("agents", "apply", "none.yaml").err
    (served.folder / "latin.yaml").write_bytes(b"\xff")
    assert "UTF-8" in served.signed_in("agents", "apply", "latin.yaml").err


def test_an_agent_is_created_and_changed(served: Commands) -> None:
    created = served.signed_in("agents", "create", "maker", "--scope", "read:*", "--needs-session", "--json").document
    assert (created["scopes"], created["needs_session"]) == (["read:*"], True)
    changed = served.signed_in("agents", "change", "maker", "--no-scopes", "--no-session-needed", "--json").document
    assert (changed["scopes"], changed["needs_session"]) == ([], False)
    assert "Changed" in served.signed_in("agents", "change", "maker", "--mode", "monitor").out
    assert served.signed_in("agents", "change", "maker").code == 2


def test_keys_are_rotated_and_speak_for_several(served: Commands, process: Process) -> None:
    served.signed_in("agents", "create", "second")
    old = served.signed_in("keys", "create", "coder", "--also", "second", "--json").document
    assert old["agents"] == ["coder", "second"]
    new = served.signed_in("keys", "rotate", "coder", old["id"], "--overlap", "0", "--json").document
    assert process.evaluate(old["key"])[0] == 401
    assert process.evaluate(new["key"])[1]["code"] == "actor_needed"
    assert "coder, second" in served.signed_in("keys", "list", "second", COLUMNS="200").out


def test_operators_are_made_and_change_their_passphrases(served: Commands) -> None:
    assert served.signed_in("operators", "create", "bob", "--role", "approver", stdin=f"{NEW}\n").code == 0
    bob = ("--operator", "bob", "--passphrase-stdin")
    assert served("operators", "passphrase", *bob, stdin=f"{NEW}\n{PASSPHRASE} 3\n").code == 0
    assert served("operators", "list", *bob, stdin=f"{NEW}\n").code == 2
    assert "approver" in served("operators", "list", *bob, stdin=f"{PASSPHRASE} 3\n").out
    assert served.signed_in("operators", "role", "bob", "--role", "auditor", "--json").document["role"] == "auditor"
    assert served.signed_in("operators", "reset", "bob", stdin=f"{NEW}\n").code == 0
    assert served.signed_in("operators", "disable", "bob").code == 0
    assert [one["state"] for one in served.signed_in("operators", "list", "--json").lines] == ["active", "disabled"]
    assert "may sign in again" in served.signed_in("operators", "enable", "bob").out
    assert "Nobody could administer" in served.signed_in("operators", "disable", "alice").err
    assert served.signed_in("operators", "role", "bob", "--role", "king").code == 2


def test_stop_buttons_are_pressed_shown_and_lifted(served: Commands, process: Process) -> None:
    assert "Nothing is stopped" in served.signed_in("stop").out
    made = served.signed_in("stop", "--tool", "Read", "--reason", "an incident", "--json").document
    assert served.signed_in("stop", "--agent", "coder").code == 0
    assert served.signed_in("stop", "--everything").code == 0
    key = served.signed_in("keys", "create", "coder", "--json").document["key"]
    assert process.evaluate(key)[1]["rules"] == ["stop-agent", "stop-everything", "stop-tool"]
    shown = served.signed_in("stop", COLUMNS="200").out
    assert "tool Read" in shown
    assert "an incident" in shown
    assert len(served.signed_in("stop", "--json").lines) == 3
    assert served.signed_in("resume", made["id"]).out == "Lifted.\n"
    assert served.signed_in("resume", "--agent", "coder", "--json").document["lifted"]
    assert served.signed_in("resume", "--everything").code == 0
    assert "Nothing of this name" in served.signed_in("resume", "--everything").err
    assert process.evaluate(key)[1]["allowed"]


@pytest.mark.parametrize(
    "words", [("stop", "--agent", "a", "--everything"), ("resume",), ("resume", "s_1", "--agent", "a")]
)
def test_one_thing_is_stopped_or_resumed_at_a_time(served: Commands, words: tuple[str, ...]) -> None:
    assert served.signed_in(*words).code == 2
