"""Ready means that decisions can be recorded; what failed is tried again, and the log tells of it."""

from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from app.main import Service
from app.services.api_key import new_key
from app.storage.database import Database
from tests.homes import Home, basic, bearer


def test_a_service_that_could_not_record_is_ready_again_once_it_can_and_says_so_in_the_log(
    service: Service, client: TestClient, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    dialect = service.database.writing.dialect
    commit = dialect.do_commit

    def fails(connection: Any) -> None:
        raise dialect.loaded_dbapi.OperationalError("no room")

    monkeypatch.setattr(dialect, "do_commit", fails)
    answer = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key))
    assert (answer.status_code, answer.json()["allowed"]) == (503, False)
    assert client.get("/readyz").status_code == 503
    monkeypatch.setattr(dialect, "do_commit", commit)
    assert [client.get("/readyz").status_code for _ in range(2)] == [200, 200]
    listed = client.get("/audit/entries", headers=basic()).json()["entries"]
    assert [entry["type"] for entry in listed].count("service.resumed") == 1


def test_a_database_that_cannot_be_read_is_503_and_never_500(service: Service, client: TestClient, home: Home) -> None:
    database: Database = service.database
    error = database.reading.dialect.loaded_dbapi.OperationalError("gone")

    def gone(*_: Any) -> None:
        raise error

    database.reading.dispose()
    event.listen(database.reading, "do_connect", gone)
    assert client.get("/readyz").status_code == 503
    assert client.get("/agents", headers=basic()).status_code == 503
    # A key that this process has not met is looked for in the database.
    stranger = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(new_key()))
    assert (stranger.status_code, stranger.json()["allowed"]) == (503, False)
    # A key that it knows is served: the decision is recorded, or bounces.
    assert client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key)).status_code == 200
    event.remove(database.reading, "do_connect", gone)
    assert client.get("/readyz").status_code == 200
