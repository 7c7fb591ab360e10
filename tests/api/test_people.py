"""What operators do with agents, keys, each other and stop buttons, and that it holds from the next answer on."""

from typing import Any

import pytest

from app.core.trust import Trust
from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, PASSPHRASE, POLICY, World, basic, bearer

NEW = "correct horse 2"
PUSH = {"tool": "Bash", "arguments": {"command": "git push"}, "source": "user", "cwd": "/srv/project"}


def ask(world: World, method: str, path: str, body: object = None, who: dict[str, str] | None = None) -> Any:
    """The answer to a request of the admin, or of `who`; it must succeed."""
    answer = world.client.request(method, path, json=body, headers=who or world.admin)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def refused(world: World, method: str, path: str, body: object, status: int, code: str) -> None:
    assert_problem(world.client.request(method, path, json=body, headers=world.admin), status, code)


def test_what_is_laid_down_about_an_agent_is_shown_and_changed(fresh: World) -> None:
    made = ask(fresh, "POST", "/agents", {"name": "bot", "scopes": ["read:**"], "highest_trust": "AGENT_INTERNAL"})
    assert (made["owner"], made["scopes"], made["mode"], made["state"]) == ("admin", ["read:**"], "enforce", "active")
    changed = ask(fresh, "PATCH", "/agents/bot", {"mode": "monitor", "owner": "approver", "needs_session": True})
    assert changed == {**made, "mode": "monitor", "owner": "approver", "needs_session": True}
    assert ask(fresh, "GET", "/agents/bot") == changed
    before = fresh.size()
    ask(fresh, "PATCH", "/agents/bot", {"mode": "monitor"})
    assert fresh.size() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"scopes": ["read:?"]}, "invalid_scope"),
        ({"scopes": None}, "invalid_request"),
        ({"owner": "nobody"}, "no_such_operator"),
        ({"mode": "off"}, "invalid_request"),
        ({"name": "other"}, "invalid_request"),
        ({"scopes": ["a"] * 201}, "invalid_request"),
        ({"description": "\u001b[2J"}, "invalid_request"),
    ],
)
def test_what_makes_no_sense_of_an_agent_is_refused(api: World, body: dict[str, Any], code: str) -> None:
    refused(api, "PATCH", "/agents/coder", body, 400, code)


def test_traits_take_part_in_the_next_decision(fresh: World) -> None:
    assert fresh.evaluate({**ALLOWED, "scope": "read:files"})["decision"] == "ALLOW"
    ask(fresh, "PATCH", "/agents/coder", {"scopes": ["write:*"]})
    assert fresh.evaluate({**ALLOWED, "scope": "read:files"})["rules"] == ["scope-missing"]
    ask(fresh, "PATCH", "/agents/coder", {"scopes": [], "needs_session": True})
    assert fresh.evaluate()["rules"] == ["session-missing"]
    session = ask(fresh, "POST", "/sessions", {}, fresh.pep)["id"]
    assert fresh.evaluate({**ALLOWED, "session_id": session})["decision"] == "ALLOW"
    ask(fresh, "PATCH", "/agents/coder", {"needs_session": False, "highest_trust": "UNKNOWN"})
    assert fresh.evaluate()["provenance"]["trust"] == Trust.UNKNOWN.name


def test_monitor_mode_of_an_agent_lets_pass_records_and_obliges(fresh: World) -> None:
    ask(fresh, "PATCH", "/agents/coder", {"mode": "monitor"})
    answer = fresh.evaluate(PUSH)
    assert (answer["allowed"], answer["mode"], answer["would_be"]) == (True, "monitor", "REQUIRE_APPROVAL")
    assert answer["obligations"] == ["native-prompts"]
    entry = ask(fresh, "GET", f"/evaluations/{answer['evaluation_id']}")["entry"]
    assert (entry["decision"], entry["mode"], entry["monitored"]) == ("ALLOW", "monitor", "REQUIRE_APPROVAL")
    assert fresh.evaluate(PUSH, "other")["decision"] == "REQUIRE_APPROVAL"


