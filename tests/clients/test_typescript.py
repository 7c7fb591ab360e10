"""The TypeScript client: its own tests, its types, and what it makes of no answer."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.answering import answering
from tests.clients.test_client import ANSWERS
from tests.clients.typescript import FOLDER, NODE, Driver, driver, needs_node

ROOT = FOLDER.parents[1]
TSC = FOLDER / "node_modules/.bin/tsc"


@pytest.fixture(scope="module")
def node() -> Iterator[Driver]:
    with driver() as running:
        yield running


@needs_node
def test_its_own_tests_pass() -> None:
    tests = sorted((FOLDER / "test").glob("*.test.js"))
    assert tests
    command = [str(NODE), "--test", *map(str, tests)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


@needs_node
@pytest.mark.parametrize("kind", ANSWERS)
def test_what_is_no_answer_to_the_python_client_is_none_to_this_one(kind: str, node: Driver) -> None:
    with answering(*ANSWERS[kind]) as url:
        (came,) = node.ask(url, [("asudo_x", {"tool": "x"})])
    assert came["refusal"] in ("ServiceUnavailable", "PermissionDenied")


def test_types_of_the_wire_are_those_of_the_interface(tmp_path: Path) -> None:
    made = tmp_path / "wire.d.ts"
    subprocess.run([sys.executable, ROOT / "openapi/typescript.py", made], check=True)
    assert (FOLDER / "types/wire.d.ts").read_text() == made.read_text(), "run scripts/types"


@pytest.mark.skipif(not TSC.exists(), reason="there is no TypeScript compiler here; scripts/types installs it")
def test_types_that_are_published_are_those_of_the_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [TSC, "--outDir", tmp_path], cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    shipped = {path.name: path.read_text() for path in (FOLDER / "types").iterdir() if path.name != "wire.d.ts"}
    assert made == shipped, "run scripts/types"


def test_nothing_is_needed_at_run_time_and_no_address_is_kept() -> None:
    assert '"dependencies"' not in (FOLDER / "package.json").read_text()
    assert "://" not in (FOLDER / "package-lock.json").read_text()
