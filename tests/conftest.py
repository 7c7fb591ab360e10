"""What tests of the running parts share: databases of both kinds, homes in them, and services that run on those."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.data import data
from app.main import Service, build
from app.storage.database import Database, open_database
from app.storage.migrate import migrate
from tests.homes import Home, prepare
from tests.postgres import Postgres, fresh, leave, prepare_run
from tests.processes import Process, start

# How often a test of chance tries its luck; `AGENT_SUDO_TEST_TRIALS=1000` is what a release is held to.
TRIALS = int(os.environ.get("AGENT_SUDO_TEST_TRIALS", "40"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        prepare_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        leave()


@pytest.fixture(scope="session")
def trials() -> int:
    return TRIALS


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The PostgreSQL server of this run."""
    return Postgres()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, of each kind in turn."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'agent-sudo.db'}"


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    with fresh(postgres) as address:
        yield address


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database of each kind in turn with our schema, its log still empty."""
    opened = open_database(url)
    migrate(opened, data("migrations"))
    yield opened
    opened.dispose()


@pytest.fixture
def home(tmp_path: Path, url: str) -> Home:
    """A home on each kind of database in turn, with an operator, an agent and its key."""
    return prepare(tmp_path, url)


@pytest.fixture
def service(home: Home) -> Service:
    """A service on `home`, in this process; it runs once a TestClient is entered."""
    return build(home.settings)


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client of `service`, which it keeps running."""
    with TestClient(service.asgi, base_url="http://127.0.0.1", client=("127.0.0.1", 40_000)) as entered:
        yield entered


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Home], Process]]:
    """Start `agent-sudo serve` on a home, as often as wanted; what still runs at the end is stopped."""
    started: list[Process] = []

    def serving(home: Home) -> Process:
        started.append(start(home, tmp_path / f"serve-{len(started)}.log"))
        return started[-1]

    yield serving
    for process in started:
        process.kill()