def test_monitor_mode_of_the_service_is_said_by_the_policy(fresh: World) -> None:
    files = [{"name": "p.yaml", "text": f"mode: monitor\n{POLICY}"}]
    proposal = ask(fresh, "POST", "/policy", {"files": files})
    assert "+mode: monitor" in proposal["difference"]
    ask(fresh, "POST", f"/policy/{proposal['digest']}/activate", {"previous": proposal["previous"]})
    for key in ("pep", "other"):
        assert fresh.evaluate(PUSH, key)["would_be"] == "REQUIRE_APPROVAL"
    ask(fresh, "POST", "/stops", {"kind": "everything"})
    assert fresh.evaluate(PUSH)["decision"] == "DENY"


def test_agents_are_applied_as_wanted_and_twice_is_as_once(fresh: World) -> None:
    wanted = {"agents": {"coder": {"scopes": ["read:**"]}, "bot": {"mode": "monitor"}}}
    tried = ask(fresh, "PUT", "/agents", {**wanted, "dry_run": True})
    assert [(one["agent"], one["new"]) for one in tried["differences"]] == [("bot", True), ("coder", False)]
    coder = tried["differences"][1]["changes"]
    assert coder == [{"trait": "scopes", "before": [], "after": ["read:**"]}]
    assert [one["name"] for one in ask(fresh, "GET", "/agents")["agents"]] == ["coder", "other"]
    ask(fresh, "PUT", "/agents", wanted)
    assert ask(fresh, "GET", "/agents/coder")["scopes"] == ["read:**"]
    assert ask(fresh, "GET", "/agents/bot")["owner"] == "admin"
    before = fresh.size()
    assert ask(fresh, "PUT", "/agents", wanted) == {"differences": []}
    assert fresh.size() == before
    refused(fresh, "PUT", "/agents", {"agents": {"bot": {}, "x": {"scopes": ["?"]}}}, 400, "invalid_scope")


