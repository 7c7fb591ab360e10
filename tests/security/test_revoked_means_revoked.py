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
from app.core.trust import Trust
from app.storage import entries
from app.storage.database import open_database
from tests.homes import ALLOWED, POLICY, Home, basic, bearer
from tests.processes import Process, until
from tests.security.replayed import Replayed

DELEGATION = {
    "agent": "coder",
    "allowed_actions": ["read_file"],
    "allowed_paths": ["/path/to/project/**"],
    "ttl_seconds": 7200,
}
DELEGATED = b'{"tool":"Read","arguments":{"file_path":"/path/to/project/a.py"},"source":"user"}'
_OTHER_POLICY = POLICY.replace("id: reads", "id: reads-too")


class Racers:
    """Threads that evaluate through one service all the time, with whichever key and session are at hand."""

    def __init__(self, process: Process, key: str, body: bytes) -> None:
        self.key = key
        self.session: str | None = None
        self.answers: Counter[tuple[str, int]] = Counter()
        self.trusted: Counter[tuple[str | None, str]] = Counter()
        self.decisions: Counter[str | None] = Counter()
        self._process = process
        self._body = body
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
            key, session = self.key, self.session
            body = self._body if session is None else json.dumps({**json.loads(self._body), "session_id": session})
            connection.request("POST", "/evaluate", body, bearer(key))
            answer = connection.getresponse()
            document = json.loads(answer.read())
            decision = document.get("decision")
            assert document["allowed"] is (answer.status == 200 and decision == "ALLOW")
            with self._lock:
                self.answers[key, answer.status] += 1
                self.decisions[decision] += 1
                if answer.status == 200:
                    self.trusted[session, document["provenance"]["trust"]] += 1
        connection.close()


@contextmanager
def racing(process: Process, key: str, body: bytes = ALLOWED) -> Iterator[Racers]:
    racers = Racers(process, key, body)
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
        for trial in range(trials):
            made = operator.ask("POST", "/agents/coder/keys", {})
            racers.key = made["key"]
            until(lambda: racers.count(200) > 0)
            if trial % 2:
                operator.ask("DELETE", f"/agents/coder/keys/{made['id']}")
            else:
                operator.ask("POST", f"/agents/coder/keys/{made['id']}/rotate", {"overlap_seconds": 0})
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


