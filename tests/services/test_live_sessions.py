"""What a process knows of sessions may be old, and its clock may be wrong; no decision is."""

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.audit_log.canonical import decode
from app.core.model import ActionRequest
from app.core.trust import Trust
from app.main import Service
from app.services.live_sessions import LiveSessions
from app.storage import entries
from app.storage.database import UnavailableError
from tests.homes import Home, bearer
from tests.processes import until
from tests.security.replayed import Replayed

READ = {"tool": "Read", "arguments": {"file_path": "/srv/project/a.py"}, "source": "user"}


class Gate:
    """A client with a `pep` key of a service in this process, and what that service knows."""

    def __init__(self, service: Service, client: TestClient, home: Home) -> None:
        self.services: Any = service.application.state.services
        self.live: LiveSessions = self.services.evaluation._sessions
        self._client = client
        self._headers = bearer(home.key)

    def post(self, path: str, body: Any) -> Any:
        answer = self._client.post(path, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    def trust(self, session: str | None = None) -> str:
        return str(self.post("/evaluate", {**READ, "session_id": session})["provenance"]["trust"])


@pytest.fixture
def gate(service: Service, client: TestClient, home: Home) -> Gate:
    return Gate(service, client, home)


def test_the_ledgers_clock_ends_a_session_even_where_this_machines_stands_still(gate: Gate, service: Service) -> None:
    session = gate.post("/sessions", {"ttl_seconds": 1})["id"]
    gate.live._clock = lambda: 0
    assert gate.trust(session) == "USER_DIRECT"
    until(lambda: gate.trust(session) == "UNKNOWN")
    replayed = Replayed()
    for _, rows in entries.pages(service.database):
        for row in rows:
            replayed.hear(entry := decode(row[2]))
            if entry["type"] == "decision":
                assert Trust[entry["prov"]["trust"]] <= replayed.most(entry)


def test_what_this_process_has_not_heard_of_yet_is_asked_for_when_it_matters(gate: Gate) -> None:
    before = gate.live.current
    session = gate.post("/sessions", {})["id"]
    gate.live.current = before
    assert gate.trust(session) == "USER_DIRECT"
    behind = gate.live.current
    gate.post(f"/sessions/{session}/observations", {"source": "web"})
    gate.live.current = behind
    assert gate.trust() == "EXTERNAL_CONTENT"
    assert gate.live.current.epoch == 2


def test_a_process_that_is_behind_catches_up_while_it_goes_on(gate: Gate, client: TestClient) -> None:
    gate.post("/sessions", {})
    known = gate.live.current
    gate.live.current = type(known)(known.epoch - 1, {})

    async def stand() -> Any:
        found = gate.live.standing("somebody", "pep", ActionRequest(tool="x"))
        await gate.live.refreshed()
        return found

    assert client.portal is not None
    assert client.portal.call(stand)[1] == known.epoch - 1
    assert gate.live.current == known


def test_a_database_that_cannot_be_read_leaves_what_was_known(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    known = gate.live.current

    def fail() -> None:
        raise UnavailableError("gone")

    monkeypatch.setattr(gate.live, "refresh", fail)
    asyncio.run(gate.live.refreshed())
    assert gate.live.current is known


def test_what_is_over_is_forgotten(gate: Gate, service: Service) -> None:
    clock = gate.live._clock
    first, second = (gate.post("/sessions", {"ttl_seconds": 60})["id"] for _ in range(2))
    gate.live._clock = lambda: clock() + 120_000_000
    third = gate.post("/sessions", {"ttl_seconds": 600})["id"]
    assert gate.live.current.agents["coder"].keys() == {third}
    gate.post(f"/sessions/{third}/observations", {})
    anew = LiveSessions(service.database, gate.live._ledger, clock)
    assert anew.current.agents["coder"].keys() == {first, second, third}
    assert anew.current.epoch == gate.live.current.epoch
