"""A service that answers as a test says, and a hook that was set up for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.hooks.shim import KEY, Answerer


@pytest.fixture(scope="module")
def answerer() -> Iterator[Answerer]:
    made = Answerer()
    yield made
    made.close()


@pytest.fixture
def config(tmp_path: Path, answerer: Answerer) -> Path:
    key = tmp_path / "a.key"
    key.write_text(f"{KEY}\n")
    key.chmod(0o600)
    path = tmp_path / "a.conf"
    path.write_text(f"# where\nurl={answerer.url}\nkey_file={key}\n")
    return path
