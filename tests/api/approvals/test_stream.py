"""`/approvals/stream`: what listeners hear, how many may listen, and when it ends."""

import json
import signal
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from app.services.streams import MOST
from tests.homes import PASSPHRASE, Home, basic, bearer, prepare
from tests.processes import Process, start, until


class Stream:
    """One that is open."""

    def __init__(self, process: Process, headers: dict[str, str], query: str = "") -> None:
        self._connection = process.connect()
        self._connection.request("GET", f"/approvals/stream{query}", headers=headers)
        self.response: HTTPResponse = self._connection.getresponse()

    @property
    def status(self) -> int:
        return self.response.status

    def next(self) -> tuple[int, Any] | None:
        """The next event: its id, and what it tells; None at the end."""
        fields: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name and value:
                fields[name] = value
            elif "data" in fields:
                return int(fields["id"]), json.loads(fields["data"])
        return None

    def close(self) -> None:
        self.response.close()
        self._connection.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("stream")
    return prepare(folder, f"sqlite:///{folder / 'agent-sudo.db'}")


@pytest.fixture(scope="module")
def process(home: Home) -> Iterator[Process]:
    running = start(home, home.folder / "serve.log")
    yield running
    running.kill()


def asks(process: Process, home: Home, number: int) -> str:
    body = json.dumps({"tool": "mcp:x/y", "arguments": {"n": number}}).encode()
    name: str = process.evaluate(home.key, body)[1]["approval"]["id"]
    return name


def test_a_stream_goes_on_where_an_earlier_one_broke_off(process: Process, home: Home) -> None:
    first, second = asks(process, home, 1), asks(process, home, 2)
    stream = Stream(process, basic(), "?after=-1")
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    heard = [stream.next() for _ in range(2)]
    assert [one and one[1]["id"] for one in heard] == [first, second]
    stream.close()
    process.ask("POST", f"/approvals/{first}/decision", basic(), b'{"decision": "deny"}')
    assert heard[0] is not None
    again = Stream(process, {**basic(), "Last-Event-ID": str(heard[0][0])}, "?after=-1")
    assert [one[1]["status"] for _ in range(2) if (one := again.next())] == ["pending", "denied"]
    third = asks(process, home, 3)
    live = again.next()
    assert live is not None
    assert live[1]["id"] == third
    again.close()
    wrong = Stream(process, {**basic(), "Last-Event-ID": "x"})
    assert wrong.status == 400
    wrong.close()


def test_one_may_listen_so_often_and_others_still_may(process: Process, home: Home) -> None:
    streams = [Stream(process, bearer(home.key)) for _ in range(MOST)]
    assert {one.status for one in streams} == {200}
    over = Stream(process, bearer(home.key))
    assert (over.status, json.loads(over.response.read())["code"]) == (429, "too_many_streams")
    over.close()
    other = Stream(process, basic())
    assert other.status == 200
    other.close()
    streams.pop().close()

    def is_let_in() -> bool:
        streams.append(Stream(process, bearer(home.key)))
        return streams[-1].status == 200

    until(is_let_in)
    for one in streams:
        one.close()


def test_who_is_disabled_hears_nothing_more(process: Process, home: Home) -> None:
    bob = {"name": "bob", "role": "auditor", "passphrase": PASSPHRASE}
    assert process.ask("POST", "/operators", basic(), json.dumps(bob).encode())[0] == 204
    stream = Stream(process, basic(name="bob"))
    name = asks(process, home, 10)
    heard = stream.next()
    assert heard is not None
    assert heard[1]["id"] == name
    process.ask("POST", "/operators/bob/disable", basic())
    asks(process, home, 11)
    assert stream.next() is None
    stream.close()


def test_a_service_that_ends_ends_its_streams_and_sends_those_who_wait_away(tmp_path: Path) -> None:
    home = prepare(tmp_path, f"sqlite:///{tmp_path / 'agent-sudo.db'}")
    running = start(home, tmp_path / "serve.log")
    stream = Stream(running, basic())
    answers: list[Any] = []
    body = b'{"tool": "mcp:x/y", "wait_ms": 60000}'
    waits = threading.Thread(target=lambda: answers.append(running.evaluate(home.key, body)))
    waits.start()
    heard = stream.next()
    assert heard is not None
    until(lambda: running.ask("GET", f"/approvals/{heard[1]['id']}", basic())[1]["waiting"] == 1)
    running._popen.send_signal(signal.SIGTERM)
    assert stream.next() is None
    waits.join(60)
    assert [(status, answer["allowed"], answer["approval"]["status"]) for status, answer in answers] == [
        (200, False, "pending")
    ]
    stream.close()
    assert running._popen.wait(60) == 0
    running.kill()
