"""Law 6: agents cannot reach the control plane, and nobody gets anywhere by something else than their credential.

Every route meets every kind of caller. A route that has no row here fails the tests.
"""

from itertools import count
from typing import Literal

import pytest
from fastapi.routing import iter_route_contexts
from msgspec import Struct

from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, PASSPHRASE, World, basic, bearer

Who = Literal[
    "anyone",
    "agent",
    "pep",
    "operator",
    "approver",
    "admin",
    "agent or operator",
    "agent or approver",
    "pep or approver",
    "hook",
]


class Row(Struct, frozen=True):
    """Who may use a route, an address of it that leads nowhere special, and a body that changes nothing."""

    who: Who
    path: str = ""
    body: object = None


_DIGEST = f"sha256:{'0' * 64}"
_HOOK = {"session_id": "a", "hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": ALLOWED["arguments"]}
ROWS: dict[tuple[str, str], Row] = {
    ("POST", "/evaluate"): Row("agent", body=ALLOWED),
    ("POST", "/evaluate/batch"): Row("agent", body={"requests": [ALLOWED]}),
    ("POST", "/tools/denied"): Row("agent", body={"tools": ["x"]}),
    ("POST", "/hooks/{harness}"): Row("hook", "/hooks/claude-code", _HOOK),
    ("GET", "/evaluations/{evaluation}"): Row("agent or operator", "/evaluations/x"),
    ("POST", "/evaluations/{evaluation}/outcome"): Row("agent", "/evaluations/x/outcome", {"status": "ok"}),
    ("GET", "/agents"): Row("operator"),
    ("POST", "/agents"): Row("admin", body={"name": "coder"}),
    ("PUT", "/agents"): Row("admin", body={"agents": {"coder": {"owner": "nobody"}}}),
    ("GET", "/agents/{agent}"): Row("operator", "/agents/coder"),
    ("PATCH", "/agents/{agent}"): Row("admin", "/agents/nobody", {}),
    ("POST", "/agents/{agent}/suspend"): Row("approver", "/agents/nobody/suspend", {}),
    ("POST", "/agents/{agent}/resume"): Row("admin", "/agents/coder/resume"),
    ("GET", "/agents/{agent}/keys"): Row("operator", "/agents/coder/keys"),
    ("POST", "/agents/{agent}/keys"): Row("admin", "/agents/nobody/keys", {}),
    ("POST", "/agents/{agent}/keys/{key}/rotate"): Row("admin", "/agents/coder/keys/none/rotate", {}),
    ("DELETE", "/agents/{agent}/keys/{key}"): Row("approver", "/agents/coder/keys/none"),
    ("POST", "/sessions"): Row("agent", body={"parent": "none"}),
    ("GET", "/sessions"): Row("agent or operator"),
    ("GET", "/sessions/{session}"): Row("agent or operator", "/sessions/x"),
    ("POST", "/sessions/{session}/prompts"): Row("pep", "/sessions/x/prompts", {"prompt": "Go on."}),
    ("POST", "/sessions/{session}/observations"): Row("agent", "/sessions/x/observations", {"source": "web"}),
    ("POST", "/sessions/{session}/extend"): Row("pep", "/sessions/x/extend", {}),
    ("DELETE", "/sessions/{session}"): Row("pep or approver", "/sessions/x"),
    ("DELETE", "/agents/{agent}/sessions"): Row("approver", "/agents/nobody/sessions"),
    ("GET", "/approvals"): Row("agent or operator"),
    ("GET", "/approvals/stream"): Row("agent or operator", "/approvals/stream?after=x"),
    ("GET", "/approvals/{approval}"): Row("agent or operator", "/approvals/none"),
    ("POST", "/approvals/{approval}/decision"): Row("approver", "/approvals/none/decision", {"decision": "approve"}),
    ("POST", "/approvals/{approval}/cancel"): Row("agent or approver", "/approvals/none/cancel"),
    ("GET", "/delegations"): Row("operator"),
    ("POST", "/delegations"): Row("approver", body={"agent": "nobody", "allowed_actions": ["x"], "ttl_seconds": 1}),
    ("GET", "/delegations/{delegation}"): Row("operator", "/delegations/none"),
    ("DELETE", "/delegations/{delegation}"): Row("approver", "/delegations/none"),
    ("GET", "/delegations/{delegation}/trace"): Row("operator", "/delegations/none/trace"),
    ("GET", "/operators"): Row("operator"),
    ("POST", "/operators"): Row("admin", body={"name": "admin", "role": "admin", "passphrase": PASSPHRASE}),
    ("POST", "/operators/passphrase"): Row("operator", body={"old": PASSPHRASE, "new": "short"}),
    ("PATCH", "/operators/{name}"): Row("admin", "/operators/nobody", {"role": "auditor"}),
    ("POST", "/operators/{name}/reset"): Row("admin", "/operators/nobody/reset", {"passphrase": PASSPHRASE}),
    ("POST", "/operators/{name}/disable"): Row("admin", "/operators/nobody/disable"),
    ("POST", "/operators/{name}/enable"): Row("admin", "/operators/nobody/enable"),
    ("GET", "/stops"): Row("operator"),
    ("POST", "/stops"): Row("approver", body={"kind": "agent", "name": "nobody"}),
    ("DELETE", "/stops/{stop}"): Row("admin", "/stops/none"),
    ("GET", "/policy"): Row("operator"),
    ("POST", "/policy"): Row("admin", body={"files": [{"name": "p", "text": "no policy"}]}),
    ("POST", "/policy/{digest}/activate"): Row("admin", f"/policy/{_DIGEST}/activate", {"previous": _DIGEST}),
    ("GET", "/workspaces"): Row("operator"),
    ("PUT", "/workspaces"): Row("admin", body={"roots": ["relative"]}),
    ("GET", "/audit/entries"): Row("operator"),
    ("GET", "/audit/entries/{seq}"): Row("operator", "/audit/entries/0"),
    ("GET", "/audit/export"): Row("operator"),
    ("GET", "/audit/verify"): Row("operator"),
    ("POST", "/audit/verify"): Row("operator"),
    ("GET", "/healthz"): Row("anyone"),
    ("GET", "/readyz"): Row("anyone"),
    ("GET", "/metrics"): Row("anyone"),
    ("GET", "/openapi.json"): Row("anyone"),
    ("HEAD", "/openapi.json"): Row("anyone"),
}

