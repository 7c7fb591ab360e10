from pathlib import Path

import pytest

from tests.cli.audit.tampering import tamper
from tests.cli.commands import Commands
from tests.homes import Home
from tests.processes import Process


def decisions(ran: object) -> list[str]:
    return [one["decision"] for one in ran.lines]  # type: ignore[attr-defined]


def test_the_newest_entries_are_listed_oldest_first(served: Commands) -> None:
    assert decisions(served("audit", "list", "--limit", "3", "--json")) == ["DENY", "REQUIRE_APPROVAL", "ALLOW"]
    assert decisions(served("audit", "list", "--limit", "1", "--json")) == ["ALLOW"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--decision", "deny"), ["DENY"]),
        (("--decision", "ask"), ["REQUIRE_APPROVAL"]),
        (("--decision", "ALLOW"), ["ALLOW", "ALLOW"]),
        (("--non-allow",), ["DENY", "REQUIRE_APPROVAL"]),
        (("--tool", "x"), ["REQUIRE_APPROVAL"]),
        (("--agent", "coder", "--type", "decision"), ["ALLOW", "DENY", "REQUIRE_APPROVAL", "ALLOW"]),
        (("--agent", "nobody"), []),
        (("--since", "1h", "--type", "decision"), ["ALLOW", "DENY", "REQUIRE_APPROVAL", "ALLOW"]),
        (("--origin", "external"), ["ALLOW"]),
        (("--origin", "USER_DIRECT", "--non-allow"), ["DENY", "REQUIRE_APPROVAL"]),
        (("--actor", "reader"), ["ALLOW"]),
        (("--actor", "code", "--decision", "deny"), ["DENY"]),
        (("--target", "/srv/project"), ["ALLOW", "DENY", "ALLOW"]),
        (("--target", ".env", "--actor", "coder"), ["DENY"]),
        (("--target", "nowhere"), []),
    ],
)
def test_lists_can_be_narrowed(served: Commands, options: tuple[str, ...], found: list[str]) -> None:
    assert decisions(served("audit", "list", *options, "--json")) == found


def test_the_table_says_what_was_asked_and_fits(served: Commands) -> None:
    ran = served("audit", "list")
    assert "/srv/project/.env" in ran.out
    assert "\\x1b[2J[red]\\u202e" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_list_of_nothing_says_so(served: Commands) -> None:
    assert served("audit", "list", "--agent", "nobody").out == "No entry fits.\n"


def test_a_target_is_found_however_the_request_spelled_it(
    served: Commands, served_home: Home, process: Process
) -> None:
    spelled = b'{"tool":"Read","arguments":{"file_path":"\\u002fsrv\\/oddly"},"source":"user","action":"spelled"}'
    assert process.evaluate(served_home.key, spelled)[0] == 200
    assert len(served("audit", "list", "--target", "/srv/oddly", "--since", "1h", "--json").lines) == 1
    assert served("audit", "list", "--target", "\udcff", "--json").lines == []


def test_a_list_looks_so_far_back_and_says_so(served: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.audit.listing.FURTHEST", 2)
    monkeypatch.setattr("app.storage.entries.WINDOW", 2)
    ran = served("audit", "list", "--type", "log.created")
    assert ran.out == "No entry fits.\n"
    assert "--since looks further back" in ran.err
    assert "log.created" in served("audit", "list", "--type", "log.created", "--since", "7d").out


@pytest.mark.parametrize(
    "options", [("--since", "yesterday"), ("--decision", "maybe"), ("--limit", "0"), ("--origin", "mars")]
)
def test_a_filter_that_means_nothing_is_an_error(served: Commands, options: tuple[str, ...]) -> None:
    assert served("audit", "list", *options).code == 2


def test_an_entry_is_shown_with_its_request(served: Commands) -> None:
    seq = served("audit", "list", "--tool", "x", "--json").lines[0]["seq"]
    assert served("audit", "show", str(seq), "--json").document["payload"]["request"]["tool"] == "x"
    ran = served("audit", "show", str(seq))
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "unheard" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert served("audit", "show", "999999").code == 2


def test_a_log_that_was_tampered_with_can_still_be_listed_and_shown(commands: Commands, prepared: Home) -> None:
    tamper(prepared, "UPDATE audit_entry SET body = x'ff00', payload = x'ff' WHERE seq = 2")
    ran = commands("audit", "list")
    assert (ran.code, "tampered with" in ran.out) == (0, True)
    assert commands("audit", "show", "2").code == 2
    assert commands("audit", "show", "2", "--json").code == 0
    assert commands("audit", "verify").code == 1


@pytest.mark.parametrize(
    "command",
    [
        ("audit", "list"),
        ("audit", "verify"),
        ("audit", "show", "0"),
        ("audit", "export"),
        ("audit", "review"),
        ("audit", "trace", "asudo_"),
    ],
)
def test_without_a_home_reading_says_what_to_do_and_makes_none(empty: Commands, command: tuple[str, ...]) -> None:
    ran = empty(*command)
    assert ran.code == 2
    assert "agent-sudo init" in ran.err
    assert list(empty.folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_home_is_an_error(empty: Commands, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.db").write_bytes(content)
    ran = empty("audit", "verify", database_url=f"sqlite:///{tmp_path / 'other.db'}")
    assert ran.code == 2
    assert "cannot be read" in ran.err
    assert "Traceback" not in ran.err
