"""The client asks, and whatever is no clear yes is a no."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_sudo_client import (
    ApprovalPending,
    AsyncClient,
    Call,
    Client,
    Decision,
    PermissionDenied,
    ServiceUnavailable,
)

from tests.clients.answering import answering
from tests.clients.conftest import Running
from tests.homes import AGENT, OPERATOR, PASSPHRASE

ROOT = Path(__file__).resolve().parents[2]
READ = Call("Read", {"file_path": "/srv/project/a.py"}, source="user")


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.url, running.keys[AGENT]) as made:
        yield made


def test_an_allow_is_true_and_a_deny_is_not(client: Client) -> None:
    allowed = client.evaluate(READ)
    denied = client.evaluate("Read", {"file_path": "/srv/project/.env"}, source="user")
    assert allowed.allowed
    assert allowed
    assert allowed.verdict == "ALLOW"
    assert not denied
    assert denied.verdict == "DENY"
    assert denied.reason == "Credentials are never read by agents."


def test_require_raises_what_is_not_allowed(client: Client) -> None:
    assert client.require(READ).evaluation_id
    with pytest.raises(PermissionDenied, match="Credentials are never read") as denied:
        client.require("Read", {"file_path": "/srv/project/.env"}, source="user")
    assert denied.value.decision is not None
    with pytest.raises(ApprovalPending, match="A person must approve this: Publishing needs a person"):
        client.require("publish", {"what": "x"}, source="user")


def test_the_place_is_always_sent(client: Client, running: Running) -> None:
    made = client.evaluate("lookup", {}, source="user")
    payload = running.as_operator("GET", f"/evaluations/{made.evaluation_id}")["payload"]
    assert payload["request"]["cwd"] == os.getcwd()  # noqa: PTH109
    assert payload["request"]["home"]


def test_a_batch_keeps_its_order(client: Client) -> None:
    answers = client.evaluate_batch([READ, Call("forbidden", source="user"), READ])
    assert [one.allowed for one in answers] == [True, False, True]


def test_an_outcome_is_recorded_once(client: Client, running: Running) -> None:
    decision = client.require(READ)
    client.report_outcome(decision.evaluation_id, "error", duration_ms=3, error="ValueError")
    shown = running.as_operator("GET", f"/evaluations/{decision.evaluation_id}")["outcome"]
    assert shown["status"] == "error"
    assert shown["error"] == "ValueError"
    with pytest.raises(PermissionDenied, match="reported before"):
        client.report_outcome(decision.evaluation_id, "ok")


def test_sessions_are_opened_lowered_and_ended(client: Client) -> None:
    opened = client.open_session(ttl=60, prompts=["Do it."])
    assert client.session(opened["id"])["trust"] == "USER_DIRECT"
    assert client.observe(opened["id"], tool="fetch", source="web", content="x")["trust"] == "EXTERNAL_CONTENT"
    assert client.add_prompt(opened["id"], "And this.")["prompts"] == 2
    assert client.extend_session(opened["id"], ttl=7_200)["expires_at"] > opened["expires_at"]
    client.end_session(opened["id"])
    assert client.session(opened["id"])["ended_at"]


def test_an_operator_delegates_and_revokes(running: Running) -> None:
    with Client(running.url, running.keys["other-bot"], operator=(OPERATOR, PASSPHRASE)) as client:
        given = client.delegate("other-bot", ttl=60, allowed_actions=["read_file"], allowed_paths=["/etc/**"])
        assert given["id"] in [one["id"] for one in client.delegations(agent="other-bot", live=True)]
        client.revoke_delegation(given["id"])
        assert not client.delegations(agent="other-bot", live=True)
    with Client(running.url, running.keys["other-bot"]) as client, pytest.raises(PermissionDenied, match="operator"):
        client.delegate("other-bot", ttl=60)


def test_what_the_service_does_not_take_is_a_no_with_its_code(client: Client) -> None:
    with pytest.raises(PermissionDenied) as refused:
        client.evaluate(READ.with_(actor="somebody"))
    assert refused.value.code == "actor_mismatch"
    assert not isinstance(refused.value, ServiceUnavailable)


@pytest.mark.parametrize("value", [float("nan"), {1: "a"}, object(), b"x", {"a", "b"}, "\ud800", range(3)])
def test_what_cannot_be_shown_whole_is_not_asked(client: Client, value: Any) -> None:
    with pytest.raises(PermissionDenied) as refused:
        client.evaluate("lookup", {"x": value}, source="user")
    assert refused.value.code == "not_json"


def test_without_a_key_nothing_is_allowed(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENT_SUDO_KEY", raising=False)
    with Client(running.url) as client, pytest.raises(PermissionDenied, match="no key"):
        client.require(READ)
    with Client(running.url, "asudo_wrong") as client, pytest.raises(PermissionDenied, match="not known"):
        client.require(READ)


@pytest.mark.parametrize("address", ["ftp://x", "127.0.0.1:8787", "http://a:b@127.0.0.1/", "http://127.0.0.1/?x=1"])
def test_an_address_is_the_service_s_and_nothing_else(address: str) -> None:
    with pytest.raises(ValueError, match="The service's address"):
        Client(address, "asudo_x")


def test_a_name_cannot_lead_to_another_route(client: Client) -> None:
    with pytest.raises(PermissionDenied):
        client.session("../healthz")
    with pytest.raises(PermissionDenied):
        client.session("..")


def test_an_allow_is_over_after_five_seconds(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = client.require(READ)
    later = time.monotonic() + 5.1
    monkeypatch.setattr("agent_sudo_client.decision.time.monotonic", lambda: later)
    assert not decision.allowed
    with pytest.raises(PermissionDenied, match="ask again"):
        decision.require()


def test_an_allow_is_over_when_the_service_says_so(client: Client) -> None:
    document = {**client.require(READ).document, "valid_until": "2020-01-01T00:00:00.000000Z"}
    assert not Decision.read(document, time.monotonic()).allowed


GOOD = {
    "allowed": True,
    "decision": "ALLOW",
    "reason": "",
    "evaluation_id": "x-1",
    "approval": None,
    "valid_until": "2999-01-01T00:00:00.000000Z",
}


def _text(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


ANSWERS: dict[str, tuple[int, bytes]] = {
    "an error of the server": (500, _text()),
    "unavailable": (503, _text()),
    "a redirect": (307, _text()),
    "no content": (204, b""),
    "created": (202, _text()),
    "nothing": (200, b""),
    "no JSON": (200, b"<html>allowed</html>"),
    "half of it": (200, _text()[:-9]),
    "a list": (200, b"[true]"),
    "allowed as a text": (200, _text(allowed="true")),
    "allowed as a number": (200, _text(allowed=1)),
    "no allowed": (200, json.dumps({name: one for name, one in GOOD.items() if name != "allowed"}).encode()),
    "allowed twice": (200, b'{"allowed":false,' + _text()[1:]),
    "no time": (200, _text(valid_until="soon")),
    "no evaluation": (200, _text(evaluation_id=None)),
    "an approval of another shape": (200, _text(approval=[])),
    "deep": (200, b"[" * 100_000),
    "no text": (200, b"\xff\xfe\x00"),
}


def _now(url: str, timeout: float) -> Any:
    with Client(url, "asudo_x", timeout=timeout) as client:
        return client.require(READ)


def _later(url: str, timeout: float) -> Any:
    async def asked() -> Any:
        async with AsyncClient(url, "asudo_x", timeout=timeout) as client:
            return await client.require(READ)

    return asyncio.run(asked())


BOTH = pytest.mark.parametrize("require", [_now, _later])


@BOTH
@pytest.mark.parametrize("kind", ANSWERS)
def test_what_is_no_answer_of_the_service_is_a_no(require: Callable[..., Any], kind: str) -> None:
    with answering(*ANSWERS[kind]) as url, pytest.raises(ServiceUnavailable, match="nothing is allowed"):
        require(url, 5.0)


@BOTH
def test_the_answer_that_those_are_made_of_is_a_yes(require: Callable[..., Any]) -> None:
    with answering(200, _text()) as url:
        assert require(url, 5.0).allowed


@BOTH
def test_a_slow_service_is_a_no(require: Callable[..., Any]) -> None:
    with answering(200, _text(), delay=0.5) as url, pytest.raises(ServiceUnavailable, match="nothing is allowed"):
        require(url, 0.1)


@BOTH
def test_a_service_that_is_gone_is_a_no(require: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServiceUnavailable, match="Connect"):
        require(f"http://127.0.0.1:{port}", 5.0)


@BOTH
def test_no_error_tells_the_key(require: Callable[..., Any]) -> None:
    with answering(401, b'{"code":"unknown_key","detail":"x"}') as url, pytest.raises(PermissionDenied) as refused:
        require(url, 5.0)
    assert "asudo_x" not in repr(refused.value) + str(refused.value.__cause__)


def test_asyncio_asks_at_once(running: Running) -> None:
    async def asked() -> list[Decision]:
        async with AsyncClient(running.url, running.keys[AGENT]) as client:
            return list(await asyncio.gather(*(client.require(READ) for _ in range(20))))

    assert all(asyncio.run(asked()))


def test_threads_share_a_client(client: Client) -> None:
    answers: list[tuple[int, Decision]] = []

    def ask(number: int) -> None:
        for _ in range(10):
            path = f"/srv/project/{number}" if number % 2 else f"/srv/project/{number}/.env"
            answers.append((number, client.evaluate("Read", {"file_path": path}, source="user")))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert all(decision.allowed is bool(number % 2) for number, decision in answers)


def test_a_child_process_speaks_on_a_connection_of_its_own(running: Running) -> None:
    script = """
import os, sys
from agent_sudo_client import Client
client = Client(sys.argv[1], sys.argv[2])
client.evaluate("lookup", {}, source="user")
before = client._connections
pid = os.fork()
client.evaluate("lookup", {}, source="user")
if pid:
    assert client._connections is before
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
assert client._connections is not before
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", script, running.url, running.keys[AGENT]], timeout=60, check=False)
    assert done.returncode == 0


def test_importing_the_client_loads_nothing_that_takes_long() -> None:
    slow = ["httpx2", "http.client", "asyncio", "logging", "urllib", "app"]
    script = f"import sys, agent_sudo_client; sys.exit(any(name in sys.modules for name in {slow}))"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_client_knows_nothing_of_the_service_s_code() -> None:
    for file in (ROOT / "clients").rglob("*.py"):
        assert not re.findall(r"(?m)^\s*(?:from|import) app\b", file.read_text()), file
