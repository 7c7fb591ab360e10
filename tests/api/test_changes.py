"""What operators change through the API, and that it holds from the next answer on."""

from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, DENIED, POLICY, World, bearer


def test_a_new_agent_can_do_nothing_until_it_has_a_key(fresh: World) -> None:
    created = fresh.client.post("/agents", json={"name": "writer", "description": "Writes."}, headers=fresh.admin)
    assert created.status_code == 201
    assert "writer" in {one["name"] for one in fresh.client.get("/agents", headers=fresh.admin).json()["agents"]}
    assert fresh.client.get("/agents/writer/keys", headers=fresh.admin).json() == {"keys": []}
    made = fresh.client.post("/agents/writer/keys", json={"kind": "agent"}, headers=fresh.admin).json()
    answer = fresh.client.post("/evaluate", json=ALLOWED, headers=bearer(made["key"]))
    assert answer.json()["provenance"]["trust"] == "AGENT_INTERNAL"
    (listed,) = fresh.client.get("/agents/writer/keys", headers=fresh.admin).json()["keys"]
    assert (listed["id"], listed["may_explain"], listed["expires_at"]) == (made["id"], False, None)
    assert made["key"] not in str(listed)


def test_a_revoked_key_opens_nothing_any_more(fresh: World) -> None:
    made = fresh.client.post("/agents/coder/keys", json={"ttl_seconds": 60}, headers=fresh.admin).json()
    key = bearer(made["key"])
    evaluation = fresh.client.post("/evaluate", json=ALLOWED, headers=key).json()["evaluation_id"]
    assert fresh.client.delete(f"/agents/coder/keys/{made['id']}", headers=fresh.admin).status_code == 204
    assert_problem(fresh.client.post("/evaluate", json=ALLOWED, headers=key), 401, "unknown_key")
    assert_problem(fresh.client.get(f"/evaluations/{evaluation}", headers=key), 401, "unknown_key")
    again = fresh.client.delete(f"/agents/coder/keys/{made['id']}", headers=fresh.admin)
    assert_problem(again, 404, "no_such_key")


def test_a_key_is_revoked_in_the_name_of_its_own_agent_only(fresh: World) -> None:
    made = fresh.client.post("/agents/coder/keys", json={}, headers=fresh.admin).json()
    assert_problem(fresh.client.delete(f"/agents/other/keys/{made['id']}", headers=fresh.admin), 404, "no_such_key")
    assert fresh.client.post("/evaluate", json=ALLOWED, headers=bearer(made["key"])).status_code == 200


def test_a_policy_is_proposed_seen_and_activated(fresh: World) -> None:
    today = fresh.client.get("/policy", headers=fresh.admin).json()
    assert [file["text"] for file in today["files"]] == [POLICY]
    text = POLICY.replace("allow: read_file", "deny: read_file")
    body = {"files": [{"name": "policy.yaml", "text": text}]}
    proposal = fresh.client.post("/policy", json=body, headers=fresh.admin).json()
    assert proposal["previous"] == today["digest"]
    assert "+  - {id: reads, deny: read_file" in proposal["difference"]
    assert fresh.evaluate()["decision"] == "ALLOW"
    address = f"/policy/{proposal['digest']}/activate"
    late = fresh.client.post(address, json={"previous": proposal["digest"]}, headers=fresh.admin)
    assert_problem(late, 409, "policy_changed")
    assert fresh.evaluate()["decision"] == "ALLOW"
    done = fresh.client.post(address, json={"previous": today["digest"]}, headers=fresh.admin)
    assert done.json() == {"digest": proposal["digest"], "previous": today["digest"]}
    answer = fresh.evaluate()
    assert (answer["decision"], answer["policy"]) == ("DENY", proposal["digest"])


def test_workspaces_are_answered_as_understood(fresh: World) -> None:
    body = {"roots": ["/srv/project/", "/srv//project", "/srv/other/../more"]}
    set_ = fresh.client.put("/workspaces", json=body, headers=fresh.admin)
    assert set_.json() == {"roots": ["/srv/project", "/srv/more"]}
    assert sorted(fresh.client.get("/workspaces", headers=fresh.admin).json()["roots"]) == ["/srv/more", "/srv/project"]


def test_the_log_is_read_in_pages_and_by_what_is_looked_for(fresh: World) -> None:
    for request in (ALLOWED, DENIED, ALLOWED):
        fresh.evaluate(request)
    pages: list[int] = []
    after: int | None = -1
    while after is not None:
        page = fresh.client.get(f"/audit/entries?after={after}&limit=2", headers=fresh.admin).json()
        pages += [entry["seq"] for entry in page["entries"]]
        after = page["next"]
    assert pages == list(range(fresh.size()))
    denied = fresh.client.get("/audit/entries?decision=DENY&agent=coder&tool=Read", headers=fresh.admin).json()
    assert [entry["decision"] for entry in denied["entries"]] == ["DENY"]
    assert fresh.client.post("/audit/verify", headers=fresh.admin).json()["ok"] is True