# Each wrong passphrase comes from somewhere else: three from one place, and that place has to wait.
_ADDRESSES = (f"127.0.{number // 250}.{number % 250 + 2}" for number in count())

CREDENTIALS = {
    "none": None,
    "empty": {"Authorization": ""},
    "unknown scheme": {"Authorization": "Digest username=admin"},
    "a bare key": "bare",
    "Bearer of nothing": {"Authorization": "Bearer "},
    "Bearer of a typo": {"Authorization": "Bearer asudo_typo"},
    "Bearer of other letters": {"Authorization": "Bearer asudo_\u00e9\u00df"},
    "unknown key": {"Authorization": "Bearer asudo_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000000"},
    "expired key": "expired",
    "revoked key": "revoked",
    "agent key": "agent",
    "pep key": "pep",
    "admin": basic("admin"),
    "approver": basic("approver"),
    "auditor": basic("auditor"),
    "disabled": basic("disabled"),
    "wrong passphrase": basic("admin", "wrong horse"),
    "huge passphrase": basic("admin", "x" * 5_000),
    "nobody": basic("nobody"),
    "Basic of no base64": {"Authorization": "Basic !!!"},
    "Basic of other letters": {"Authorization": "Basic \u00e9"},
    "Basic without colon": {"Authorization": "Basic YWRtaW4="},
    "Basic of no UTF-8": {"Authorization": "Basic /////w=="},
    "a key as passphrase": "basic pep",
    "a passphrase as key": {"Authorization": "Bearer admin:correct horse"},
}
_ROLES = {"admin", "approver", "auditor"}
_KEYS = {"agent key", "pep key"}
_PASS: dict[Who, set[str]] = {
    "anyone": set(CREDENTIALS),
    "agent": _KEYS,
    "pep": {"pep key"},
    "operator": _ROLES,
    "approver": {"admin", "approver"},
    "admin": {"admin"},
    "agent or operator": _KEYS | _ROLES,
    "agent or approver": _KEYS | {"admin", "approver"},
    "pep or approver": {"pep key", "admin", "approver"},
    "hook": {"pep key"},
}
# Those who are known and may not, and the code by which they are told.
_REFUSED: dict[Who, dict[str, str]] = {
    "pep": {"agent key": "pep_key_needed"},
    "approver": {"auditor": "approver_needed"},
    "admin": dict.fromkeys(("approver", "auditor"), "admin_needed"),
    "agent or approver": {"auditor": "approver_needed"},
    "pep or approver": {"agent key": "pep_key_needed", "auditor": "approver_needed"},
}


