from pathlib import Path

import pytest

from tests.cli.audit.tampering import tamper
from tests.cli.commands import Commands
from tests.homes import Home


def test_a_sound_log_is_consistent_and_not_called_more(served: Commands) -> None:
    ran = served("audit", "verify")
    assert ran.code == 0
    assert "consistent, not anchored" in ran.out
    assert served("audit", "verify", "--json").document["ok"] is True


def test_tampering_is_found_and_named_with_exit_code_1(commands: Commands, prepared: Home) -> None:
    tamper(
        prepared,
        "UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), 'alice', 'mallo') AS BLOB) WHERE seq = 2",
    )
    ran = commands.process("audit", "verify")
    assert ran.code == 1
    assert "TAMPERED edited at entry 2" in ran.out
    found = commands("audit", "verify", "--json").document["finding"]
    assert (found["seq"], found["kind"]) == (2, "edited")


@pytest.fixture(params=["jsonl", "legacy"])
def exported(request: pytest.FixtureRequest, served: Commands, tmp_path: Path) -> Path:
    file = tmp_path / f"log.{request.param}"
    assert served("audit", "export", "--format", request.param, "--output", file).code == 0
    return file


def test_a_file_verifies_without_a_home(exported: Path, empty: Commands) -> None:
    ran = empty("audit", "verify", exported)
    assert (ran.code, "consistent, not anchored" in ran.out) == (0, True)
    assert empty("audit", "verify", exported, "--json").document["ok"] is True


def test_an_edited_file_is_named_by_line_with_both_hashes(exported: Path, empty: Commands) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if b"alice" in line)
    lines[at] = lines[at].replace(b"alice", b"mallo")
    exported.write_bytes(b"".join(lines))
    ran = empty("audit", "verify", exported)
    assert ran.code == 1
    assert f"TAMPERED line {at + 1}: " in ran.out
    found = empty("audit", "verify", exported, "--json").document
    assert (found["line"], found["ok"]) == (at + 1, False)
    assert found["fault"]["expected"] != found["fault"]["actual"]
    assert found["fault"]["expected"] in "".join(ran.out.split())
    assert "mallo" not in ran.out
    assert "mallo" in empty("audit", "verify", exported, "--show-hashed").out


def test_an_export_that_began_later_is_verified_with_the_same_after(served: Commands, tmp_path: Path) -> None:
    file = tmp_path / "later.jsonl"
    served("audit", "export", "--after", "3", "--output", file)
    assert served("audit", "verify", file, "--after", "3").code == 0
    assert served("audit", "verify", file).code == 1


@pytest.mark.parametrize("content", [b"", b"\x1b[2J\n", b"{}\n"])
def test_a_file_that_is_no_log_cannot_be_read_and_commands_no_terminal(
    empty: Commands, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "file").write_bytes(content)
    ran = empty("audit", "verify", tmp_path / "file")
    assert (ran.code, "UNREADABLE" in ran.out, "\x1b" in ran.out) == (2, True, False)
    assert empty("audit", "verify", tmp_path / "missing").code == 2
