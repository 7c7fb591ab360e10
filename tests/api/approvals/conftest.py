from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.asking import activate
from tests.api.world import World, world


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service whose policy asks, one for the tests of a module."""
    with world(tmp_path_factory.mktemp("approvals")) as made:
        activate(made)
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """The same, of the test's own."""
    with world(tmp_path) as made:
        activate(made)
        yield made
