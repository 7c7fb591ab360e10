"""Delegations over HTTP: issued by people, used by agents, gone when revoked."""

from typing import Any

import pytest

from tests.api.test_problems import assert_problem
from tests.api.world import PASSPHRASE, World, basic

READS: dict[str, Any] = {
    "agent": "coder",
    "allowed_actions": ["read_file"],
    "allowed_paths": ["/path/to/project/**"],
    "ttl_seconds": 7200,
    "max_uses": 10,
    "reason": "read access to /path/to/project for 2 hours, max 10 uses",
}
READ = {"tool": "Read", "arguments": {"file_path": "/path/to/project/a.py"}, "source": "user"}


def issued(world: World, **terms: Any) -> dict[str, Any]:
    answer = world.client.post("/delegations", json={**READS, **terms}, headers=world.admin)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_read_access_for_two_hours_and_ten_uses(fresh: World) -> None:
    assert fresh.evaluate(READ)["decision"] == "REQUIRE_APPROVAL"
    made = issued(fresh)
    answers = [fresh.evaluate(READ) for _ in range(12)]
    assert [answer["allowed"] for answer in answers] == [True] * 10 + [False] * 2
    assert {answer["delegation"] for answer in answers} == {made["id"], None}
    shown = fresh.client.get(f"/delegations/{made['id']}", headers=fresh.admin).json()
    assert (shown["uses"], shown["state"]) == (10, "used up")


def test_what_is_revoked_is_asked_about_again(fresh: World) -> None:
    made = issued(fresh)
    assert fresh.evaluate(READ)["allowed"]
    assert fresh.client.delete(f"/delegations/{made['id']}", headers=fresh.admin).status_code == 204
    assert not fresh.evaluate(READ)["allowed"]
    again = fresh.client.delete(f"/delegations/{made['id']}", headers=fresh.admin)
    assert_problem(again, 404, "no_such_delegation")


def test_a_reset_of_its_issuer_revokes_a_delegation(fresh: World) -> None:
    by_approver = {**READS, "max_uses": None}
    made = fresh.client.post("/delegations", json=by_approver, headers=basic("approver")).json()
    assert fresh.evaluate(READ)["delegation"] == made["id"]
    body = {"passphrase": f"{PASSPHRASE} again"}
    assert fresh.client.post("/operators/approver/reset", json=body, headers=fresh.admin).status_code == 204
    answer = fresh.evaluate(READ)
    assert (answer["allowed"], answer["delegation"]) == (False, None)
    assert fresh.client.get(f"/delegations/{made['id']}", headers=fresh.admin).json()["state"] == "revoked"


def test_a_denied_action_is_denied_while_the_delegation_lasts(fresh: World) -> None:
    pays = {"tool": "pay", "source": "user"}
    assert fresh.evaluate(pays)["decision"] == "REQUIRE_APPROVAL"
    made = issued(fresh, denied_actions=["pay"])
    answer = fresh.evaluate(pays)
    assert (answer["decision"], answer["rules"]) == ("DENY", [f"delegation:{made['id']}"])
    fresh.client.delete(f"/delegations/{made['id']}", headers=fresh.admin)
    assert fresh.evaluate(pays)["decision"] == "REQUIRE_APPROVAL"


def test_leaving_out_the_session_escapes_no_denial(fresh: World) -> None:
    held, free = (fresh.client.post("/sessions", json={}, headers=fresh.pep).json()["id"] for _ in range(2))
    issued(fresh, denied_actions=["pay"], session_id=held)
    pays = {"tool": "pay", "source": "user"}
    for request, key, decision in (
        ({**pays, "session_id": held}, "pep", "DENY"),
        (pays, "pep", "DENY"),
        ({**pays, "session_id": "s_unknown"}, "pep", "DENY"),
        ({**pays, "session_id": free}, "pep", "REQUIRE_APPROVAL"),
        # Which session it is in is the agent's own word.
        ({**pays, "session_id": free}, "agent", "DENY"),
        (pays, "other", "REQUIRE_APPROVAL"),
    ):
        assert fresh.evaluate(request, key)["decision"] == decision, (request, key)


