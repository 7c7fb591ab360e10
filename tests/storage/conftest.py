from collections.abc import Iterator

import pytest

from app.storage.database import Database
from app.storage.writer import Writer
from tests.storage.samples import begin


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    made = Writer(database)
    yield made
    made.close()


@pytest.fixture
def log(database: Database, writer: Writer) -> str:
    """The name of the log, which has its first entry."""
    return begin(database, writer)
