"""Everything that writes an entry, done once: what an export must hold and a schema must know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from starlette.testclient import TestClient

from app.main import Service, build, clock
from app.notify.notice import Notice, UndeliveredError
from app.services.api_key import digest
from app.services.notices import Notices
from app.storage.database import Database
from tests.homes import OPERATOR, PASSPHRASE, Home, basic, bearer, prepare

POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: push, ask: shell, command: "git push *", risk: critical, reason: Pushing publishes work to others.}
  - {id: secrets, deny: [read_file, write_file], path: ["**/.env"], reason: Credentials are never read by agents.}
  - {id: watch, log: "mcp:beta/*"}
  - {id: few, allow: ring_bell, limit: {calls: 50, per: 1h}}
  - {id: two, ask: "mcp:shop/*", when: "has(args.two)", approvers: {need: 2}, valid: {uses: 3, for: 10m}, expires: 1h}
"""
READ = {"tool": "Read", "arguments": {"file_path": "/srv/project/ä.py"}, "source": "user"}
REQUESTS: list[dict[str, Any]] = [
    READ,
    {**READ, "dry_run": True},
    {**READ, "arguments": {"file_path": "/srv/project/.env"}, "session_id": "s1", "actor": "coder/reader"},
    {"tool": "Bash", "action": "run", "arguments": {"command": "git push | tee x", "n": 1.0}, "cwd": "/srv/project"},
    {"tool": "mcp__beta__go", "arguments": {}, "source": "user", "source_trust": "USER_DIRECT"},
    {
        "action": "send_email",
        "target": "=cmd()",
        "payload_summary": "Re: €",
        "risk_hints": ["email_send"],
        "provenance": {"origin_type": "EXTERNAL_CONTENT", "channel": "email", "delegation_chain": ["a"]},
    },
    {"tool": "ring_bell", "arguments": {}, "source": "user"},
]


Done = Callable[[str, str, object, dict[str, str]], Any]


def do_everything(client: TestClient, home: Home) -> list[dict[str, Any]]:
    """Change everything once, evaluate every kind of request; returns the answers."""
    operator, agent = basic(), bearer(home.key)

    def done(method: str, path: str, body: object | None, headers: dict[str, str]) -> Any:
        answer = client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    proposal = done("POST", "/policy", {"files": [{"name": "policy.yaml", "text": POLICY}]}, operator)
    done("POST", f"/policy/{proposal['digest']}/activate", {"previous": proposal["previous"]}, operator)
    done("PUT", "/workspaces", {"roots": ["/srv/project"]}, operator)
    done("POST", "/agents", {"name": "other", "description": "=1+1"}, operator)
    wanted = {"other": {"scopes": ["read:**", "!read:x"], "mode": "monitor"}, "third": {"needs_session": True}}
    done("PUT", "/agents", {"agents": wanted}, operator)
    key = done("POST", "/agents/other/keys", {"kind": "pep", "ttl_seconds": 60, "also": ["third"]}, operator)
    new = done("POST", f"/agents/other/keys/{key['id']}/rotate", {"overlap_seconds": 60}, operator)
    done("DELETE", f"/agents/other/keys/{new['id']}", None, operator)
    _manage_people(done, operator)
    _visit(client)
    stop = done("POST", "/stops", {"kind": "tool", "name": "mcp:closed/*", "reason": "=cmd()"}, operator)
    done("DELETE", f"/stops/{stop['id']}", None, operator)
    opened = {"prompts": ["Read the mail"], "labels": ["=nightly"], "ttl_seconds": 600}
    outer = done("POST", "/sessions", opened, agent)["id"]
    inner = done("POST", "/sessions", {"parent": outer}, agent)["id"]
    done("POST", f"/sessions/{inner}/prompts", {"prompt": "and answer it €"}, agent)
    done("POST", f"/sessions/{inner}/observations", {"tool": "mail", "source": "email", "content": "Hi"}, agent)
    done("POST", f"/sessions/{outer}/observations", {}, agent)
    done("POST", f"/sessions/{outer}/extend", {"ttl_seconds": 900}, agent)
    done("POST", "/evaluate", {**READ, "session_id": inner}, agent)
    done("DELETE", f"/sessions/{inner}", None, agent)
    done("DELETE", f"/sessions/{outer}", None, operator)
    done("DELETE", "/agents/other/sessions", None, operator)
    grant = {"agent": "coder", "allowed_actions": ["mcp:gh/*"], "denied_actions": ["pay"], "ttl_seconds": 60}
    delegation = done("POST", "/delegations", {**grant, "max_uses": 9, "reason": "=1", "when": "true"}, operator)
    answers = [done("POST", "/evaluate", {"tool": "mcp__gh__get", "source": "user"}, agent)]
    done("DELETE", f"/delegations/{delegation['id']}", None, operator)
    answers.append(done("POST", "/evaluate", READ, {**agent, "Idempotency-Key": "once"}))
    answers += _approvals(done, operator, agent)
    answers += [done("POST", "/evaluate?explain=true", request, agent) for request in REQUESTS]
    answers += done("POST", "/evaluate/batch", {"requests": REQUESTS}, agent)["results"]
    outcome = {"status": "error", "duration_ms": 12, "exit_code": 1, "error": "E_FAILED"}
    done("POST", f"/evaluations/{answers[0]['evaluation_id']}/outcome", outcome, agent)
    done("POST", f"/evaluations/{answers[1]['evaluation_id']}/outcome", {"status": "not_run"}, agent)
    return answers


