"""A request that is sent again counts once, however many send it wherever at the same time, and whatever was lost."""

import json
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from app.audit_log.canonical import decode
from app.audit_log.timestamp import parse_timestamp
from app.services.answer import VALID_US
from app.services.audit import Audit
from app.storage import entries
from app.storage.database import open_database
from tests.homes import Home, basic, bearer
from tests.processes import Process

_CALLS = 12
_SENDERS = 6
_GRANT = {"agent": "coder", "allowed_actions": ["mcp:gh/*"], "ttl_seconds": 7200, "max_uses": 1_000}


def _send(process: Process, key: str, call: int) -> dict[str, Any]:
    body = json.dumps({"tool": f"mcp:gh/get-{call}", "arguments": {}, "source": "user"}).encode()
    status, answer = process.ask("POST", "/evaluate", {**bearer(key), "Idempotency-Key": f"call-{call}"}, body)
    assert status == 200, answer
    assert answer["allowed"] is True
    return dict(answer)


def _recorded(home: Home) -> dict[str, list[int]]:
    """The times of the decisions about each tool, in a log that is as it was written."""
    database = open_database(home.url)
    found: dict[str, list[int]] = {}
    try:
        assert Audit(database).verify().ok
        for _, rows in entries.pages(database):
            for row in rows:
                body = decode(row[2])
                if body["type"] == "decision":
                    found.setdefault(body["request"]["tool"], []).append(parse_timestamp(body["ts"]))
    finally:
        database.dispose()
    return found


def test_of_all_that_bear_one_name_one_is_recorded_and_uses_up_one_through_two_services(
    home: Home, serve: Callable[[Home], Process]
) -> None:
    processes = [serve(home), serve(home)]
    status, made = processes[0].ask("POST", "/delegations", basic(), json.dumps(_GRANT).encode())
    assert status == 201
    answers: list[tuple[int, str]] = []
    begin = threading.Barrier(_SENDERS)

    def race(process: Process) -> None:
        for call in range(_CALLS):
            begin.wait(60)
            answers.append((call, _send(process, home.key, call)["evaluation_id"]))

    threads = [threading.Thread(target=race, args=(processes[at % 2],)) for at in range(_SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(answers) == _CALLS * _SENDERS
    recorded = _recorded(home)
    assert len(recorded) == _CALLS
    # A machine that pauses for longer than an answer is valid has it decided anew, and not before.
    assert [at for at in recorded.values() if any(b - a < VALID_US for a, b in pairwise(at))] == []
    uses = sum(map(len, recorded.values()))
    assert len(set(answers)) == uses
    assert processes[1].ask("GET", f"/delegations/{made['id']}", basic())[1]["uses"] == uses


def test_what_was_recorded_is_answered_again_by_the_service_that_is_started_anew(
    home: Home, serve: Callable[[Home], Process]
) -> None:
    process = serve(home)
    process.ask("POST", "/delegations", basic(), json.dumps(_GRANT).encode())
    first = _send(process, home.key, 0)
    process.kill()
    again = _send(serve(home), home.key, 0)
    recorded = _recorded(home)["mcp:gh/get-0"]
    assert (again == first) is (len(recorded) == 1)
    assert len(recorded) == 1 or recorded[1] - recorded[0] >= VALID_US
