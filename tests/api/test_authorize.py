"""`POST /authorize`: who may ask there, in whose name, and that no failure is anything but a no."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.services.errors import UnavailableError
from app.services.evaluation import Evaluation
from tests.api.asking import activate, approve
from tests.api.test_front import exchange
from tests.api.world import World, world

# The plugin of agent-runtimes sends exactly these, and no credential.
QUESTION = {
    "actor": "root",
    "tool": "Read",
    "arguments": {"path": "/srv/project/a.py"},
    "resource": "/srv/project/a.py",
    "current_delegations": ["delegate:everything"],
    "risk_class": "low",
    "run_id": "run-1",
    "tool_call_id": "call-1",
    "agent_id": "operator",
    "pod_name": "pod",
}
HEADERS = [
    (b"host", b"127.0.0.1:8787"),
    (b"content-type", b"application/json"),
    (b"user-agent", b"Python-urllib/3.11"),
    (b"connection", b"close"),
]
POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: mails, ask: send_email}
  - {id: secrets, deny: read_file, path: ["**/.env"], reason: Credentials are never read by agents.}
  - {id: typed, allow: typed, when: "trust == 'USER_DIRECT'"}
"""


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("authorize"), authorize="agent") as made:
        activate(made, POLICY)
        yield made


def ask(there: World, body: Any, headers: Any = HEADERS, **scope: Any) -> tuple[int, dict[str, Any]]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = exchange(there, "/authorize", headers, body=sent, **scope)
    return status, json.loads(answer)


def question(tool: str, /, resource: str | None = None, **arguments: Any) -> dict[str, Any]:
    return {**QUESTION, "tool": tool, "arguments": arguments, "resource": resource or f"tool://{tool}"}


def test_it_is_not_there_unless_an_operator_wants_it(api: World) -> None:
    status, answer = ask(api, QUESTION)
    assert status == 404
    assert answer["allowed"] is False


def test_what_the_policy_allows_is_allowed_in_words_that_the_plugin_knows(on: World) -> None:
    status, answer = ask(on, QUESTION)
    assert status == 200
    assert list(answer)[:3] == ["allowed", "decision", "reason"]
    assert answer["allowed"] is True
    assert answer["decision"] == "allow"
    assert answer["risk_class"] == "low"


def test_it_is_recorded_as_the_agents_own_whatever_the_caller_says_of_itself(on: World) -> None:
    _, answer = ask(on, QUESTION)
    shown = on.client.get(f"/evaluations/{answer['evaluation_id']}", headers=on.admin).json()
    assert shown["entry"]["actor"]["agent"] == "coder"
    request = shown["payload"]["request"]
    assert request == {
        "tool": "Read",
        "arguments": {"path": "/srv/project/a.py"},
        "source": "agent",
        "target": "/srv/project/a.py",
    }


def test_what_is_denied_is_denied_and_says_why(on: World) -> None:
    _, answer = ask(on, question("Read", path="/srv/project/.env"))
    assert answer["allowed"] is False
    assert answer["decision"] == "deny"
    assert answer["reason"] == "Credentials are never read by agents."


def test_nobody_who_asks_here_is_the_user(on: World) -> None:
    for claim in ({}, {"source": "user"}, {"provenance": {"origin_type": "user"}}, {"source_trust": "USER_DIRECT"}):
        _, answer = ask(on, {**question("typed"), **claim})
        assert answer["decision"] == "approval_required"


def test_a_resource_hides_nothing_and_adds_to_what_is_asked(on: World) -> None:
    assert ask(on, question("Read", "/srv/project/.env", path="/srv/project/a.py"))[1]["decision"] == "deny"
    assert ask(on, question("Read", "/srv/project/a.py", path="/srv/project/.env"))[1]["decision"] == "deny"


def test_what_a_person_approves_runs_once_whatever_the_call_is_numbered(on: World) -> None:
    mail = question("send_email", to="ann@corp.example")
    _, asked = ask(on, mail)
    assert asked["allowed"] is False
    assert asked["decision"] == "approval_required"
    approve(on, asked["approval"]["id"])
    assert ask(on, question("send_email", to="eve@corp.example"))[1]["allowed"] is False
    assert ask(on, {**mail, "tool_call_id": "call-2", "run_id": "run-2"})[1]["decision"] == "allow"
    assert ask(on, mail)[1]["decision"] == "approval_required"


def test_what_a_person_denied_is_denied(on: World) -> None:
    mail = question("send_email", to="bob@corp.example")
    _, asked = ask(on, mail)
    approve(on, asked["approval"]["id"], decision="deny", message="Not to Bob.")
    assert ask(on, mail)[1]["decision"] == "deny"


