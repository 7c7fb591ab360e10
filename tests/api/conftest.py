from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import once
from tests.api.world import World, world


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service for all tests that do not care what its log holds already."""
    with world(tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """A service of the test's own."""
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may pause for longer than an answer is valid."""
    monkeypatch.setattr(once, "VALID_US", 3_600_000_000)
