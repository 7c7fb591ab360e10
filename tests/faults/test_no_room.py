"""The disk is full, or the database can only be read: every answer is a no, and it heals by itself."""

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from app.main import build
from app.services.audit import Audit
from app.storage.database import open_database
from tests.homes import Home, basic, bearer, prepare
from tests.postgres import Postgres
from tests.processes import Process, until

_MOST = 20_000


def test_a_full_disk_is_answered_with_503_and_a_no_until_there_is_room_again(
    small_disk: Path, serve: Callable[[Home], Process]
) -> None:
    home = prepare(small_disk, f"sqlite:///{small_disk / 'agent-sudo.db'}")
    process = serve(home)
    with _full(small_disk):
        acknowledged = _evaluates_until_refused(process, home)
    _is_well_again(process, home, acknowledged)


def test_stop_buttons_work_where_there_is_no_room_for_anything_else(
    small_disk: Path, serve: Callable[[Home], Process]
) -> None:
    home = prepare(small_disk, f"sqlite:///{small_disk / 'agent-sudo.db'}")
    process = serve(home)
    other = process.ask("POST", "/agents/coder/keys", basic(), b"{}")[1]
    with _full(small_disk):
        acknowledged = _evaluates_until_refused(process, home)
        # Whoever signed in before the disk was full is known; whoever comes now is let in all the same.
        for stop in ({"kind": "tool", "name": "Read"}, {"kind": "agent", "name": "coder"}, {"kind": "everything"}):
            status, answer = process.ask("POST", "/stops", basic(), json.dumps(stop).encode())
            assert (status, answer.get("kind")) == (201, stop["kind"])
            _is_refused(process, home)
        assert process.ask("DELETE", f"/agents/coder/keys/{other['id']}", basic())[0] == 204
        # Everything else still finds no room, also what an operator wants.
        assert process.ask("POST", "/agents", basic(), b'{"name": "x"}')[0] == 503
        assert process.evaluate(other["key"])[0] == 401
    until(lambda: process.ask("GET", "/readyz", {})[0] == 200)
    assert process.evaluate(home.key)[1]["rules"] == ["stop-agent", "stop-everything", "stop-tool"]
    for stop in process.ask("GET", "/stops", basic())[1]["stops"]:
        assert process.ask("DELETE", f"/stops/{stop['id']}", basic())[0] == 204
    _is_well_again(process, home, acknowledged)


def test_people_sign_in_and_stop_where_there_is_no_room(small_disk: Path, serve: Callable[[Home], Process]) -> None:
    home = prepare(small_disk, f"sqlite:///{small_disk / 'agent-sudo.db'}")
    process = serve(home)
    with _full(small_disk):
        _evaluates_until_refused(process, home)
        assert process.ask("POST", "/stops", basic(), b'{"kind": "everything"}')[0] == 201
    until(lambda: process.ask("GET", "/readyz", {})[0] == 200)
    assert process.evaluate(home.key)[1]["rules"] == ["stop-everything"]


def test_a_file_that_may_not_grow_is_answered_with_503_and_a_no_until_it_may_again(
    tmp_path: Path, sqlite_url: str, serve: Callable[[Home], Process]
) -> None:
    home = prepare(tmp_path, sqlite_url)
    process = serve(home)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
    acknowledged = _evaluates_until_refused(process, home)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    _is_well_again(process, home, acknowledged)


def test_a_database_that_can_only_be_read_is_answered_with_503_and_a_no_until_it_can_be_written_again(
    postgres: Postgres, postgres_url: str, tmp_path: Path, serve: Callable[[Home], Process]
) -> None:
    home = prepare(tmp_path, postgres_url)
    name = open_database(postgres_url).reading.url.database
    process = serve(home)
    status, answer = process.evaluate(home.key)
    assert status == 200
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    _disconnect(postgres, name)
    _is_refused(process, home)
    assert process.ask("GET", "/readyz", {})[0] == 503
    postgres.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    _disconnect(postgres, name)
    _is_well_again(process, home, {answer["audit"]["seq"]: answer["audit"]["hash"]})


def test_a_file_that_can_only_be_read_is_answered_with_503_and_a_no_until_it_can_be_written_again(
    tmp_path: Path, sqlite_url: str
) -> None:
    home = prepare(tmp_path, sqlite_url)
    service = build(home.settings)
    with TestClient(service.asgi, base_url="http://127.0.0.1") as client:
        ledger = service.application.state.services.evaluation._ledger

        def read_only(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA query_only=ON")

        event.listen(service.database.writing, "connect", read_only)
        ledger._writer._abandon()
        for _ in range(2):
            answer = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key))
            assert (answer.status_code, answer.json()["allowed"]) == (503, False)
        assert client.get("/readyz").status_code == 503
        event.remove(service.database.writing, "connect", read_only)
        assert client.get("/readyz").status_code == 200
        assert client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key)).status_code == 200


def _evaluates_until_refused(process: Process, home: Home) -> dict[int, str]:
    acknowledged: dict[int, str] = {}
    for _ in range(_MOST):
        status, answer = process.evaluate(home.key)
        if status != 200:
            break
        acknowledged[answer["audit"]["seq"]] = answer["audit"]["hash"]
    _is_refused(process, home)
    return acknowledged


def _is_refused(process: Process, home: Home) -> None:
    for _ in range(5):
        status, answer = process.evaluate(home.key)
        assert (status, answer["allowed"]) == (503, False)


def _is_well_again(process: Process, home: Home, acknowledged: dict[int, str]) -> None:
    """Without anybody's help: it records again, nothing that was acknowledged is lost, and the chain is whole."""
    until(lambda: process.ask("GET", "/readyz", {})[0] == 200)
    status, answer = process.evaluate(home.key)
    assert (status, answer["allowed"]) == (200, True)
    database = open_database(home.url)
    try:
        page = Audit(database).page
        for seq, digest in acknowledged.items():
            assert page(seq - 1, 1)[0][0]["hash"] == digest
        assert Audit(database).verify().ok
    finally:
        database.dispose()
    assert process.ask("POST", "/audit/verify", basic())[1]["ok"]


def _disconnect(postgres: Postgres, name: str | None) -> None:
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount; the test with a limit on files stands in")
    yield folder
    # Lazily: the service that writes there is stopped by a fixture that is older than this one.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    """No room is left while the block runs."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4_096))
    assert os.statvfs(folder).f_bavail == 0
    try:
        yield
    finally:
        filler.unlink()
