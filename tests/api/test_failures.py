"""Laws 1 and 3: where something fails on our side, nothing is allowed and nothing of the failure shows."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.services.errors import UnavailableError
from app.services.evaluation import Evaluation
from app.services.health import Health
from app.services.policies import Policies
from app.storage.writer import Writer
from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, World


@pytest.fixture
def calm(fresh: World) -> TestClient:
    """A client that is answered as one outside is, where the test client would raise what went wrong."""
    client = fresh.from_address("127.0.0.1")
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    return client


def test_what_cannot_be_recorded_is_not_allowed(
    fresh: World, calm: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Writer, commands: Any) -> Any:
        return [UnavailableError("database or disk is full: /secret/path")] * len(commands)

    monkeypatch.setattr(Writer, "commit", full)
    for path, body in (("/evaluate", ALLOWED), ("/evaluate/batch", {"requests": [ALLOWED] * 3})):
        answer = calm.post(path, json=body, headers=fresh.pep)
        assert_problem(answer, 503, "not_recorded")
        assert answer.headers["retry-after"] == "1"
        assert "secret" not in answer.text
    assert_problem(calm.post("/agents", json={"name": "x"}, headers=fresh.admin), 503, "not_recorded")
    monkeypatch.undo()
    assert fresh.evaluate()["allowed"] is True


def test_what_nobody_foresaw_is_a_no_without_details(
    fresh: World, calm: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(Evaluation, "evaluate", broken)
    monkeypatch.setattr(Policies, "in_force", broken)
    with capture_logs() as log:
        answers = (
            calm.post("/evaluate", json=ALLOWED, headers=fresh.pep),
            calm.get("/policy", headers=fresh.admin),
        )
    assert [event["event"] for event in log] == ["evaluate.failed", "request.failed"]
    for answer in answers:
        assert_problem(answer, 500, "internal")
        assert "secret" not in answer.text
        assert answer.headers["cache-control"] == "no-store"


def test_a_database_that_cannot_be_read_is_not_ready(calm: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Health, "is_ready", lambda _: False)
    assert_problem(calm.get("/readyz"), 503, "not_recorded")
    assert calm.get("/healthz").status_code == 200
