"""Delegations from the command line."""

import json

from tests.cli.commands import Commands
from tests.homes import Home
from tests.processes import Process

_READ = b'{"tool":"Read","arguments":{"file_path":"/path/to/project/a.py"},"source":"user"}'
_CREATE = ("delegate", "create", "coder", "--allow", "read_file", "--path", "/path/to/project/**")


def test_a_delegation_from_its_issue_to_its_end(served: Commands, process: Process, served_home: Home) -> None:
    made = served.signed_in(*_CREATE, "--ttl", "2h", "--uses", "10", "--reason", "review [red]x", "--json").document
    assert (made["max_uses"], made["warnings"]) == (10, [])
    answer = process.evaluate(served_home.key, _READ)[1]
    assert answer["delegation"] == made["id"], answer
    listed = served.signed_in("delegate", "list", "--agent", "coder")
    assert made["id"] in listed.out
    assert "1 of 10" in listed.out
    shown = served.signed_in("delegate", "show", made["id"]).out
    assert "review [red]x" in shown
    assert "/path/to/project/**" in shown
    revoked = served.signed_in("delegate", "revoke", made["id"])
    assert (revoked.code, revoked.out.startswith("Revoked.")) == (0, True)
    assert not process.evaluate(served_home.key, _READ)[1]["allowed"]
    assert made["id"] not in served.signed_in("delegate", "list").out
    assert "revoked" in served.signed_in("delegate", "show", made["id"]).out
    assert [one["id"] for one in served.signed_in("delegate", "list", "--all", "--json").lines] == [made["id"]]
    trace = served.signed_in("delegate", "trace", made["id"])
    assert [word in trace.out for word in ("delegation.created", "ALLOW", "delegation.revoked")] == [True] * 3
    entries = served.signed_in("delegate", "trace", made["id"], "--json").lines
    assert [one["type"] for one in entries] == ["delegation.created", "decision", "delegation.revoked"]
    again = served.signed_in("delegate", "revoke", made["id"], "--json")
    assert (again.code, again.out) == (2, "")


def test_what_is_broad_is_said_when_it_is_issued(served: Commands) -> None:
    made = served.signed_in("delegate", "create", "coder", "--allow", "shell", "--command", "bash *", "--deny", "pay")
    assert "! The command bash * runs whatever it is told." in made.out
    assert "any number of times" in made.out


def test_a_critical_one_proves_the_passphrase_again(served: Commands) -> None:
    made = served.signed_in(*_CREATE, "--critical", "--json")
    assert json.loads(made.out)["critical"] is True


def test_what_cannot_be_issued_says_why(served: Commands) -> None:
    assert served.signed_in("delegate", "create", "nobody", "--allow", "x").err == (
        "agent-sudo: There is no agent 'nobody'.\n"
    )
    assert served.signed_in("delegate", "create", "coder").code == 2
    assert served.signed_in("delegate", "create", "coder", "--allow", "x", "--ttl", "-1h").code == 2
    assert served.signed_in("delegate", "show", "d_none").code == 2
