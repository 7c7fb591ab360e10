import re
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.cli.conversation import converse
from tests.homes import Home
from tests.processes import Process, start

INIT = ("init", "--operator", "alice", "--passphrase-stdin", "--agent", "coder")


def test_init_prepares_a_home_without_a_terminal(empty: Commands) -> None:
    ran = empty.process(*INIT, "--json", stdin="correct horse\n")
    assert ran.code == 0
    made = ran.document
    assert list(made) == ["operator", "agent", "agent_key"]
    assert (made["operator"], made["agent"]) == ("alice", "coder")
    assert re.fullmatch(r"asudo_[A-Za-z0-9_-]{49}", made["agent_key"])
    home = empty.folder / "home"
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "agent-sudo.db").stat().st_mode & 0o777 == 0o600


def test_init_refuses_a_home_that_has_an_operator(commands: Commands) -> None:
    ran = commands(*INIT, "--json", stdin="correct horse\n")
    assert ran.code == 2
    assert "has an operator already" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("arguments", "passphrase", "said"),
    [
        (INIT, "short\n", "8 to 1024 characters"),
        (INIT, "", "no passphrase"),
        (("init", "--operator", "a/b", "--passphrase-stdin", "--agent", "coder"), "correct horse\n", "A name has"),
        (("init", "--agent", "coder"), "", "--operator NAME is missing"),
        ((*INIT, "--key-kind", "root"), "correct horse\n", "neither pep nor agent"),
    ],
)
def test_init_says_what_is_wrong_and_changes_nothing(
    empty: Commands, arguments: tuple[str, ...], passphrase: str, said: str
) -> None:
    ran = empty(*arguments, stdin=passphrase)
    assert ran.code == 2
    assert said in ran.err
    assert empty(*INIT, "--json", stdin="correct horse\n").code == 0


def test_the_key_of_the_other_kind_is_the_agents_own(empty: Commands) -> None:
    empty(*INIT, "--key-kind", "agent", "--json", stdin="correct horse\n")
    created = empty("audit", "list", "--type", "key.created", "--json").lines
    assert created[0]["body"]["data"]["kind"] == "agent"


def test_init_works_while_the_service_runs(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("version: 1\nrules: [{id: reads, allow: read_file}]\n")
    home = Home(tmp_path, f"sqlite:///{tmp_path / 'agent-sudo.db'}", "")
    process: Process = start(home, tmp_path / "serve.log")
    try:
        key = Commands(tmp_path, home.environment)(*INIT, "--json", stdin="correct horse\n").document["agent_key"]
        status, answer = process.evaluate(key)
        assert (status, answer["allowed"]) == (200, True)
    finally:
        process.kill()


def test_at_a_terminal_it_asks_and_shows_no_passphrase(empty: Commands) -> None:
    secret = "correct horse"
    replies = (
        ("operator", "alice", False),
        ("A passphrase", "short", True),
        ("A passphrase", secret, True),
        ("Once more", "correct hearse", True),
        ("A passphrase", secret, True),
        ("Once more", secret, True),
        ("agent", "coder", False),
    )
    code, shown = converse(empty, ("init",), replies)
    assert code == 0
    assert secret not in shown
    for words in ("too short", "The two differ", "asudo_", "curl"):
        assert words in shown
