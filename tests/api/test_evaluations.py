"""Looking at an evaluation again, and reporting its outcome: one's own, and once."""

import pytest
from sqlalchemy import text

from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, World, bearer


def test_an_evaluation_is_seen_by_its_agent_and_by_operators(api: World) -> None:
    evaluation = api.evaluate()["evaluation_id"]
    for headers in (api.pep, bearer(api.keys["agent"]), api.admin):
        seen = api.client.get(f"/evaluations/{evaluation}", headers=headers).json()
        assert seen["decision"] == "ALLOW"
        assert seen["payload"]["request"] == ALLOWED
        assert seen["outcome"] is None


def test_an_agent_hears_which_tools_it_is_denied_whatever_it_calls_them_with(fresh: World) -> None:
    def denied(*tools: str) -> object:
        answer = fresh.client.post("/tools/denied", json={"tools": tools}, headers=fresh.pep)
        return answer.json()["denied"] if answer.status_code == 200 else answer.status_code

    assert denied("read_file", "mcp:a/b") == []
    fresh.client.post("/stops", json={"kind": "tool", "name": "mcp:a/*"}, headers=fresh.admin)
    assert denied("read_file", "mcp:a/b") == ["mcp:a/b"]
    assert denied(*["x"] * 1_001) == 400


def test_another_agents_evaluation_is_not_there(api: World) -> None:
    evaluation = api.evaluate()["evaluation_id"]
    stranger = bearer(api.keys["other"])
    assert_problem(api.client.get(f"/evaluations/{evaluation}", headers=stranger), 404, "no_such_evaluation")
    report = api.client.post(f"/evaluations/{evaluation}/outcome", json={"status": "ok"}, headers=stranger)
    assert_problem(report, 404, "no_such_evaluation")
    nothing = api.client.get(f"/evaluations/{api.log}-999999", headers=stranger)
    assert nothing.json() == api.client.get(f"/evaluations/{evaluation}", headers=stranger).json()


@pytest.mark.parametrize(
    "name",
    ["0", "-1", "{log}", "{log}-", "{log}--1", "{log}-0", "{log}-x", "x-5", "{log}-1e3", "{log}-9007199254740993"],
)
def test_what_is_no_evaluation_is_not_found(api: World, name: str) -> None:
    """Entry 0 is there, but it is no decision; no entry has a number that JSON cannot hold."""
    address = f"/evaluations/{name.format(log=api.log)}"
    assert_problem(api.client.get(address, headers=api.admin), 404, "no_such_evaluation")
    report = api.client.post(f"{address}/outcome", json={"status": "ok"}, headers=api.pep)
    assert_problem(report, 404, "no_such_evaluation")


def test_an_outcome_is_reported_once(api: World) -> None:
    evaluation = api.evaluate()["evaluation_id"]
    address = f"/evaluations/{evaluation}/outcome"
    first = api.client.post(address, json={"status": "error", "exit_code": 1}, headers=api.pep)
    assert first.status_code == 201
    again = api.client.post(address, json={"status": "ok"}, headers=api.pep)
    assert_problem(again, 409, "outcome_exists")
    seen = api.client.get(f"/evaluations/{evaluation}", headers=api.pep).json()["outcome"]
    assert (seen["status"], seen["exit_code"]) == ("error", 1)
    entry = api.client.get(f"/audit/entries/{first.json()['audit']['seq']}", headers=api.admin).json()
    assert entry["type"] == "execution.result"


def test_an_agents_own_key_reports_only_what_it_asked_itself(api: World) -> None:
    asked_by = {key: f"/evaluations/{api.evaluate(key=key)['evaluation_id']}/outcome" for key in ("pep", "agent")}
    own = bearer(api.keys["agent"])
    assert_problem(api.client.post(asked_by["pep"], json={"status": "ok"}, headers=own), 403, "asked_by_another_key")
    assert api.client.post(asked_by["agent"], json={"status": "ok"}, headers=own).status_code == 201
    assert api.client.post(asked_by["pep"], json={"status": "ok"}, headers=api.pep).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "fine"},
        {"status": "ok", "output": "secret"},
        {"status": "ok", "exit_code": "0"},
        {"status": "ok", "duration_ms": -1},
        {"status": "error", "error": "a sentence with a secret"},
    ],
)
def test_an_outcome_holds_no_output(api: World, body: object) -> None:
    address = f"/evaluations/{api.evaluate()['evaluation_id']}/outcome"
    assert_problem(api.client.post(address, json=body, headers=api.pep), 400, "invalid_request")


def test_an_evaluation_whose_payload_was_erased_is_still_there(fresh: World) -> None:
    answer = fresh.evaluate()
    with fresh.service.database.writing.begin() as connection:
        statement = text("UPDATE audit_entry SET salt = NULL, payload = NULL WHERE seq = :seq")
        connection.execute(statement, {"seq": answer["audit"]["seq"]})
    seen = fresh.client.get(f"/evaluations/{answer['evaluation_id']}", headers=fresh.pep).json()
    assert (seen["decision"], seen["payload"]) == ("ALLOW", None)
    assert fresh.client.get("/audit/verify", headers=fresh.admin).json()["ok"] is True
