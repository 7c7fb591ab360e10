"""A58: the demo plays on a real service, shows what it promises, and leaves nothing behind."""

from pathlib import Path
from typing import Any

import pytest

from app.cli.demo.scenes import SCENES
from app.cli.demo.stage import Stage
from tests.cli.commands import Commands


@pytest.fixture
def alone(empty: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands whose temporary files are seen, with settings that would lead a careless demo elsewhere."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "policy.yaml").write_text("version: 1\nrules: [{id: all, allow: '*'}]\n")
    empty.environment |= {
        "AGENT_SUDO_POLICY": str(tmp_path / "policy.yaml"),
        "AGENT_SUDO_DATABASE_URL": f"sqlite:///{tmp_path / 'mine.db'}",
    }
    return empty


def test_the_demo_ends_with_a_verified_log_and_touches_nothing_of_ours(alone: Commands, tmp_path: Path) -> None:
    found = alone("demo", "--json")
    assert found.code == 0
    document = found.document
    assert document["ok"] is True
    calls = [call for scene in document["scenes"] for call in scene["calls"]]
    assert {call["decision"] for call in calls} == {
        "ALLOW",
        "REQUIRE_APPROVAL",
        "DENY",
        "refused",
        "consistent",
        "TAMPERED",
    }
    assert [scene["title"] for scene in document["scenes"]] == [
        *(scene.title for scene in SCENES),
        "A poisoned page",
        "The log",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy.yaml", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_the_terminal(alone: Commands, columns: int) -> None:
    alone.environment["COLUMNS"] = str(columns)
    ran = alone("demo")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= columns
    assert "copy in which entry" in ran.out
    assert "decisions in" in ran.out


def test_a_demo_in_which_something_comes_otherwise_fails(alone: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def allowing(self: Stage, *_: Any, **__: Any) -> dict[str, Any]:
        return {"decision": "ALLOW", "reason": "whatever", "provenance": {"trust": "USER_DIRECT"}}

    monkeypatch.setattr(Stage, "evaluate", allowing)
    ran = alone("demo")
    assert ran.code == 1
    assert "This is not what should have come." in ran.out


def test_a_service_that_does_not_start_is_said(alone: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    ran = alone("demo")
    assert (ran.code, "did not start" in ran.err) == (2, True)
