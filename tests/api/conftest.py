from collections.abc import Iterator
from pathlib import Path

import pytest

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
