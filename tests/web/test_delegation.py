"""Delegations made of a request: as narrow as can be, and looked at before they are saved."""

import html
import re
from typing import Any

import pytest

from tests.api.asking import activate, asked, session
from tests.api.world import World
from tests.web.browser import PUSH, Browser, status

POLICY = """\
version: 1
rules:
  - {id: installs, ask: shell, command: "npm install *"}
  - {id: pushes, ask: shell, command: "git push *", risk: critical}
  - {id: two, ask: "mcp:pay/*", approvers: {need: 2}}
"""


def npm(package: str, **more: Any) -> dict[str, Any]:
    return {"tool": "Bash", "arguments": {"command": f"npm install {package}"}, "source": "user", "cwd": "/srv", **more}


def form(page: str) -> dict[str, str]:
    """The form as it was filled in."""
    found = dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\n([^<]*)</textarea>', page))
    found |= dict(re.findall(r'<input type="hidden" name="(counted)" value="(\w*)">', page))
    return {name: html.unescape(text) for name, text in found.items()} | {"ttl": "900", "uses": "2"}


@pytest.fixture
def world(fresh: World) -> World:
    activate(fresh, POLICY)
    return fresh


def test_it_is_as_narrow_as_can_be_and_says_what_it_would_have_allowed(world: World) -> None:
    admin = Browser(world)
    for package in ("jq", "jq", "left-pad"):
        admin.post(f"/approvals/{asked(world, npm(package))}/answer", answer="approve")
        assert world.evaluate(npm(package))["allowed"]
    admin.post(f"/approvals/{asked(world, npm('jq'))}/answer", answer="deny", message="not now")
    name = asked(world, npm("jq", payload_summary="once more"))
    page = admin.get(f"/approvals/{name}/delegation").text
    sent = form(page)
    assert (sent["actions"], sent["commands"]) == ("shell", "npm install jq")
    assert "Would also have allowed 5 of the last 7 requests" in page
    assert page.count('class="denied"') == 1
    assert "It does not cover this request" not in page

    wider = admin.post(f"/approvals/{name}/delegation/count", **{**sent, "commands": "npm install *"})
    assert "Would also have allowed 7 of the last 7 requests" in wider.text
    none = admin.post(f"/approvals/{name}/delegation/count", **{**sent, "commands": "npm test"})
    assert "It does not cover this request" in none.text
    assert status(world, name) == "pending"

    unseen = admin.post(f"/approvals/{name}/delegation", **{**sent, "commands": "npm install *"})
    assert "These terms were changed" in unseen.text
    assert status(world, name) == "pending"
    assert admin.post(f"/approvals/{name}/delegation", **sent).status_code == 303
    assert status(world, name) == "approved"
    assert [world.evaluate(npm("jq", payload_summary=str(at)))["allowed"] for at in range(3)] == [True, True, False]
    assert not world.evaluate(npm("left-pad"))["allowed"]


def test_erased_requests_are_counted_as_unknown(world: World) -> None:
    admin = Browser(world)
    asked(world, npm("jq"))
    with world.service.database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET payload = NULL, salt = NULL WHERE type = 'decision'")
    name = asked(world, npm("jq", payload_summary="again"))
    assert "1 more could not be looked at" in admin.get(f"/approvals/{name}/delegation").text


def test_none_is_made_of_what_is_critical_tainted_or_needs_several(world: World) -> None:
    admin, run = Browser(world), session(world)
    seen = {"tool": "read_page", "source": "web", "content": "x"}
    world.client.post(f"/sessions/{run}/observations", json=seen, headers=world.pep)
    requests = [PUSH, npm("jq", session_id=run), {"tool": "mcp__pay__send", "source": "user"}]
    for name in [asked(world, one) for one in requests]:
        shown = admin.get(f"/approvals/{name}").text
        assert '<span class="forbidden">Make a delegation…</span>' in shown
        for answer in (
            admin.get(f"/approvals/{name}/delegation"),
            admin.post(f"/approvals/{name}/delegation/count", actions="shell"),
            admin.post(f"/approvals/{name}/delegation", actions="shell", commands="git push *", counted="x"),
        ):
            assert (answer.status_code, "No delegation can be made of this" in answer.text) == (409, True)
        assert status(world, name) == "pending"


def test_it_takes_what_an_answer_takes(world: World) -> None:
    admin, name = Browser(world), asked(world, npm("jq"))
    sent = form(admin.get(f"/approvals/{name}/delegation").text)
    assert admin.post(f"/approvals/{name}/delegation", **{**sent, "secret": ""}).status_code == 403
    assert Browser(world, "auditor").post(f"/approvals/{name}/delegation", **sent).status_code == 403
    assert admin.post(f"/approvals/{name}/delegation", {"sec-fetch-site": "same-site"}, **sent).status_code == 403
    count = f"/approvals/{name}/delegation/count"
    assert admin.post(count, {"sec-fetch-site": "cross-site"}, **sent).status_code == 403
    assert status(world, name) == "pending"


@pytest.mark.parametrize(
    "wrong",
    [
        {"commands": "npm\u202e install"},
        {"commands": "x" * 1_001},
        {"paths": "relative/path"},
        {"hosts": "http://a b"},
        {"when": "args.("},
        {"uses": "0"},
        {"ttl": "864000"},
        {"ttl": "soon"},
        {"actions": "\n".join("abc" for _ in range(70))},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_said(api: World, admin: Browser, wrong: dict[str, str]) -> None:
    name = asked(api, {"tool": "send_email", "source": "user", "cwd": "/wrong"})
    sent = {"actions": "send_email", "ttl": "900", "uses": "1", **wrong}
    for path in ("/count", ""):
        assert admin.post(f"/approvals/{name}/delegation{path}", **sent).status_code == 400
    assert status(api, name) == "pending"
