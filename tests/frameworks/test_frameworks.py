"""The frameworks that agents are built with: what may not run does not, whatever goes wrong on the way."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.policy.compile import compile_policy
from app.core.policy.selftest import run_tests
from app.services.policy_files import policy_files
from tests.frameworks.matrix import COLUMNS, FRAMEWORKS, PAGE, ROOT, page, python, row, service


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with service() as made:
        yield made


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework_does_what_its_line_of_the_matrix_says(
    name: str, environment: dict[str, str], tmp_path: Path
) -> None:
    if not python(name).exists():
        pytest.skip(f"{name} is not set up: scripts/test --frameworks")
    assert row(name, environment, tmp_path / "report.xml") in PAGE.read_text(), "run scripts/matrix"


def test_the_matrix_has_no_open_cell() -> None:
    lines = re.findall(r"^\| \[.*\n", PAGE.read_text(), re.MULTILINE)
    assert PAGE.read_text() == page(lines)
    assert [line.count("|") for line in lines] == [len(COLUMNS) + 2] * len(FRAMEWORKS)
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|\n ").split("|")]
        assert all(cells)
        *failures, outcome = cells[5:]
        assert not [cell for cell in failures if not cell.startswith("not run")]
        assert outcome.startswith("reported")


def test_every_framework_has_a_module_an_extra_a_list_an_example_and_a_page() -> None:
    client = tomllib.loads((ROOT / "clients/python/pyproject.toml").read_text())
    hooks = ROOT / "clients/python/agent_sudo_client/frameworks"
    for name in FRAMEWORKS:
        assert name in client["project"]["optional-dependencies"]
        for path in (hooks / f"{name}.py", ROOT / f"requirements/frameworks/{name}.txt"):
            assert path.exists()
        assert (ROOT / f"examples/frameworks/with_{name}.py").exists()
        assert (ROOT / f"docs/integrations/{name}.md").exists()
    assert {path.stem for path in hooks.glob("*.py")} == {*FRAMEWORKS, "__init__", "gate", "running"}
    assert {path.stem for path in (ROOT / "requirements/frameworks").iterdir()} == {*FRAMEWORKS}


def test_the_examples_policy_is_good() -> None:
    policy = compile_policy(policy_files(ROOT / "examples/frameworks/policy.yaml"))
    assert run_tests(policy) == []
