"""A58: the ladder for pipelines."""

import json
from pathlib import Path

import pytest

from app.cli.demo.stage import Stage
from tests.cli.commands import Commands


def test_every_rung_holds_and_the_evidence_can_be_verified(empty: Commands, tmp_path: Path) -> None:
    ran = empty("eval", "--json", "--output-dir", tmp_path / "out")
    assert ran.code == 0, ran.out
    assert json.loads((tmp_path / "out/report.json").read_text()) == ran.document
    assert [rung["name"] for rung in ran.document["rungs"]] == [
        "blocked",
        "delegated",
        "allowed once",
        "used up",
        "denied",
        "verified",
    ]
    assert empty("audit", "verify", tmp_path / "out/log.jsonl").code == 0


def test_a_rung_that_breaks_fails(empty: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stage, "evaluate", lambda *_, **__: {"status": 503, "detail": "gone"})
    ran = empty("eval")
    assert ran.code == 1
    assert "1 FAIL" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_report_that_cannot_be_written_is_an_error(empty: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert empty("eval", "--output-dir", tmp_path / "file").code == 2
