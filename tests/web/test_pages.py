"""The console's pages: what they show, and what their buttons do."""

import re

import pytest
from sqlalchemy import text

from tests.api.asking import asked, session
from tests.api.world import BASE, PASSPHRASE, World
from tests.web.browser import POLICY, PUSH, Browser, status


def test_get_decides_nothing(api: World, admin: Browser) -> None:
    name = asked(api, {"tool": "send_email", "source": "user", "cwd": "/get"})
    answer = admin.client.get(f"/console/approvals/{name}/answer", params={"answer": "approve", "secret": admin.secret})
    assert answer.status_code == 405
    assert status(api, name) == "pending"


@pytest.mark.parametrize(
    ("answer", "expected"), [("approve", "approved"), ("deny", "denied"), ("approve-session", "approved")]
)
def test_an_answer_is_given_once_and_shown(api: World, admin: Browser, answer: str, expected: str) -> None:
    request = {"tool": "send_email", "source": "user", "session_id": session(api), "cwd": f"/{answer}"}
    name = asked(api, request)
    shown = admin.get(f"/approvals/{name}").text
    assert re.search(r'<button[^>]*value="deny"[^>]*autofocus', shown)
    given = admin.post(f"/approvals/{name}/answer", answer=answer, message="because")
    assert (given.status_code, given.headers["location"]) == (303, f"/console/approvals/{name}")
    assert status(api, name) == expected
    after = admin.get(f"/approvals/{name}").text
    assert "<form" not in after.partition("<main")[2]
    other = "deny" if answer.startswith("approve") else "approve"
    assert admin.post(f"/approvals/{name}/answer", answer=other).status_code == 409


def test_a_strong_approval_takes_the_passphrase_with_the_answer(api: World, admin: Browser) -> None:
    name = asked(api, PUSH | {"session_id": session(api)})
    assert '<span class="forbidden">Approve for this session</span>' in admin.get(f"/approvals/{name}").text
    assert admin.post(f"/approvals/{name}/answer", answer="approve").status_code == 403
    wrong = admin.post(f"/approvals/{name}/answer", answer="approve", passphrase="wrong horse")
    assert (wrong.status_code, "passphrase is wrong" in wrong.text) == (401, True)
    wider = admin.post(f"/approvals/{name}/answer", answer="approve-session", passphrase=PASSPHRASE)
    assert wider.status_code >= 400
    assert status(api, name) == "pending"
    assert admin.post(f"/approvals/{name}/answer", answer="approve", passphrase=PASSPHRASE).status_code == 303
    assert status(api, name) == "approved"


def test_what_a_command_runs_stands_under_it(api: World, admin: Browser) -> None:
    line = "sudo bash -c 'git push x; cat \\<b\\>' && ls"
    shown = admin.get(f"/approvals/{asked(api, PUSH | {'arguments': {'command': line}, 'cwd': '/srv'})}").text
    tree = shown.partition('<ul class="tree">')[2].partition("</section>")[0]
    outline = re.sub(r"<[^>]*>", "", tree.replace("<ul>", "{").replace("</ul>", "}"))
    whole = r"bash-cgitpushx;cat\&lt;b\&gt;"
    inner = "gitpushx{run/srvnetworkgit://x}cat&lt;b&gt;{read/srv/&lt;b&gt;}"
    assert "".join(outline.split()) == f"sudo{whole}{{privilegeroot{whole}{{{inner}}}}}ls{{read/srv}}}}"


def test_auditors_only_read(api: World) -> None:
    auditor = Browser(api, "auditor")
    name = asked(api, {"tool": "send_email", "source": "user", "cwd": "/audit"})
    shown = auditor.get(f"/approvals/{name}")
    assert (shown.status_code, "/answer" in shown.text) == (200, False)
    assert auditor.post(f"/approvals/{name}/answer", answer="deny").status_code == 403
    assert auditor.post("/stops", kind="everything").status_code == 403


