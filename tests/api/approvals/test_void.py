"""What ends an approval without an answer, and what is asked no more."""

import pytest
from sqlalchemy import select

from app.main import clock
from app.storage.approval_changes import NothingOpen
from app.storage.command import Transaction
from app.storage.tables import approval
from tests.api.asking import activate, approve, asked, decide, entries, tool
from tests.api.test_problems import assert_problem
from tests.api.world import World, bearer


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


def _fill(world: World, but: int = 0) -> None:
    for number in range(20 - but):
        asked(world, tool(arguments={"n": number}))


def test_where_the_inbox_is_full_a_yes_to_less_than_is_required_is_neither_used_nor_replaced(fresh: World) -> None:
    request = tool("mcp:any/other")
    yes = asked(fresh, request)
    approve(fresh, yes)
    _fill(fresh)
    full = fresh.evaluate({**request, "source": "web"})
    assert (full["decision"], full["rules"], full["approval"]) == ("DENY", ["approvals-full"], None)
    assert fresh.client.get(f"/approvals/{yes}", headers=fresh.pep).json()["status"] == "approved"
    assert fresh.evaluate(request)["allowed"] is True


def test_where_the_inbox_is_full_what_waits_for_less_than_is_required_is_replaced(fresh: World) -> None:
    request = tool("mcp:any/other")
    shown = asked(fresh, request)
    _fill(fresh, but=1)
    more = asked(fresh, {**request, "source": "web"})
    assert more != shown
    assert fresh.client.get(f"/approvals/{shown}", headers=fresh.pep).json()["status"] == "cancelled"
    assert fresh.evaluate(tool("mcp:any/third"))["rules"] == ["approvals-full"], "one more does not wait for it"


def test_what_a_person_has_just_denied_is_not_replaced(fresh: World) -> None:
    name = asked(fresh, tool())
    with fresh.service.database.read() as connection:
        digest = connection.execute(select(approval.c.digest).where(approval.c.id == name)).scalar_one()
        open_still = NothingOpen(digest, but=name)
        assert open_still.holds(Transaction(connection, 0, 0, clock(), 0))
    approve(fresh, name, decision="deny")
    with fresh.service.database.read() as connection:
        assert not open_still.holds(Transaction(connection, 0, 0, clock(), 0))
