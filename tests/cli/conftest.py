"""Homes for commands: an empty one, one with an operator, one that is being served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.homes import Home, prepare
from tests.processes import Process, start


@pytest.fixture
def empty(tmp_path: Path) -> Commands:
    """Commands on a home that does not exist yet."""
    return Commands(tmp_path, {"AGENT_SUDO_HOME": str(tmp_path / "home"), "AGENT_SUDO_PORT": "1"})


@pytest.fixture
def prepared(tmp_path: Path) -> Home:
    """A home with an operator, an agent and its key."""
    return _prepare(tmp_path)


@pytest.fixture
def commands(prepared: Home, tmp_path: Path) -> Commands:
    """Commands on `prepared`; no service runs."""
    return Commands(tmp_path, {**prepared.environment, "AGENT_SUDO_PORT": "1"})


@pytest.fixture(scope="module")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return _prepare(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def process(served_home: Home) -> Iterator[Process]:
    """A service on `served_home`, one for the tests of a module."""
    running = start(served_home, served_home.folder / "serve.log")
    yield running
    running.kill()


@pytest.fixture
def served(served_home: Home, process: Process) -> Commands:
    """Commands on the home that `process` serves."""
    return Commands(served_home.folder, {**served_home.environment, "AGENT_SUDO_URL": process.url})


def _prepare(folder: Path) -> Home:
    (folder / "home").mkdir(mode=0o700)
    return prepare(folder, f"sqlite:///{folder / 'home/agent-sudo.db'}")
