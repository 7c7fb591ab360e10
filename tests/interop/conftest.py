"""The published package of the earlier gateway, installed for these tests alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import Struct

PACKAGE = "agent-sudo-mcp"
_PATIENCE = 20  # seconds for the installation; without a registry the tests are skipped, not waited for


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"interop: needs {PACKAGE} from a package registry; skipped where there is none")


class Theirs(Struct, frozen=True):
    """Their command line, in an environment and a home of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.folder / "home"), "PATH": os.defpath}

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "venv" / "bin" / "agent-sudo", *words],
            cwd=self.folder / "home",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="session")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Theirs:
    """Their latest version; skips, and says why, where it cannot be had."""
    folder = tmp_path_factory.mktemp("theirs")
    (folder / "home").mkdir()
    venv = folder / "venv"
    python = venv / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    try:
        done = subprocess.run(_installer(python), capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{PACKAGE} was not installed within {_PATIENCE} s")
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"{PACKAGE} cannot be installed here: {reason}")
    return Theirs(folder)


def _installer(python: Path) -> Sequence[str | Path]:
    """What installs their package into the environment of `python`: uv, or the pip of this one."""
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", python, PACKAGE]
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    return [*pip, "install", "--quiet", "--timeout", "5", "--retries", "0", "--no-deps", PACKAGE]
