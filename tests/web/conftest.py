from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.asking import activate
from tests.api.world import World, world
from tests.web.browser import POLICY, Browser


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        activate(made, POLICY)
        yield made


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("console")) as made:
        activate(made, POLICY)
        yield made


@pytest.fixture(scope="module")
def admin(api: World) -> Browser:
    return Browser(api)