def test_what_another_changed_meanwhile_is_not_overwritten(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = fresh.service.application.state.services.agents
    today = agents.all()
    ask(fresh, "PATCH", "/agents/coder", {"scopes": ["read:**"]})
    monkeypatch.setattr(agents, "all", lambda: today)
    refused(fresh, "PUT", "/agents", {"agents": {"coder": {"mode": "monitor"}}}, 409, "agents_changed")


def test_a_key_for_several_agents_speaks_for_whom_it_names(fresh: World) -> None:
    made = ask(fresh, "POST", "/agents/coder/keys", {"also": ["other"]})
    assert made["agents"] == ["coder", "other"]
    assert made["id"] in {key["id"] for key in ask(fresh, "GET", "/agents/other/keys")["keys"]}
    key = bearer(made["key"])
    for actor in ("coder", "other", "other/reviewer"):
        answer = ask(fresh, "POST", "/evaluate", {**ALLOWED, "actor": actor}, key)
        entry = ask(fresh, "GET", f"/evaluations/{answer['evaluation_id']}", None, key)["entry"]
        assert (entry["actor"]["agent"], entry["actor"]["name"]) == (actor.partition("/")[0], actor)
        report = ask(fresh, "POST", f"/evaluations/{answer['evaluation_id']}/outcome", {"status": "ok"}, key)
        assert report["audit"]["seq"]
    for claim, code in (
        ({}, "actor_needed"),
        ({"actor": "third"}, "actor_mismatch"),
        ({"actor": "other/"}, "actor_mismatch"),
    ):
        assert_problem(fresh.client.post("/evaluate", json={**ALLOWED, **claim}, headers=key), 403, code)
    ask(fresh, "POST", "/agents/other/suspend", {})
    assert ask(fresh, "POST", "/evaluate", {**ALLOWED, "actor": "other"}, key)["rules"] == ["stop-agent"]
    assert ask(fresh, "POST", "/evaluate", {**ALLOWED, "actor": "coder"}, key)["allowed"]


def test_only_a_pep_key_speaks_for_several_and_only_for_agents_that_there_are(api: World) -> None:
    refused(api, "POST", "/agents/coder/keys", {"kind": "agent", "also": ["other"]}, 400, "invalid_key")
    refused(api, "POST", "/agents/coder/keys", {"also": ["nobody"]}, 404, "no_such_agent")


def test_a_rotated_key_overlaps_its_successor_and_then_ends(fresh: World) -> None:
    old = ask(fresh, "POST", "/agents/coder/keys", {"also": ["other"], "may_explain": False})
    path = f"/agents/coder/keys/{old['id']}/rotate"
    new = ask(fresh, "POST", path, {"overlap_seconds": 60, "ttl_seconds": 600})
    listed = {key["id"]: key for key in ask(fresh, "GET", "/agents/coder/keys")["keys"]}
    assert (listed[new["id"]]["agents"], listed[new["id"]]["may_explain"]) == (["coder", "other"], False)
    assert None is not listed[old["id"]]["expires_at"] < listed[new["id"]]["expires_at"]
    for key in (old, new):
        assert ask(fresh, "POST", "/evaluate", {**ALLOWED, "actor": "coder"}, bearer(key["key"]))["allowed"]
    last = ask(fresh, "POST", f"/agents/coder/keys/{new['id']}/rotate", {"overlap_seconds": 0})
    assert_problem(fresh.client.post("/evaluate", json=ALLOWED, headers=bearer(new["key"])), 401, "unknown_key")
    refused(fresh, "POST", f"/agents/coder/keys/{new['id']}/rotate", {}, 404, "no_such_key")
    refused(fresh, "POST", f"/agents/other/keys/{last['id']}/rotate", {}, 404, "no_such_key")


def test_when_a_key_was_last_used_is_known_to_the_hour(fresh: World) -> None:
    uses = fresh.service.application.state.services.evaluation._uses
    fresh.evaluate()
    assert {key["last_used_at"] for key in ask(fresh, "GET", "/agents/coder/keys")["keys"]} == {None}
    uses.tell()
    used = [key for key in ask(fresh, "GET", "/agents/coder/keys")["keys"] if key["last_used_at"]]
    assert len(used) == 1
    before = fresh.size()
    fresh.evaluate()
    uses.tell()
    assert fresh.size() == before + 1


def test_operators_are_made_changed_and_disabled(fresh: World) -> None:
    body = {"name": "bob", "role": "auditor", "passphrase": PASSPHRASE}
    ask(fresh, "POST", "/operators", body)
    refused(fresh, "POST", "/operators", body, 409, "operator_exists")
    refused(fresh, "POST", "/operators", {**body, "name": "system"}, 400, "invalid_name")
    bob = basic("bob")
    assert_problem(fresh.client.post("/stops", json={"kind": "everything"}, headers=bob), 403, "approver_needed")
    ask(fresh, "PATCH", "/operators/bob", {"role": "approver"})
    ask(fresh, "POST", "/stops", {"kind": "everything"}, bob)
    ask(fresh, "POST", "/operators/passphrase", {"old": PASSPHRASE, "new": NEW}, bob)
    assert_problem(fresh.client.get("/operators", headers=bob), 401, "wrong_passphrase")
    bob = basic("bob", NEW)
    assert {one["name"]: one["state"] for one in ask(fresh, "GET", "/operators", None, bob)["operators"]} == {
        "admin": "active",
        "approver": "active",
        "auditor": "active",
        "bob": "active",
        "disabled": "disabled",
    }
    ask(fresh, "POST", "/operators/bob/disable")
    assert_problem(fresh.client.get("/operators", headers=bob), 401, "wrong_passphrase")
    ask(fresh, "POST", "/operators/bob/enable")
    ask(fresh, "GET", "/operators", None, bob)
    ask(fresh, "POST", "/operators/bob/reset", {"passphrase": PASSPHRASE})
    assert_problem(fresh.client.get("/operators", headers=bob), 401, "wrong_passphrase")


def test_a_passphrase_is_changed_with_the_old_one_only(fresh: World) -> None:
    refused(fresh, "POST", "/operators/passphrase", {"old": "wrong horse", "new": NEW}, 401, "wrong_passphrase")
    refused(fresh, "POST", "/operators/admin/reset", {"passphrase": NEW}, 403, "own_passphrase")
    ask(fresh, "GET", "/operators")


def test_somebody_always_administers(fresh: World) -> None:
    refused(fresh, "PATCH", "/operators/admin", {"role": "auditor"}, 409, "last_admin")
    refused(fresh, "POST", "/operators/admin/disable", None, 409, "last_admin")
    ask(fresh, "PATCH", "/operators/approver", {"role": "admin"})
    ask(fresh, "POST", "/operators/admin/disable")
    assert_problem(fresh.client.get("/operators", headers=fresh.admin), 401, "wrong_passphrase")


def test_nothing_is_written_in_the_name_of_who_was_disabled_after_signing_in(fresh: World) -> None:
    services = fresh.service.application.state.services
    ask(fresh, "PATCH", "/operators/approver", {"role": "admin"})
    services.operators.set_disabled("admin", "approver", disabled=True)
    before = fresh.size()
    with pytest.raises(Exception, match="changed or disabled just now"):
        services.workspaces.set("approver", ["/srv/x"])
    assert fresh.size() == before


def test_stop_buttons_are_pressed_seen_and_lifted(fresh: World) -> None:
    stop = ask(fresh, "POST", "/stops", {"kind": "tool", "name": "Read", "reason": "an incident"}, basic("approver"))
    again = ask(fresh, "POST", "/stops", {"kind": "tool", "name": "Read", "reason": "twice"})
    assert again == stop
    assert (stop["pressed_by"], stop["reason"]) == ("approver", "an incident")
    assert ask(fresh, "GET", "/stops") == {"stops": [stop]}
    answer = fresh.evaluate()
    assert (answer["decision"], answer["rules"]) == ("DENY", ["stop-tool"])
    assert answer["reason"] == "An operator has paused this tool: an incident"
    assert_problem(fresh.client.delete(f"/stops/{stop['id']}", headers=basic("approver")), 403, "admin_needed")
    ask(fresh, "DELETE", f"/stops/{stop['id']}")
    refused(fresh, "DELETE", f"/stops/{stop['id']}", None, 404, "no_such_stop")
    assert fresh.evaluate()["allowed"]


def test_a_suspended_agent_is_shown_as_such_and_denied_everything(fresh: World) -> None:
    ask(fresh, "POST", "/agents/coder/suspend", {"reason": "under review"}, basic("approver"))
    assert ask(fresh, "GET", "/agents/coder")["state"] == "suspended"
    assert fresh.evaluate()["rules"] == ["stop-agent"]
    assert fresh.evaluate(ALLOWED, "other")["allowed"]
    ask(fresh, "POST", "/agents/coder/resume")
    assert ask(fresh, "GET", "/agents/coder")["state"] == "active"
    refused(fresh, "POST", "/agents/coder/resume", None, 404, "no_such_stop")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "tool"}, 400, "invalid_stop"),
        ({"kind": "agent", "name": ""}, 400, "invalid_stop"),
        ({"kind": "everything", "name": "x"}, 400, "invalid_stop"),
        ({"kind": "agent", "name": "nobody"}, 404, "no_such_agent"),
        ({"kind": "tool", "name": "a\u0007"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_stopped_is_refused(api: World, body: dict[str, str], status: int, code: str) -> None:
    refused(api, "POST", "/stops", body, status, code)


def test_only_so_many_tools_are_paused_by_name_and_everything_always(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.stops.MOST", 1)
    ask(fresh, "POST", "/stops", {"kind": "tool", "name": "a"})
    refused(fresh, "POST", "/stops", {"kind": "tool", "name": "b"}, 409, "too_many_stops")
    ask(fresh, "POST", "/stops", {"kind": "everything"})
