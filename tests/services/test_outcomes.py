"""Looking at evaluations: however many look at once, none waits for another's connection."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from app.main import Service
from app.services import api_key
from app.services.errors import UnauthenticatedError
from app.services.outcomes import Outcome
from tests.homes import AGENT, Home, bearer


def test_looking_takes_one_connection_so_that_many_at_once_do_not_wait_for_each_other(
    service: Service, client: TestClient, home: Home
) -> None:
    made = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key)).json()["evaluation_id"]
    outcomes = service.application.state.services.outcomes
    # More at once than there are connections: with two for each, they would hold one and wait for the other.
    with ThreadPoolExecutor(40) as threads:
        found = [threads.submit(outcomes.show, made, (AGENT,)) for _ in range(200)]
        assert {one.result(20)["evaluation_id"] for one in found} == {made}


def test_no_outcome_is_recorded_for_a_key_that_was_revoked_after_it_was_looked_up(
    service: Service, client: TestClient, home: Home
) -> None:
    made = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key)).json()["evaluation_id"]
    services = service.application.state.services
    key = services.configurations.current.keys[api_key.digest(home.key)]
    services.keys.revoke("alice", key.agent, key.id)

    assert client.portal is not None
    with pytest.raises(UnauthenticatedError):
        client.portal.call(services.outcomes.report, key, made, Outcome("ok"))