def _manage_people(done: Callable[..., Any], operator: dict[str, str]) -> None:
    done("POST", "/operators", {"name": "bob", "role": "approver", "passphrase": PASSPHRASE}, operator)
    done("PATCH", "/operators/bob", {"role": "auditor"}, operator)
    done("POST", "/operators/bob/reset", {"passphrase": f"{PASSPHRASE} 2"}, operator)
    bob = basic(f"{PASSPHRASE} 2", "bob")
    done("POST", "/operators/passphrase", {"old": f"{PASSPHRASE} 2", "new": f"{PASSPHRASE} 3"}, bob)
    with pytest.raises(AssertionError, match="wrong_passphrase"):
        done("GET", "/operators", None, bob)
    done("POST", "/operators/bob/disable", None, operator)
    done("POST", "/operators/bob/enable", None, operator)


def _visit(client: TestClient) -> None:
    """Sign in on the console's pages, and out again."""
    ours = {"sec-fetch-site": "same-origin"}
    data = {"name": OPERATOR, "passphrase": PASSPHRASE}
    assert client.post("/console/sign-in", data=data, headers=ours).is_success
    client.post("/console/sign-out", headers=ours, follow_redirects=False)


def _approvals(done: Done, operator: dict[str, str], agent: dict[str, str]) -> list[dict[str, Any]]:
    """Everything that can become of an approval, but for what takes time."""
    answers: list[dict[str, Any]] = []

    def asked(**request: Any) -> dict[str, Any]:
        answer = done("POST", "/evaluate", {"tool": "mcp__shop__buy", "source": "user", **request}, agent)
        answers.append(answer)
        approval: dict[str, Any] = answer["approval"]
        return approval

    def decided(approval: dict[str, Any], **decision: Any) -> Any:
        return done("POST", f"/approvals/{approval['id']}/decision", decision, operator)

    def taken_back(approval: dict[str, Any], by: dict[str, str]) -> None:
        done("POST", f"/approvals/{approval['id']}/cancel", None, by)

    decided(asked(arguments={"n": 1}), decision="approve", message="=fine")
    asked(arguments={"n": 1})
    decided(asked(arguments={"n": 2}), decision="deny", message="=not now")
    asked(arguments={"n": 2})
    decided(asked(arguments={"n": 3}), decision="approve", arguments={"n": 0})
    asked(arguments={"n": 3})
    asked(arguments={"n": 0})
    taken_back(asked(arguments={"n": 4}), agent)
    taken_back(asked(arguments={"n": 4}), operator)
    decided(asked(arguments={"n": 4}), decision="approve")
    # Less trusted now than when it was shown.
    asked(arguments={"n": 4}, source="web")
    decided(asked(arguments={"two": 2}), decision="approve")
    session = done("POST", "/sessions", {}, agent)["id"]
    decided(asked(session_id=session), decision="deny", scope="session")
    return answers


class Told:
    """A way to tell people that keeps what it was told, and refuses what `refused` says."""

    name = "told"

    def __init__(self, refused: Callable[[int], UndeliveredError | None] = lambda _: None) -> None:
        self.notices: list[Notice] = []
        self.tries = 0
        self._refused = refused

    def send(self, notice: Notice) -> None:
        self.tries += 1
        if (error := self._refused(self.tries)) is not None:
            raise error
        self.notices.append(notice)


def notices_of(service: Service, now: Callable[[], int] = clock) -> Notices:
    """Notices of a service that runs."""
    services = service.application.state.services
    return Notices(service.database, services.agents._desk, services.approvals, (), now, url="http://127.0.0.1:8787")


def _notify(service: Service) -> None:
    """Tell of two that wait: one arrives, one never does."""
    notices = notices_of(service)
    notices.tell(Told())
    notices.tell(Told(lambda _: UndeliveredError("status 400", again=False)))


def _let_a_run_give_way(service: Service, home: Home) -> None:
    services = service.application.state.services
    key = services.evaluation.known_key(digest(home.key))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.services.sessions.MOST_LIVE", 2)
        for name in ("r_1", "r_2", "r_3"):
            services.sessions.resume(key, name, "claude-code", 600)


def _let_approvals_expire(database: Database) -> None:
    with database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE approval SET expires_at = 1 WHERE status = 'pending'")


class Filled(Struct, frozen=True):
    """A log in which everything was done, and what the service answered."""

    database: Database
    answers: list[dict[str, Any]]


@contextmanager
def filled(folder: Path, url: str) -> Iterator[Filled]:
    home = prepare(folder, url)
    service = build(home.settings)
    with TestClient(service.asgi, base_url="http://127.0.0.1", client=("127.0.0.1", 40_000)) as client:
        answers = do_everything(client, home)
        services = service.application.state.services
        services.health._resume(services.configurations.current.log)
        services.evaluation._uses.tell()
        _notify(service)
        _let_a_run_give_way(service, home)
        _let_approvals_expire(service.database)
        services.approvals.sweep()
        yield Filled(service.database, answers)