def test_an_agents_own_word_on_which_part_it_is_escapes_no_denial(fresh: World) -> None:
    issued(fresh, agent="coder/reader", denied_actions=["pay"])
    pays = {"tool": "pay", "source": "user"}
    for actor, key, decision in (
        ("coder/reader", "pep", "DENY"),
        ("coder/reader/inner", "pep", "DENY"),
        ("coder/writer", "pep", "REQUIRE_APPROVAL"),
        ("coder", "pep", "REQUIRE_APPROVAL"),
        ("coder/writer", "agent", "DENY"),
        ("coder", "agent", "DENY"),
    ):
        assert fresh.evaluate({**pays, "actor": actor}, key)["decision"] == decision, (actor, key)


def test_a_dry_run_uses_nothing(fresh: World) -> None:
    made = issued(fresh, max_uses=1)
    answer = fresh.evaluate({**READ, "dry_run": True})
    assert (answer["allowed"], answer["decision"], answer["delegation"]) == (False, "ALLOW", made["id"])
    assert fresh.evaluate(READ)["allowed"]


def test_what_the_policy_denies_no_delegation_allows(fresh: World) -> None:
    issued(fresh, allowed_paths=["/**"], critical=True, passphrase=PASSPHRASE)
    answer = fresh.evaluate({**READ, "arguments": {"file_path": "/path/to/project/.env"}})
    assert (answer["decision"], answer["delegation"]) == ("DENY", None)


def test_critical_needs_the_passphrase_in_the_body(fresh: World) -> None:
    def create(passphrase: str | None) -> Any:
        body = {**READS, "critical": True} | ({} if passphrase is None else {"passphrase": passphrase})
        return fresh.client.post("/delegations", json=body, headers=basic("approver"))

    assert_problem(create(None), 400, "passphrase_needed")
    assert_problem(create("wrong horse"), 401, "wrong_passphrase")
    assert create(PASSPHRASE).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ttl_seconds": 0}, "invalid_request"),
        ({"ttl_seconds": -1}, "invalid_request"),
        ({"ttl_seconds": 31 * 86_400}, "invalid_request"),
        ({"ttl_seconds": "7200"}, "invalid_request"),
        ({"max_uses": 0}, "invalid_request"),
        ({"max_uses": -1}, "invalid_request"),
        ({"agent": ""}, "invalid_request"),
        ({"agent": "coder/"}, "invalid_request"),
        ({"allowed_actions": []}, "empty_delegation"),
        ({"allowed_actions": [""]}, "invalid_request"),
        ({"allowed_paths": ["relative/**"]}, "invalid_delegation"),
        ({"allowed_paths": ["/a/../b"]}, "invalid_delegation"),
        ({"allowed_paths": ["/a/"]}, "invalid_delegation"),
        ({"hosts": ["https://example.com"]}, "invalid_delegation"),
        ({"hosts": ["a.b@c"]}, "invalid_delegation"),
        ({"commands": ["  "]}, "invalid_delegation"),
        ({"when": "1 +"}, "invalid_delegation"),
        ({"when": "'text'"}, "invalid_delegation"),
        ({"reason": "\x1b[2J"}, "invalid_request"),
        ({"unknown": 1}, "invalid_request"),
    ],
)
def test_what_nobody_can_mean_is_refused(api: World, wrong: dict[str, Any], code: str) -> None:
    assert_problem(api.client.post("/delegations", json={**READS, **wrong}, headers=api.admin), 400, code)


def test_nobody_delegates_to_an_agent_that_is_not_there(api: World) -> None:
    answer = api.client.post("/delegations", json={**READS, "agent": "nobody"}, headers=api.admin)
    assert_problem(answer, 404, "no_such_agent")