def test_only_the_services_own_delegations_count(on: World) -> None:
    call = question("Read", path="/srv/shared/b.py")
    assert ask(on, call)[1]["decision"] == "approval_required"
    body = {"agent": "coder", "allowed_actions": ["read_file"], "allowed_paths": ["/srv/shared/**"], "ttl_seconds": 60}
    given = on.client.post("/delegations", json=body, headers=on.admin).json()
    _, answer = ask(on, call)
    assert answer["decision"] == "delegated_allow"
    assert answer["delegation"] == given["id"]
    on.client.delete(f"/delegations/{given['id']}", headers=on.admin)
    assert ask(on, call)[1]["decision"] == "approval_required"


STRANGERS: dict[str, dict[str, Any]] = {
    "another machine": {"client": ("192.0.2.7", 40_000)},
    "nobody": {"client": None},
    "a socket": {"client": ("/run/x", 0)},
    "a name pointed at us": {"headers": [(b"host", b"evil.example:8787"), *HEADERS[1:]]},
    "no host": {"headers": HEADERS[1:]},
    "two hosts": {"headers": [*HEADERS, (b"host", b"evil.example")]},
    **{
        f"one with {name}": {"headers": [*HEADERS, (name.encode(), b"x")]}
        for name in (
            *("origin", "referer", "cookie", "sec-fetch-site", "sec-fetch-mode", "sec-ch-ua", "via", "forwarded"),
            *("x-forwarded-for", "x-forwarded-host", "x-real-ip"),
        )
    },
}


@pytest.mark.parametrize("who", STRANGERS)
def test_only_programs_of_this_machine_may_ask(on: World, who: str) -> None:
    status, answer = ask(on, QUESTION, **{"headers": HEADERS, **STRANGERS[who]})
    assert status in (400, 403)
    assert answer == {"allowed": False, "decision": "deny", "reason": answer["reason"], "code": answer["code"]}


FAULTS: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"tool=Read",
    "half of it": b'{"tool": "Read"',
    "a list": b"[]",
    "no tool": {},
    "no name": {"tool": ""},
    "a tool that hides something": {"tool": "Read\u202e"},
    "a tool that is a number": {"tool": 1},
    "arguments that are a list": {"tool": "Read", "arguments": []},
    "a resource that is an object": {"tool": "Read", "resource": {}},
    "two meanings": b'{"tool": "Read", "tool": "Write"}',
    "a number that nobody can read": b'{"tool": "Read", "arguments": {"x": 1e999}}',
    "deep": b'{"tool": "Read", "arguments": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    "too large": b'{"tool": "Read", "arguments": {"x": "' + b"x" * 1_100_000 + b'"}}',
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_in_a_call_leads_to_what_the_plugin_falls_back_to(on: World, fault: str) -> None:
    status, answer = ask(on, FAULTS[fault])
    assert status == 200  # of any other the plugin reads nothing
    assert answer["allowed"] is False
    assert answer["decision"] == "deny"
    assert answer["reason"]


def test_a_form_is_not_taken(on: World) -> None:
    form = [HEADERS[0], (b"content-type", b"text/plain")]
    assert ask(on, QUESTION, form)[1] == {**ask(on, QUESTION, form)[1], "allowed": False, "decision": "deny"}


def test_other_methods_are_no_route(on: World) -> None:
    assert on.client.get("/authorize").status_code == 404


def test_what_cannot_be_recorded_is_a_no_in_the_plugins_format(on: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> None:
        raise UnavailableError("full")

    monkeypatch.setattr(Evaluation, "evaluate", full)
    assert ask(on, QUESTION) == (503, {**ask(on, QUESTION)[1], "allowed": False, "decision": "deny"})


def test_what_nobody_foresaw_is_a_no_without_details(on: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Evaluation, "evaluate", broken)
    status, answer = ask(on, QUESTION)
    assert status == 500
    assert answer["decision"] == "deny"
    assert "secret" not in json.dumps(answer)


@pytest.mark.parametrize("kind", ["pep", "expired", "revoked"])
def test_a_key_that_is_not_live_or_not_an_agents_own_asks_nothing(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with world(tmp_path_factory.mktemp(kind), authorize=kind) as made:
        status, answer = ask(made, QUESTION)
    assert status == 200
    assert answer["decision"] == "deny"


def test_the_agent_that_is_stopped_is_denied_here_too(on: World) -> None:
    on.client.post("/agents/coder/suspend", json={}, headers=on.admin)
    try:
        assert ask(on, QUESTION)[1]["decision"] == "deny"
    finally:
        on.client.post("/agents/coder/resume", json={}, headers=on.admin)
    assert ask(on, QUESTION)[1]["decision"] == "allow"