def _headers(world: World, credential: str) -> dict[str, str]:
    given = CREDENTIALS[credential]
    if isinstance(given, dict):
        return given
    if given is None:
        return {}
    if given == "bare":
        return {"Authorization": world.keys["pep"]}
    if given == "basic pep":
        return basic("coder", world.keys["pep"])
    return bearer(world.keys[str(given)])


def test_every_route_has_a_row(api: World) -> None:
    routes = {
        (method, route.path)
        for route in iter_route_contexts(api.service.application.routes)
        for method in route.methods or ()
    }
    assert routes == set(ROWS)


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize(("method", "path"), ROWS)
def test_a_route_serves_whom_it_is_for_and_nobody_else(api: World, method: str, path: str, credential: str) -> None:
    row = ROWS[method, path]
    headers = [(name.encode(), value.encode("latin-1")) for name, value in _headers(api, credential).items()]
    client = api.from_address(next(_ADDRESSES))
    answer = client.request(method, row.path or path, json=row.body, headers=headers)
    if row.who == "hook":
        # Any other status than 200 would let some coding agents run the tool: a refusal is a denial here.
        said = answer.json()["hookSpecificOutput"]
        assert answer.status_code == 200
        assert said["permissionDecision"] == ("allow" if credential in _PASS[row.who] else "deny")
    elif credential in _PASS[row.who]:
        assert answer.status_code not in (401, 403, 429, 500), answer.text
    elif credential in _REFUSED.get(row.who, {}):
        assert_problem(answer, 403, _REFUSED[row.who][credential])
    else:
        assert answer.status_code == 401, answer.text
        assert_problem(answer, 401, answer.json()["code"])
        assert "www-authenticate" not in answer.headers


OPERATOR_ROUTES = [pair for pair, row in ROWS.items() if {"operator", "approver", "admin"} & {*row.who.split()}]


@pytest.mark.parametrize(("method", "path"), OPERATOR_ROUTES)
@pytest.mark.parametrize(
    "header", [("Origin", "http://127.0.0.1:8787"), ("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]
)
def test_basic_is_not_taken_from_browsers(api: World, method: str, path: str, header: tuple[str, str]) -> None:
    row = ROWS[method, path]
    answer = api.client.request(method, row.path or path, json=row.body, headers={**api.admin, header[0]: header[1]})
    assert_problem(answer, 403, "basic_from_browser")


@pytest.mark.parametrize(("method", "path"), OPERATOR_ROUTES)
def test_basic_is_not_taken_in_the_clear(api: World, method: str, path: str) -> None:
    row = ROWS[method, path]
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "testclient", "10.0.0.1"):
        answer = api.from_address(address).request(method, row.path or path, json=row.body, headers=api.admin)
        assert_problem(answer, 403, "basic_in_clear")


def test_basic_is_taken_over_tls_from_anywhere(api: World) -> None:
    client = api.from_address("192.0.2.7")
    assert client.get("https://127.0.0.1:8787/agents", headers=api.admin).status_code == 200


def test_coming_from_localhost_proves_nothing(api: World) -> None:
    assert api.client.get("/agents").status_code == 401
    assert api.client.post("/evaluate", json=ALLOWED).status_code == 401


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE[:-1], f"{PASSPHRASE}\0", f"{PASSPHRASE} ", "é" * 9])
def test_a_passphrase_is_right_or_wrong_to_the_last_character(api: World, passphrase: str) -> None:
    answer = api.from_address(next(_ADDRESSES)).get("/agents", headers=basic("admin", passphrase))
    assert_problem(answer, 401, "wrong_passphrase")


def test_wrong_passphrases_slow_down_one_source_and_one_name(fresh: World) -> None:
    attacker = fresh.from_address("127.0.0.9")
    codes = [attacker.get("/agents", headers=basic("admin", "wrong")).status_code for _ in range(5)]
    assert codes[:3] == [401, 401, 401]
    waits = attacker.get("/agents", headers=basic("admin", "wrong again"))
    assert_problem(waits, 429, "too_many_failures")
    assert int(waits.headers["retry-after"]) >= 1
    assert fresh.client.get("/agents", headers=fresh.admin).status_code == 200
