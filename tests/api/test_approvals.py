"""Approvals over HTTP: asked for with the evaluation, answered by people, used up by the agent."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_problems import assert_problem
from tests.api.world import PASSPHRASE, World, basic, bearer, world
from tests.processes import until
from tests.swaps import APPROVED, SWAPS, placed, swapped

POLICY = """\
version: 1
rules:
  - {id: mails, ask: send_email, valid: {uses: 100}}
  - {id: pushes, ask: shell, command: "git push *", risk: critical}
  - {id: two, ask: "mcp:pay/*", approvers: {need: 2}}
  - {id: boss, ask: "mcp:hr/*", approvers: {from: [admin]}}
  - {id: others, ask: "mcp:own/*", approvers: {owner: false}}
  - {id: thrice, ask: "mcp:log/*", valid: {uses: 3, for: 10m}, expires: 1h, risk: high}
"""
PUSH = {"tool": "Bash", "arguments": {"command": "git push"}, "source": "user"}


def tool(name: str = "mcp:any/thing", **request: Any) -> dict[str, Any]:
    return {"tool": name, "source": "user", **request}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("approvals")) as made:
        activate(made)
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        activate(made)
        yield made


def activate(world: World, policy: str = POLICY) -> None:
    body = {"files": [{"name": "p.yaml", "text": policy}]}
    made = world.client.post("/policy", json=body, headers=world.admin).json()
    previous = {"previous": made["previous"]}
    answer = world.client.post(f"/policy/{made['digest']}/activate", json=previous, headers=world.admin)
    assert answer.status_code == 200, answer.text


def asked(world: World, request: Any, key: str = "pep") -> str:
    """The approval that a request waits for."""
    answer = world.evaluate(request, key)
    assert not answer["allowed"]
    assert answer["approval"]["status"] == "pending", answer
    name: str = answer["approval"]["id"]
    return name


def decide(world: World, name: str, who: str = "approver", **decision: Any) -> Any:
    body = {"decision": "approve", **decision}
    return world.client.post(f"/approvals/{name}/decision", json=body, headers=basic(who))


def approve(world: World, name: str, who: str = "approver", **decision: Any) -> dict[str, Any]:
    answer = decide(world, name, who, **decision)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def session(world: World, key: str = "pep") -> str:
    name: str = world.client.post("/sessions", json={}, headers=bearer(world.keys[key])).json()["id"]
    return name


def entries(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: int | None = -1
    while after is not None:
        page = world.client.get(f"/audit/entries?after={after}&limit=1000", headers=world.admin).json()
        found += page["entries"]
        after = page["next"]
    return found


def test_what_was_approved_runs_once(fresh: World) -> None:
    first = fresh.evaluate(tool())
    name = first["approval"]["id"]
    assert first["approval"]["url"] == f"http://127.0.0.1:8787/console/approvals/{name}"
    assert first["approval"]["retry_after_ms"] == 1_000
    assert asked(fresh, tool()) == name, "the same request, the same approval"
    assert fresh.evaluate({**tool(), "dry_run": True})["approval"] is None
    shown = approve(fresh, name)
    assert (shown["status"], shown["request"], shown["decided_by"]) == ("approved", tool(), "approver")
    used = fresh.evaluate(tool())
    assert (used["allowed"], used["approval"]["id"]) == (True, name)
    assert asked(fresh, tool()) != name
    shown = fresh.client.get(f"/approvals/{name}", headers=fresh.pep).json()
    assert (shown["status"], shown["used"]) == ("consumed", 1)
    told = [entry["body"] for entry in entries(fresh) if name in json.dumps(entry["body"])]
    assert [(one["type"], one.get("decision")) for one in told] == [
        ("decision", "REQUIRE_APPROVAL"),
        ("decision", "REQUIRE_APPROVAL"),
        ("approval.approved", None),
        ("decision", "ALLOW"),
    ]


@pytest.fixture(scope="module")
def sworn(api: World) -> Any:
    """A request that was approved for a hundred uses, and another session of the same agent."""
    within, other = session(api), session(api)
    request = placed(APPROVED, within, other) | {"source": "user"}
    approve(api, asked(api, request), message="go")
    return request, within, other


@pytest.mark.parametrize("swap", SWAPS, ids=[swap["name"] for swap in SWAPS])
def test_no_swap_passes(api: World, sworn: Any, swap: dict[str, Any]) -> None:
    request, within, other = sworn
    changed = placed(swapped(swap), within, other) | {"source": "user"}
    assert json.dumps(changed) != json.dumps(request)
    assert not api.evaluate(changed)["allowed"]
    # Nothing that waits keeps the next one from being asked.
    for waits in api.client.get("/approvals?limit=200", headers=api.pep).json()["approvals"]:
        api.client.post(f"/approvals/{waits['id']}/cancel", headers=api.pep)


def test_the_order_of_keys_passes_and_an_agent_that_knows_it_all_does_not(api: World, sworn: Any) -> None:
    request, *_ = sworn
    turned = dict(reversed([*request.items()]))
    turned["arguments"] = dict(reversed([*turned["arguments"].items()]))
    assert api.evaluate(turned)["allowed"]
    stranger = {name: value for name, value in request.items() if name != "actor"}
    assert not api.evaluate(stranger, "other")["allowed"]
    assert not api.evaluate(request, "agent")["allowed"], "a key of kind agent attests less than was shown"


def test_duplicate_keys_are_no_request(api: World) -> None:
    body = b'{"tool":"x","arguments":{"a":"harmless","a":"evil"}}'
    headers = {**api.pep, "content-type": "application/json"}
    assert_problem(api.client.post("/evaluate", content=body, headers=headers), 400, "invalid_json")


def test_a_yes_is_used_as_often_as_its_rule_says(fresh: World) -> None:
    request = tool("mcp:log/put")
    name = asked(fresh, request)
    shown = approve(fresh, name)
    assert (shown["uses"], shown["risk"]) == (3, "high")
    assert [fresh.evaluate(request)["allowed"] for _ in range(4)] == [True, True, True, False]


def test_a_denial_reaches_the_agent_with_its_message(fresh: World) -> None:
    name = asked(fresh, tool())
    assert approve(fresh, name, decision="deny", message="Use a branch.")["status"] == "denied"
    answer = fresh.evaluate(tool())
    assert (answer["decision"], answer["rules"]) == ("DENY", ["approval-denied"])
    assert answer["reason"] == "approver denied this: Use a branch."
    assert (answer["approval"]["id"], answer["approval"]["message"]) == (name, "Use a branch.")


def test_a_denial_can_end_the_session(fresh: World) -> None:
    within = session(fresh)
    name = asked(fresh, tool(session_id=within))
    approve(fresh, name, decision="deny", scope="session")
    assert fresh.client.get(f"/sessions/{within}", headers=fresh.pep).json()["ended_at"]
    assert_problem(decide(fresh, asked(fresh, tool()), decision="deny", scope="session"), 400, "no_session")


def test_a_yes_for_the_session_ends_with_it(fresh: World) -> None:
    within = session(fresh)
    request = tool(session_id=within)
    name = asked(fresh, request)
    assert approve(fresh, name, scope="session")["uses"] is None
    assert all(fresh.evaluate(request)["allowed"] for _ in range(5))
    fresh.client.delete(f"/sessions/{within}", headers=fresh.pep)
    assert not fresh.evaluate(request)["allowed"]


def test_nothing_wider_than_once_for_what_is_critical_or_tainted_or_outside_of_a_session(fresh: World) -> None:
    within = session(fresh)
    assert_problem(decide(fresh, asked(fresh, tool()), scope="session"), 409, "once_only")
    critical = asked(fresh, {**PUSH, "session_id": within})
    assert_problem(decide(fresh, critical, scope="session", passphrase=PASSPHRASE), 409, "once_only")
    tainted = asked(fresh, tool(session_id=within, source="web"))
    assert_problem(decide(fresh, tainted, scope="session"), 409, "once_only")


def test_a_strong_approval_needs_the_passphrase_in_the_body(fresh: World) -> None:
    name = asked(fresh, PUSH)
    assert_problem(decide(fresh, name), 400, "passphrase_needed")
    assert_problem(decide(fresh, name, passphrase="wrong horse"), 401, "wrong_passphrase")
    assert approve(fresh, name, passphrase=PASSPHRASE)["status"] == "approved"
    assert fresh.evaluate(PUSH)["allowed"]


def test_an_edit_ends_the_request_and_covers_exactly_the_other_arguments(fresh: World) -> None:
    request = tool(arguments={"to": "everybody"})
    name = asked(fresh, request)
    shown = approve(fresh, name, arguments={"to": "ann"})
    assert (shown["status"], shown["code"], shown["edited_arguments"]) == ("denied", "edited", {"to": "ann"})
    answer = fresh.evaluate(request)
    assert (answer["allowed"], answer["approval"]["code"]) == (False, "edited")
    edited = answer["approval"]["edited_arguments"]
    assert not fresh.evaluate({**request, "arguments": {"to": "ann", "cc": "bob"}})["allowed"]
    assert fresh.evaluate({**request, "arguments": edited})["allowed"]
    assert not fresh.evaluate({**request, "arguments": edited})["allowed"]
    assert_problem(decide(fresh, asked(fresh, tool(arguments={"a": 1})), arguments={"a": 1}), 400, "nothing_edited")


def test_the_policy_judges_an_edit_anew(fresh: World) -> None:
    name = asked(fresh, tool("Bash", arguments={"command": "make release"}))
    approve(fresh, name, arguments={"command": "git push"})
    answer = fresh.evaluate(PUSH)
    assert answer["decision"] == "REQUIRE_STRONG_APPROVAL", "it was shown when no passphrase was needed"


def test_two_must_agree_nobody_counts_twice_and_one_no_ends_it(fresh: World) -> None:
    request = tool("mcp:pay/out", arguments={"amount": 1})
    name = asked(fresh, request)
    assert approve(fresh, name)["status"] == "pending"
    assert approve(fresh, name)["votes"] == [{"operator": "approver", "role": "approver"}]
    assert asked(fresh, request) == name
    assert_problem(decide(fresh, name, "admin", scope="session"), 409, "once_only")
    assert approve(fresh, name, "admin")["status"] == "approved"
    assert fresh.evaluate(request)["allowed"]
    name = asked(fresh, request)
    approve(fresh, name)
    assert approve(fresh, name, "admin", decision="deny")["status"] == "denied"
    assert_problem(decide(fresh, name, "admin"), 409, "already_decided")


def test_an_edit_counts_votes_from_one(fresh: World) -> None:
    request = tool("mcp:pay/out", arguments={"amount": 100})
    name = asked(fresh, request)
    approve(fresh, name)
    other = approve(fresh, name, "admin", arguments={"amount": 1})["edited_into"]
    edited = {**request, "arguments": {"amount": 1}}
    assert asked(fresh, edited) == other
    assert approve(fresh, other)["status"] == "approved"
    assert fresh.evaluate(edited)["allowed"]


def test_only_those_whom_the_rule_names_approve(fresh: World) -> None:
    name = asked(fresh, tool("mcp:hr/fire"))
    assert_problem(decide(fresh, name), 403, "not_an_approver")
    assert approve(fresh, name, "admin")["status"] == "approved"
    name = asked(fresh, tool("mcp:own/thing"))
    assert_problem(decide(fresh, name, "admin"), 403, "not_an_approver")
    assert approve(fresh, name)["status"] == "approved"


def test_the_same_answer_twice_is_one_and_another_one_is_refused(fresh: World) -> None:
    name = asked(fresh, tool())
    once, size = approve(fresh, name), fresh.size()
    assert approve(fresh, name) == once
    assert fresh.size() == size
    assert_problem(decide(fresh, name, "admin"), 409, "already_decided")
    assert_problem(decide(fresh, name, decision="deny"), 409, "already_decided")
    fresh.evaluate(tool())
    assert approve(fresh, name)["status"] == "consumed"
    assert_problem(decide(fresh, "a_none"), 404, "no_such_approval")


def test_an_approval_is_void_when_more_is_required_than_was_shown(fresh: World) -> None:
    request = tool()
    name = asked(fresh, request)
    approve(fresh, name)
    lower = fresh.evaluate({**request, "source": "web"})
    assert (lower["decision"], lower["approval"]["id"] == name) == ("REQUIRE_APPROVAL", False)
    void = fresh.client.get(f"/approvals/{name}", headers=fresh.pep).json()
    assert void["status"] == "cancelled"
    assert entries(fresh)[-1]["body"]["data"] == {
        "approval": name,
        "reason": "trust: shown at USER_DIRECT, now EXTERNAL_CONTENT",
    }


@pytest.mark.parametrize(
    "stricter",
    [
        '{id: any, ask: "mcp:any/*", risk: critical}',
        '{id: any, ask: "mcp:any/*", approvers: {need: 2}}',
        '{id: any, deny: "mcp:any/*"}',
    ],
)
def test_an_approval_is_void_under_a_stricter_policy(fresh: World, stricter: str) -> None:
    approve(fresh, asked(fresh, tool()))
    activate(fresh, f"version: 1\nrules:\n  - {stricter}\n")
    assert not fresh.evaluate(tool())["allowed"]


def test_an_approval_is_void_once_the_key_that_asked_is_revoked(fresh: World) -> None:
    made = fresh.client.post("/agents/coder/keys", json={}, headers=fresh.admin).json()
    answer = fresh.client.post("/evaluate", json=tool(), headers=bearer(made["key"])).json()
    approve(fresh, answer["approval"]["id"])
    waits = fresh.client.post("/evaluate", json=tool("mcp:b/c"), headers=bearer(made["key"])).json()["approval"]["id"]
    fresh.client.delete(f"/agents/coder/keys/{made['id']}", headers=fresh.admin)
    assert not fresh.evaluate(tool())["allowed"]
    assert_problem(decide(fresh, waits), 409, "approval_void")
    fresh.service.application.state.services.approvals.sweep()
    assert fresh.client.get(f"/approvals/{waits}", headers=fresh.pep).json()["status"] == "cancelled"


def test_an_agent_takes_back_what_it_asked_and_an_operator_what_was_approved(fresh: World) -> None:
    name = asked(fresh, tool())
    other = bearer(fresh.keys["other"])
    assert_problem(fresh.client.post(f"/approvals/{name}/cancel", headers=other), 404, "no_such_approval")
    assert fresh.client.post(f"/approvals/{name}/cancel", headers=fresh.pep).json()["status"] == "cancelled"
    assert_problem(fresh.client.post(f"/approvals/{name}/cancel", headers=fresh.pep), 409, "approval_cancelled")
    assert_problem(decide(fresh, name), 409, "already_decided")
    name = asked(fresh, tool())
    approve(fresh, name)
    assert fresh.client.post(f"/approvals/{name}/cancel", headers=fresh.admin).json()["status"] == "cancelled"
    assert asked(fresh, tool()) != name


def test_more_than_a_person_can_read_can_only_be_denied(fresh: World) -> None:
    name = asked(fresh, tool(arguments={"body": "x" * 65_536}))
    assert_problem(decide(fresh, name), 409, "too_large")
    assert_problem(decide(fresh, name, arguments={"body": "y" * 65_536}), 400, "too_large")
    assert approve(fresh, name, decision="deny")["status"] == "denied"


def test_an_agent_fills_its_own_inbox_only(fresh: World) -> None:
    for number in range(20):
        asked(fresh, tool(arguments={"n": number}))
    full = fresh.evaluate(tool(arguments={"n": 20}))
    assert (full["decision"], full["rules"], full["approval"]) == ("DENY", ["approvals-full"], None)
    assert asked(fresh, tool(arguments={"n": 0}))
    assert asked(fresh, tool(arguments={"n": 20}), "other")


def test_lists_show_the_gravest_first_in_bounded_pages_and_an_agent_its_own(fresh: World) -> None:
    plain, high = asked(fresh, tool()), asked(fresh, tool("mcp:log/put"))
    critical, other = asked(fresh, PUSH), asked(fresh, tool(), "other")

    def listed(query: str = "", headers: Any = None) -> Any:
        return fresh.client.get(f"/approvals{query}", headers=headers or fresh.admin).json()

    # What is asked for longer expires later, and stands behind within its risk.
    order = [critical, high, plain, other]
    assert [one["id"] for one in listed()["approvals"]] == order
    paged: list[str] = []
    after = ""
    for _ in range(4):
        page = listed(f"?limit=1{after}")
        paged += [one["id"] for one in page["approvals"]]
        after = f"&after={page['next']}"
    assert paged == order
    assert [one["id"] for one in listed("?agent=other")["approvals"]] == [other]
    assert [one["id"] for one in listed(headers=bearer(fresh.keys["other"]))["approvals"]] == [other]
    assert listed("?agent=coder", bearer(fresh.keys["other"]))["approvals"] == []
    approve(fresh, plain)
    assert [one["id"] for one in listed("?status=approved")["approvals"]] == [plain]
    assert [one["id"] for one in listed("?status=any")["approvals"]] == [other, critical, high, plain]
    assert_problem(fresh.client.get("/approvals?after=x", headers=fresh.admin), 400, "invalid_after")
    assert_problem(
        fresh.client.get(f"/approvals/{plain}", headers=bearer(fresh.keys["other"])), 404, "no_such_approval"
    )


def test_one_answer_wakes_all_who_wait_and_each_needs_a_use_of_its_own(fresh: World) -> None:
    answers: list[Any] = []

    def wait() -> None:
        answers.append(fresh.evaluate({**tool("mcp:log/put"), "wait_ms": 60_000}))

    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    until(lambda: _waiting(fresh) == 5)
    name = fresh.client.get("/approvals", headers=fresh.admin).json()["approvals"][0]["id"]
    approve(fresh, name)
    until(lambda: len(answers) == 3 and _waiting(fresh) == 2)
    again = fresh.client.get("/approvals", headers=fresh.admin).json()["approvals"][0]["id"]
    approve(fresh, again, decision="deny")
    for thread in threads:
        thread.join()
    assert [answer["allowed"] for answer in answers] == [True, True, True, False, False]
    assert {answer["approval"]["id"] for answer in answers if answer["allowed"]} == {name}


def test_whoever_waits_hears_of_a_denial_and_of_nothing_when_nobody_answers(fresh: World) -> None:
    shown: list[Any] = []
    name = asked(fresh, tool())
    waits = threading.Thread(
        target=lambda: shown.append(fresh.client.get(f"/approvals/{name}?wait=30", headers=fresh.pep).json())
    )
    evaluates = threading.Thread(target=lambda: shown.append(fresh.evaluate({**tool(), "wait_ms": 30_000})))
    for thread in (waits, evaluates):
        thread.start()
    until(lambda: _waiting(fresh) == 2)
    approve(fresh, name, decision="deny", message="no")
    for thread in (waits, evaluates):
        thread.join()
    assert sorted(one.get("status", one.get("decision")) for one in shown) == ["DENY", "denied"]
    answer = fresh.evaluate({**tool("mcp:b/c"), "wait_ms": 1})
    assert (answer["allowed"], answer["approval"]["status"]) == (False, "pending")


def _waiting(world: World) -> int:
    found = world.client.get("/approvals", headers=world.admin).json()["approvals"]
    return sum(one["waiting"] for one in found)