def test_a_trace_tells_the_life_of_a_delegation(fresh: World) -> None:
    made = issued(fresh)
    used = [fresh.evaluate(READ)["audit"]["seq"] for _ in range(3)]
    fresh.evaluate({**READ, "arguments": {"file_path": "/elsewhere"}})
    fresh.client.delete(f"/delegations/{made['id']}", headers=fresh.admin)

    def trace(query: str = "") -> Any:
        return fresh.client.get(f"/delegations/{made['id']}/trace{query}", headers=fresh.admin).json()

    whole = trace()
    assert [one["type"] for one in whole["entries"]] == ["delegation.created", *["decision"] * 3, "delegation.revoked"]
    assert [one["seq"] for one in whole["entries"]][1:4] == used
    assert {one["body"].get("delegation") for one in whole["entries"][1:4]} == {made["id"]}
    assert whole["next"] is None
    pages = [trace("?limit=2")]
    while pages[-1]["next"] is not None:
        pages.append(trace(f"?limit=2&after={pages[-1]['next']}"))
    assert [one for page in pages for one in page["entries"]] == whole["entries"]


def test_lists_show_the_newest_first_and_leave_the_dead_out(fresh: World) -> None:
    made = [issued(fresh, reason=str(at))["id"] for at in range(3)]
    fresh.client.delete(f"/delegations/{made[1]}", headers=fresh.admin)

    def listed(query: str) -> Any:
        return fresh.client.get(f"/delegations{query}", headers=fresh.admin).json()

    assert [one["id"] for one in listed("")["delegations"]] == made[::-1]
    assert [one["id"] for one in listed("?live=true")["delegations"]] == [made[2], made[0]]
    assert listed("?agent=other")["delegations"] == []
    first = listed("?limit=2")
    assert [one["id"] for one in listed(f"?limit=2&before={first['next']}")["delegations"]] == [made[0]]


def test_an_explanation_says_why_a_delegation_does_not_cover_a_call(fresh: World) -> None:
    narrow, spent, gone = issued(fresh, allowed_paths=["/elsewhere/**"]), issued(fresh, max_uses=1), issued(fresh)
    fresh.client.delete(f"/delegations/{gone['id']}", headers=fresh.admin)
    assert fresh.evaluate(READ)["delegation"] == spent["id"]
    trace = {one["rule"]: one["failed"] for one in fresh.evaluate(READ, query="?explain=true")["trace"]}
    assert trace[narrow["id"]] == "path outside: /path/to/project/a.py"
    assert trace[spent["id"]] == "used up"
    assert trace[gone["id"]].startswith("revoked ")


def test_a_delegation_for_a_session_lives_as_long_as_that(fresh: World) -> None:
    session = fresh.client.post("/sessions", json={"ttl_seconds": 600}, headers=fresh.pep).json()["id"]
    other = fresh.client.post("/sessions", json={"ttl_seconds": 600}, headers=fresh.pep).json()["id"]
    made = issued(fresh, session_id=session)
    assert fresh.evaluate({**READ, "session_id": session})["delegation"] == made["id"]
    assert not fresh.evaluate({**READ, "session_id": other})["allowed"]
    assert not fresh.evaluate(READ)["allowed"]
    fresh.client.delete(f"/sessions/{session}", headers=fresh.pep)
    assert not fresh.evaluate({**READ, "session_id": session})["allowed"]
    answer = fresh.client.post("/delegations", json={**READS, "session_id": session}, headers=fresh.admin)
    assert_problem(answer, 404, "no_such_session")


def test_more_requests_at_once_than_uses_find_the_next_delegation(fresh: World) -> None:
    made = {issued(fresh, max_uses=2)["id"] for _ in range(4)}
    batch = fresh.client.post("/evaluate/batch", json={"requests": [READ] * 12}, headers=fresh.pep).json()["results"]
    assert sum(one["allowed"] for one in batch) == 8
    assert {one["delegation"] for one in batch} == made | {None}
