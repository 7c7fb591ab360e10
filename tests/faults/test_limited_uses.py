"""What is limited is not used more often than it may be, however many ask wherever at the same time."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.audit_log.canonical import decode
from app.services.audit import Audit
from app.storage import entries
from app.storage.database import open_database
from tests.homes import Home, basic, bearer
from tests.processes import Process

_THREADS = 10
_EACH = 20
_ASKED = {"tool": "Read", "arguments": {"file_path": "/path/to/project/a.py"}, "source": "user"}
_PAYS = {"tool": "pay", "arguments": {"amount": 1.5}, "source": "user"}
LIMITED = """\
version: 1
rules:
  - {id: pays, allow: pay, limit: {calls: 10, per: 1h}, budget: {sum: args.amount, max: 30, per: 1d}}
"""


def _race(processes: list[Process], key: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """200 requests through several services at once; their answers."""
    answers: list[dict[str, Any]] = []
    begin = threading.Barrier(_THREADS)

    def ask(process: Process) -> None:
        connection = process.connect()
        begin.wait()
        for _ in range(_EACH):
            connection.request("POST", "/evaluate", json.dumps(request), bearer(key))
            answer = connection.getresponse()
            document = json.loads(answer.read())
            assert answer.status == 200, document
            answers.append(document)
        connection.close()

    threads = [threading.Thread(target=ask, args=(processes[at % len(processes)],)) for at in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("parts", [False, True], ids=["agent", "parts"])
def test_ten_uses_are_ten_uses_for_200_requests_through_two_services(
    home: Home, serve: Callable[[Home], Process], *, parts: bool
) -> None:
    processes = [serve(home), serve(home)]
    body = {
        "agent": "coder/part" if parts else "coder",
        "allowed_actions": ["read_file"],
        "allowed_paths": ["/path/to/project/**"],
        "ttl_seconds": 7200,
        "max_uses": 10,
    }
    status, made = processes[0].ask("POST", "/delegations", basic(), json.dumps(body).encode())
    assert status == 201
    request = {**_ASKED, "actor": "coder/part"} if parts else _ASKED
    answers = _race(processes, home.key, request)
    assert len(answers) == _THREADS * _EACH
    allowed = [answer for answer in answers if answer["allowed"]]
    assert len(allowed) == 10
    assert {answer["delegation"] for answer in allowed} == {made["id"]}
    _, shown = processes[1].ask("GET", f"/delegations/{made['id']}", basic())
    assert (shown["uses"], shown["state"]) == (10, "used up")
    assert _recorded(home, "delegation") == 10


def test_a_limit_of_ten_calls_is_ten_calls_for_200_requests_through_two_services(
    home: Home, serve: Callable[[Home], Process]
) -> None:
    processes = [serve(home), serve(home)]
    _put_in_force(processes[0], LIMITED)
    answers = _race(processes, home.key, _PAYS)
    assert sum(answer["allowed"] for answer in answers) == 10
    assert {answer["decision"] for answer in answers} == {"ALLOW", "REQUIRE_APPROVAL"}


def _put_in_force(process: Process, policy: str) -> None:
    proposal = {"files": [{"name": "policy.yaml", "text": policy}]}
    status, made = process.ask("POST", "/policy", basic(), json.dumps(proposal).encode())
    assert status == 201, made
    activation = json.dumps({"previous": made["previous"]}).encode()
    status, _ = process.ask("POST", f"/policy/{made['digest']}/activate", basic(), activation)
    assert status < 300


def _recorded(home: Home, field: str) -> int:
    """In how many decisions a field stands, in a log that is as it was written."""
    database = open_database(home.url)
    try:
        assert Audit(database).verify().ok
        return sum(
            field in decode(row[2]) for _, rows in entries.pages(database) for row in rows if row[4] == "decision"
        )
    finally:
        database.dispose()