def test_stop_buttons_stop_and_only_admins_lift(fresh: World) -> None:
    approver, admin = Browser(fresh, "approver"), Browser(fresh)
    assert approver.post("/stops", kind="everything", reason="now").status_code == 303
    assert "Everything is paused by approver" in admin.get().text
    (stop,) = re.findall(r"/console/stops/(\w+)/lift", admin.get("/stops").text)
    assert approver.post(f"/stops/{stop}/lift").status_code == 403
    assert admin.post(f"/stops/{stop}/lift").status_code == 303
    assert "Everything is paused" not in admin.get().text


def test_sessions_are_ended_and_delegations_revoked(fresh: World) -> None:
    admin = Browser(fresh)
    run = session(fresh)
    assert run in admin.get("/sessions").text
    assert admin.post(f"/sessions/{run}/end").status_code == 303
    assert run not in admin.get("/sessions").text
    body = {"agent": "coder", "allowed_actions": ["read_file"], "ttl_seconds": 60}
    made = fresh.client.post("/delegations", json=body, headers=fresh.admin).json()["id"]
    assert admin.post(f"/delegations/{made}/revoke").status_code == 303
    assert "Revoked" in admin.get("/delegations").text


def test_an_unknown_approval_is_a_page_too(admin: Browser) -> None:
    answer = admin.get("/approvals/a_unknown")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_the_log_is_filtered_and_goes_on(api: World, admin: Browser) -> None:
    asked(api, {"tool": "send_email", "target": "needle-in-the-log", "source": "user"})
    found = admin.get("/activity?text=needle-in-the-log").text
    assert "needle-in-the-log" in found.partition("<tbody>")[2]
    assert "No entry fits." in admin.get("/activity?agent=nobody").text
    for _ in range(110):
        api.evaluate({"tool": "Read", "source": "user", "dry_run": True})
    assert "before=" in admin.get("/activity").text


def test_the_pages_are_at_the_address_that_agents_are_told(api: World, admin: Browser) -> None:
    url = api.evaluate({"tool": "send_email", "source": "user", "cwd": "/url"})["approval"]["url"]
    assert url.startswith(BASE)
    assert admin.get(url.removeprefix(f"{BASE}/console")).status_code == 200


def test_what_was_denied_lately_stands_beside_its_agent(fresh: World) -> None:
    admin = Browser(fresh)
    assert "of the last" not in admin.get("/agents").text
    for _ in range(2):
        fresh.evaluate({"tool": "Read", "arguments": {"file_path": "/srv/project/.env"}, "source": "user"}, "other")
    fresh.client.post("/stops", json={"kind": "tool", "name": "read_file"}, headers=fresh.admin)
    fresh.evaluate({"tool": "Read", "arguments": {"file_path": "/srv/needle"}, "source": "user"})
    shown = admin.get("/agents").text
    assert "1 of the last 1 denials" in shown
    assert "/srv/needle" in shown


def test_proposals_show_their_difference_and_admins_put_them_in_force(fresh: World) -> None:
    admin, approver = Browser(fresh), Browser(fresh, "approver")
    today = fresh.client.get("/policy", headers=fresh.admin).json()["digest"]
    stricter = POLICY.replace("Pushing publishes work to others.", "<b>Never.</b>")
    body = {"files": [{"name": "p.yaml", "text": stricter}]}
    digest = fresh.client.post("/policy", json=body, headers=fresh.admin).json()["digest"]
    shown = admin.get("/policy").text
    assert re.search(r'class="added".*&lt;b&gt;Never\.', shown)
    assert "Put in force" in shown
    assert "Put in force" not in approver.get("/policy").text
    path = f"/policy/{digest}/activate"
    assert approver.post(path, previous=today).status_code == 403
    assert admin.post(path, previous=digest).status_code == 409, "it was shown beside another one"
    assert admin.post(path, previous=today).status_code == 303
    assert fresh.client.get("/policy", headers=fresh.admin).json()["digest"] == digest


def test_the_log_is_verified_from_its_page(fresh: World) -> None:
    admin = Browser(fresh)
    assert "The log is consistent" in admin.post("/activity/verify").text
    assert admin.post("/activity/verify", {"sec-fetch-site": "same-site"}).status_code == 403
    with fresh.service.database.writing.begin() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit_entry SET tool = 'other' WHERE seq = 1"))
    changed = admin.post("/activity/verify").text
    assert "The log was changed" in changed
    assert 'href="/console/activity/1"' in changed
