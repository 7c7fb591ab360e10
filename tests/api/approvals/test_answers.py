"""What people answer, and what comes of it."""

import json

from tests.api.asking import PUSH, approve, asked, decide, entries, session, tool
from tests.api.test_problems import assert_problem
from tests.api.world import PASSPHRASE, World


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


def test_people_are_shown_which_command_runs_which_and_what_an_edit_would_do(fresh: World) -> None:
    request = tool("Bash", arguments={"command": "sudo git push && ls"}, cwd="/srv/project")
    name = asked(fresh, request)
    shown = fresh.client.get(f"/approvals/{name}", headers=fresh.admin).json()
    drawn = [(one["words"], [inner["words"] for inner in one["inner"]]) for one in shown["tree"]]
    assert (drawn, shown["flat"]) == ([("sudo git push", ["git push"]), ("ls", [])], "")
    assert fresh.client.get(f"/approvals/{name}", headers=fresh.pep).json()["tree"] is None, "it knows its request"
    other = approve(fresh, name, arguments={"command": "cat x"}, passphrase=PASSPHRASE)["edited_into"]
    (cat,) = fresh.client.get(f"/approvals/{other}", headers=fresh.admin).json()["tree"]
    assert (cat["words"], [(one["kind"], one["resource"]) for one in cat["effects"]]) == (
        "cat x",
        [("read", "/srv/project/x")],
    )


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
