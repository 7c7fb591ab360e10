"""What tests of approvals begin with: a policy that asks, requests that wait, people who answer."""

from typing import Any

from tests.api.world import World, basic, bearer

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
