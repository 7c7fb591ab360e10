"""What ships is complete, pinned and the same everywhere: scripts, lists, wheel, image, version."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app
from app.data import data

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = [*sorted((ROOT / "scripts").iterdir()), ROOT / ".ci/run"]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(name: str) -> dict[str, Requirement]:
    """Read a list; every entry must be one exact version with hashes and nothing else."""
    text = (ROOT / f"requirements/{name}.txt").read_text()
    entries = re.sub(r"(?m)^\s*#.*\n?", "", text).replace("\\\n", " ").splitlines()
    found = {}
    for entry in entries:
        requirement, *hashes = re.split(r"\s+--hash=", entry.strip())
        pinned = Requirement(requirement)
        assert re.fullmatch(r"==[^,*]+", str(pinned.specifier)), entry
        assert hashes, entry
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in hashes), entry
        found[str(canonicalize_name(pinned.name))] = pinned
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_executable_and_clean(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!")
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_lists_are_pinned_by_hash_and_hold_no_address(name: str) -> None:
    assert pins(name)
    text = (ROOT / f"requirements/{name}.txt").read_text()
    assert "://" not in text
    assert not re.search(r"(?m)^\s*-[a-z-]*(index|find|trusted)", text)


def test_lists_hold_what_the_project_names() -> None:
    runtime, dev = pins("runtime"), pins("dev")
    groups = PYPROJECT["dependency-groups"]
    named = [
        *PYPROJECT["project"]["dependencies"],
        *PYPROJECT["project"]["optional-dependencies"]["postgres"],
        *groups["build"],
    ]
    tools = [entry for entry in (*groups["test"], *groups["dev"]) if isinstance(entry, str)]
    for pinned, requirements in ((runtime, named), (dev, named + tools)):
        for requirement in map(Requirement, requirements):
            version = str(pinned[str(canonicalize_name(requirement.name))].specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"run scripts/lock: {requirement}"


def test_the_dev_list_holds_the_runtime_list() -> None:
    dev = {name: str(pin.specifier) for name, pin in pins("dev").items()}
    assert {name: str(pin.specifier) for name, pin in pins("runtime").items()}.items() <= dev.items()


def test_the_wheel_holds_code_policies_and_migrations(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    assert (tmp_path / "site/app/py.typed").exists()
    for folder in ("policies", "migrations"):
        shipped = {path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*.*") if path.suffix != ".pyc"}
        inside = tmp_path / "site/app/_data" / folder
        assert shipped, f"{folder}/ is empty"
        assert shipped <= {path.relative_to(inside) for path in inside.rglob("*.*")}
    # And the code that came out of the wheel finds them.
    ask = "import sys; sys.path.insert(0, sys.argv[1]); from app.data import data; print(data('policies'))"
    command = [sys.executable, "-I", "-c", ask, str(tmp_path / "site")]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()) == (tmp_path / "site/app/_data/policies").resolve()


def test_a_checkout_finds_its_own_data() -> None:
    assert data("policies") == ROOT / "policies"


@pytest.mark.parametrize("starter", ["scripts/run", "Dockerfile"])
def test_the_service_starts_isolated(starter: str) -> None:
    words = re.sub(r'[",]', "", (ROOT / starter).read_text())
    assert re.search(r"python -I -m app\.cli", words)


def test_a_working_directory_cannot_replace_the_engine(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").write_text("raise SystemExit('another app was imported')")
    subprocess.run([sys.executable, "-I", "-c", "import app"], cwd=tmp_path, check=True)


def test_versions_agree() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    changelog = re.search(r"(?m)^## \[(?:Unreleased\]\n\nTo be )?(\d+\.\d+\.\d+)", text)
    assert changelog
    assert changelog[1] == app.__version__
    assert f"image: agent-sudo:{app.__version__}\n" in (ROOT / "docker-compose.yml").read_text()
