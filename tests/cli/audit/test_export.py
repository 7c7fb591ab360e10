"""A44: the log leaves as a file, whole or filtered, and never half."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.errors import UnavailableError
from tests.cli.commands import Commands


@pytest.mark.parametrize("format", ["jsonl", "csv", "legacy"])
def test_standard_output_and_a_file_get_the_same(served: Commands, tmp_path: Path, format: str) -> None:
    file = tmp_path / "log"
    assert served("audit", "export", "--format", format, "--output", file).code == 0
    assert served.process("audit", "export", "--format", format).out.splitlines() == file.read_text().splitlines()


def test_a_file_is_readable_by_its_owner_only_and_never_written_over(served: Commands, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert served("audit", "export", "--output", file).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    ran = served("audit", "export", "--output", file)
    assert (ran.code, "another name" in ran.err) == (2, True)
    assert file.read_bytes() == before


def test_filters_narrow_an_export_as_they_narrow_a_list(served: Commands, tmp_path: Path) -> None:
    for number, options in enumerate((("--non-allow",), ("--origin", "external"), ("--target", ".env"))):
        file = tmp_path / f"{number}.jsonl"
        assert served("audit", "export", "--output", file, *options).code == 0
        listed = served("audit", "list", "--limit", "100", "--json", *options).lines
        assert len(file.read_text().splitlines()) == len(listed) > 0


def test_what_breaks_off_leaves_no_file(served: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(*_: object) -> Iterator[bytes]:
        yield b"{}\n"
        raise UnavailableError("gone")

    monkeypatch.setattr("app.services.export.export", breaking)
    ran = served("audit", "export", "--output", tmp_path / "log.jsonl")
    assert (ran.code, "cannot be read" in ran.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [("--format", "xml"), ("--output", "/nowhere/log"), ("--after", "-2")])
def test_what_cannot_be_exported_is_said(served: Commands, options: tuple[str, ...]) -> None:
    assert served("audit", "export", *options).code == 2