def test_no_entry_after_a_session_was_lowered_or_ended_relies_on_it_whichever_service_recorded_it(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    changes, evaluates = serve(home), serve(home)
    operator = Operator(changes)

    def gate(path: str, body: Any) -> Any:
        return operator.ask("POST", path, body, bearer(home.key))

    with racing(evaluates, home.key) as racers:
        for trial in range(trials):
            parent = gate("/sessions", {})["id"]
            session = racers.session = gate("/sessions", {"parent": parent})["id"]
            until(lambda: racers.trusted[racers.session, "USER_DIRECT"] > 0)
            gate(f"/sessions/{parent if trial % 2 else session}/observations", {"source": "web"})
            until(lambda: racers.trusted[racers.session, "EXTERNAL_CONTENT"] > 0)
            operator.ask("DELETE", f"/sessions/{parent}" if trial % 3 else "/agents/coder/sessions")
            until(lambda: racers.trusted[racers.session, "UNKNOWN"] > 0)
    operator.close()
    assert {status for _, status in racers.answers} == {200}
    assert _relied_on_what_was_revoked(home.url) == []


def test_no_entry_without_a_session_is_trusted_more_than_the_agents_sessions_were_then(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    changes, evaluates = serve(home), serve(home)
    operator = Operator(changes)
    with racing(evaluates, home.key) as racers:
        for _ in range(trials):
            calm = racers.trusted[None, "USER_DIRECT"]
            until(lambda calm=calm: racers.trusted[None, "USER_DIRECT"] > calm)
            session = operator.ask("POST", "/sessions", {}, bearer(home.key))["id"]
            tainted = racers.trusted[None, "EXTERNAL_CONTENT"]
            operator.ask("POST", f"/sessions/{session}/observations", {}, bearer(home.key))
            until(lambda tainted=tainted: racers.trusted[None, "EXTERNAL_CONTENT"] > tainted)
            operator.ask("DELETE", f"/sessions/{session}", None, bearer(home.key))
    operator.close()
    assert {status for _, status in racers.answers} == {200}
    assert _relied_on_what_was_revoked(home.url) == []


def test_no_entry_after_the_revoke_of_a_delegation_relies_on_it_whichever_service_recorded_it(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    revokes, evaluates = serve(home), serve(home)
    operator = Operator(revokes)
    with racing(evaluates, home.key, DELEGATED) as racers:
        for _ in range(trials):
            made = operator.ask("POST", "/delegations", DELEGATION)
            _more(racers, "ALLOW")
            operator.ask("DELETE", f"/delegations/{made['id']}")
    operator.close()
    assert {status for _, status in racers.answers} == {200}
    assert _relied_on_what_was_revoked(home.url) == []


def test_nothing_is_allowed_after_a_stop_until_it_is_lifted_whichever_service_recorded_it(
    home: Home, serve: Callable[[Home], Process], trials: int
) -> None:
    stops, evaluates = serve(home), serve(home)
    operator = Operator(stops)
    ways = cycle(
        [
            ("/stops", {"kind": "everything"}),
            ("/stops", {"kind": "tool", "name": "read_*"}),
            ("/stops", {"kind": "agent", "name": "coder"}),
            ("/agents/coder", {"needs_session": True}),
        ]
    )
    with racing(evaluates, home.key) as racers:
        for _, (path, body) in zip(range(trials), ways, strict=False):
            _more(racers, "ALLOW")
            made = operator.ask("POST" if path == "/stops" else "PATCH", path, body)
            _more(racers, "DENY")
            if path == "/stops":
                operator.ask("DELETE", f"/stops/{made['id']}")
            else:
                operator.ask("PATCH", path, {"needs_session": False})
    operator.close()
    assert {status for _, status in racers.answers} == {200}
    assert _allowed_against_a_stop(home.url) == []


def _more(racers: Racers, decision: str) -> None:
    """Wait until some more were decided so."""
    enough = racers.decisions[decision] + 3
    until(lambda: racers.decisions[decision] > enough)


class Operator:
    """Asks one service for changes, over one connection."""

    def __init__(self, process: Process) -> None:
        self._connection: HTTPConnection = process.connect()

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None, credential: dict[str, str] | None = None) -> Any:
        headers = {"Content-Type": "application/json", **(credential or basic())}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return json.loads(text) if text else None


def _relied_on_what_was_revoked(url: str) -> list[int]:
    """The decisions that rest on what was revoked or replaced in an earlier entry, or a session that had fallen."""
    found: list[int] = []
    revoked: set[str] = set()
    policy = None
    sessions = Replayed()
    database = open_database(url)
    for _, rows in entries.pages(database):
        for seq, _, body, *_ in rows:
            entry = decode(body)
            sessions.hear(entry)
            match entry["type"]:
                case "policy.activated":
                    policy = entry["data"]["policy"]
                case "delegation.revoked":
                    revoked.add(entry["data"]["delegation"])
                case "decision" if entry.get("delegation") in revoked:
                    found.append(seq)
                case "key.revoked":
                    revoked.add(entry["data"]["key"])
                case "key.rotated":
                    revoked.add(entry["data"]["previous"])
                case "decision" if (
                    entry["policy"] != policy
                    or entry["actor"]["key"] in revoked
                    or Trust[entry["prov"]["trust"]] > sessions.most(entry)
                ):
                    found.append(seq)
    database.dispose()
    return found


def _allowed_against_a_stop(url: str) -> list[int]:
    """The decisions that allow something while it is stopped, or while its agent needs a session."""
    found: list[int] = []
    stopped: set[str] = set()
    database = open_database(url)
    for _, rows in entries.pages(database):
        for seq, _, body, *_ in rows:
            entry = decode(body)
            match entry["type"], entry.get("data"):
                case "stop.pressed", {"stop": stop}:
                    stopped.add(stop)
                case "stop.lifted", {"stop": stop}:
                    stopped.remove(stop)
                case "agent.changed", {"needs_session": True, "agent": agent}:
                    stopped.add(agent)
                case "agent.changed", {"needs_session": False, "agent": agent}:
                    stopped.remove(agent)
                case "decision", _ if stopped and entry["decision"] == "ALLOW":
                    found.append(seq)
    database.dispose()
    assert not stopped
    return found
