"""SECURITY.md claims nothing that no test holds."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "SECURITY.md").read_text().partition("## Claims")[2].splitlines()
    if line.startswith("|") and not line.startswith(("| | claim", "|---"))
]


@pytest.mark.parametrize(("claim", "held_by"), [row[1:] for row in ROWS], ids=[row[1][:40] for row in ROWS])
def test_every_claim_is_held_by_tests_that_exist(claim: str, held_by: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", held_by)
    assert named
    assert len(named) == held_by.count("::")
    for file, test in named:
        assert test in _tests(ROOT / file), f"{claim} relies on {file}::{test}"


def test_every_law_has_a_claim() -> None:
    assert {row[0] for row in ROWS} >= {str(law) for law in range(1, 11)}


def _tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
