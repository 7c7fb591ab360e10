"""Law 7: no entry with a higher `seq` than a revoke relies on what was revoked, on any replica."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import cycle
from typing import Any

from app.audit_log.canonical import decode
from app.storage import entries
from app.storage.database import open_database
from tests.homes import ALLOWED, POLICY, Home, basic, bearer
from tests.processes import Process, until

_OTHER_POLICY = POLICY.replace("id: reads", "id: reads-too")


class Racers:
    """Threads that evaluate through one service all the time, with whichever key is at hand."""

    def __init__(self, process: Process, key: str) -> None:
        self.key = key
        self.answers: Counter[tuple[str, int]] = Counter()
        self._process = process
        self._lock = threading.Lock()
        self._ended = False

    def end(self) -> None:
        self._ended = True

    def count(self, status: int) -> int:
        """How often the key at hand was answered so."""
        return self.answers[self.key, status]

    def run(self) -> None:
        connection = self._process.connect()
        while not self._ended:
            key = self.key
            connection.request("POST", "/evaluate", ALLOWED, bearer(key))
            answer = connection.getresponse()
            document = json.loads(answer.read())
            assert document["allowed"] is (answer.status == 200)
            with self._lock:
                self.answers[key, answer.status] += 1
        connection.close()


@contextmanager
def racing(process: Process, key: str) -> Iterator[Racers]:
    racers = Racers(process, key)
    threads = [threading.Thread(target=racers.run) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield racers
    finally:
        racers.end()
        for thread in threads:
            thread.join()


def test_no_entry_after_the_revoke_of_a_key_relies_on_it_whichever_service_recorded_it(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    revokes, evaluates = serve(home), serve(home)
    operator = Operator(revokes)
    with racing(evaluates, home.key) as racers:
        for _ in range(trials):
            made = operator.ask("POST", "/agents/coder/keys", {})
            racers.key = made["key"]
            until(lambda: racers.count(200) > 0)
            operator.ask("DELETE", f"/agents/coder/keys/{made['id']}")
            until(lambda: racers.count(401) > 0)
    operator.close()
    assert {status for _, status in racers.answers} == {200, 401}
    assert _relied_on_what_was_revoked(home.url) == []


def test_no_entry_after_the_activation_of_a_policy_relies_on_the_one_before_whichever_service_recorded_it(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    activates, evaluates = serve(home), serve(home)
    operator = Operator(activates)
    in_force = operator.ask("GET", "/policy")["digest"]
    other = operator.ask("POST", "/policy", {"files": [{"name": "policy.yaml", "text": _OTHER_POLICY}]})["digest"]
    following = cycle((other, in_force))
    with racing(evaluates, home.key) as racers:
        for _ in range(trials):
            previous, in_force = in_force, next(following)
            enough = racers.count(200) + 3
            until(lambda enough=enough: racers.count(200) > enough)
            operator.ask("POST", f"/policy/{in_force}/activate", {"previous": previous})
    operator.close()
    assert {status for _, status in racers.answers} == {200}
    assert _relied_on_what_was_revoked(home.url) == []


class Operator:
    """Asks one service for changes, over one connection."""

    def __init__(self, process: Process) -> None:
        self._connection: HTTPConnection = process.connect()

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json", **basic()}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return json.loads(text) if text else None


def _relied_on_what_was_revoked(url: str) -> list[int]:
    """The decisions that rest on a key that was revoked, or on a policy that was replaced, in an earlier entry."""
    found: list[int] = []
    revoked: set[str] = set()
    policy = None
    database = open_database(url)
    for _, rows in entries.pages(database):
        for seq, _, body, *_ in rows:
            entry = decode(body)
            match entry["type"]:
                case "policy.activated":
                    policy = entry["data"]["policy"]
                case "key.revoked":
                    revoked.add(entry["data"]["key"])
                case "decision" if entry["policy"] != policy or entry["actor"]["key"] in revoked:
                    found.append(seq)
    database.dispose()
    return found
