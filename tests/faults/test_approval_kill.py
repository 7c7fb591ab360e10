"""kill -9 between a yes and its use, and answers given on another replica."""

import json
import threading
from collections.abc import Callable
from random import Random
from typing import Any

from app.audit_log.canonical import decode
from app.storage import entries
from app.storage.database import open_database
from tests.homes import Home, basic, bearer
from tests.processes import Process, until


def _body(number: int, **more: Any) -> bytes:
    return json.dumps({"tool": "mcp:any/thing", "arguments": {"n": number}, "source": "user", **more}).encode()


def _approved(process: Process, home: Home, number: int) -> str:
    _, asked = process.evaluate(home.key, _body(number))
    name: str = asked["approval"]["id"]
    assert asked["approval"]["url"] == f"{process.url}/console/approvals/{name}"
    status, _ = process.ask("POST", f"/approvals/{name}/decision", basic(), b'{"decision":"approve"}')
    assert status == 200
    return name


def _relied(home: Home) -> list[str]:
    """The approvals on which entries rely."""
    database = open_database(home.url)
    found = [
        body["approval"]
        for _, rows in entries.pages(database)
        for row in rows
        if (body := decode(row[2]))["type"] == "decision" and body["decision"] == "ALLOW"
    ]
    database.dispose()
    return found


def test_a_yes_is_used_at_most_once_whenever_the_service_is_killed_and_the_log_shows_which(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    chance = Random(5)
    process = serve(home)
    names: list[str] = []
    heard: list[str] = []
    for number in range(max(3, trials // 10)):
        names.append(_approved(process, home, number))
        racers = [threading.Thread(target=_use, args=(process, home, number, heard)) for _ in range(3)]
        for racer in racers:
            racer.start()
        threading.Event().wait(chance.random() / 50)  # a moment of chance, not a wait for anything
        process.kill()
        for racer in racers:
            racer.join()
        process = serve(home)
        _use(process, home, number, heard)
    relied = _relied(home)
    assert sorted(relied) == sorted(names), "each once, in the end"
    assert set(heard) <= set(relied), "nothing was allowed that the log does not show"


def _use(process: Process, home: Home, number: int, heard: list[str]) -> None:
    try:
        _, answer = process.evaluate(home.key, _body(number))
    except (OSError, ValueError):
        return
    if answer["allowed"]:
        heard.append(answer["approval"]["id"])


def test_an_answer_on_one_replica_wakes_who_waits_on_another(home: Home, serve: Callable[[Home], Process]) -> None:
    waits, answers = serve(home), serve(home)
    answer: list[Any] = []
    waiter = threading.Thread(target=lambda: answer.append(waits.evaluate(home.key, _body(1, wait_ms=30_000))[1]))
    waiter.start()

    def pending(process: Process) -> list[Any]:
        found: list[Any] = process.ask("GET", "/approvals", bearer(home.key))[1]["approvals"]
        return found

    until(lambda: any(one["waiting"] for one in pending(waits)))
    name = pending(answers)[0]["id"]
    answers.ask("POST", f"/approvals/{name}/decision", basic(), b'{"decision":"approve"}')
    waiter.join(10)
    assert answer, "it was woken"
    assert answer[0]["allowed"]
