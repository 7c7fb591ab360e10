"""Looking at evaluations: however many look at once, none waits for another's connection."""

from concurrent.futures import ThreadPoolExecutor

from starlette.testclient import TestClient

from app.main import Service
from tests.homes import AGENT, Home, bearer


def test_looking_takes_one_connection_so_that_many_at_once_do_not_wait_for_each_other(
    service: Service, client: TestClient, home: Home
) -> None:
    made = client.post("/evaluate", json={"tool": "Read"}, headers=bearer(home.key)).json()["evaluation_id"]
    outcomes = service.application.state.services.outcomes
    # More at once than there are connections: with two for each, they would hold one and wait for the other.
    with ThreadPoolExecutor(40) as threads:
        found = [threads.submit(outcomes.show, made, AGENT) for _ in range(200)]
        assert {one.result(20)["evaluation_id"] for one in found} == {made}
