"""Law 10: bad input gets a clear error and loses nothing. Law 3: whatever is wrong, the first word is no."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.world import World

MiB = 1_048_576

BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "invalid_json"),
    "no JSON": (b"tool=Read", 400, "invalid_json"),
    "cut short": (b'{"tool": "Read"', 400, "invalid_json"),
    "more than one": (b'{"tool":"Read"}{}', 400, "invalid_json"),
    "a list": (b"[]", 400, "invalid_json"),
    "a text": (b'"Read"', 400, "invalid_json"),
    "null": (b"null", 400, "invalid_json"),
    "a key twice": (b'{"tool":"Read","tool":"Bash"}', 400, "invalid_json"),
    "a key twice, one escaped": (b'{"tool":"Read","\\u0074ool":"Bash"}', 400, "invalid_json"),
    "a key twice, deep down": (b'{"tool":"x","arguments":{"a":[{"b":1,"b":2}]}}', 400, "invalid_json"),
    "NaN": (b'{"tool":"x","arguments":{"n":NaN}}', 400, "invalid_json"),
    "infinity": (b'{"tool":"x","arguments":{"n":-Infinity}}', 400, "invalid_json"),
    "a number beyond floats": (b'{"tool":"x","arguments":{"n":1e999}}', 400, "invalid_json"),
    "2^53": (b'{"tool":"x","arguments":{"n":9007199254740992}}', 400, "invalid_json"),
    "-2^53": (b'{"tool":"x","arguments":{"n":-9007199254740992}}', 400, "invalid_json"),
    "thousands of digits": (b'{"tool":"x","arguments":{"n":' + b"9" * 5_000 + b"}}", 400, "invalid_json"),
    "half a surrogate pair": (b'{"tool":"x","target":"\\ud800"}', 400, "invalid_json"),
    "the other half": (b'{"tool":"x","target":"\\udc00"}', 400, "invalid_json"),
    "no UTF-8": (b'{"tool":"x","target":"\xff"}', 400, "invalid_json"),
    "a surrogate in UTF-8": (b'{"tool":"x","target":"\xed\xa0\x80"}', 400, "invalid_json"),
    "UTF-16": ('{"tool":"x"}'.encode("utf-16"), 400, "invalid_json"),
    "a byte order mark": (b'\xef\xbb\xbf{"tool":"x"}', 400, "invalid_json"),
    "a comment": (b'{"tool":"x"} // really', 400, "invalid_json"),
    "a zero byte": (b'{"tool":"x"}\x00', 400, "invalid_json"),
    "33 deep": (b'{"tool":"x","arguments":' + b'{"a":' * 32 + b"1" + b"}" * 33, 400, "invalid_json"),
    "100,000 deep": (b'{"tool":"x","arguments":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "invalid_json"),
    "100,000 open": (b"[" * 100_000, 400, "invalid_json"),
    "deep behind a key twice": (
        b'{"a":' + b"[" * 900 + b"]" * 900 + b',"a":1}',
        400,
        "invalid_json",
    ),
    "20,001 objects and lists": (b'{"a":[' + b"[]," * 20_000 + b"1]}", 400, "invalid_json"),
    "an unknown field": (b'{"tool":"x","tol":1}', 400, "invalid_request"),
    "an unknown field of provenance": (b'{"tool":"x","provenance":{"x":1}}', 400, "invalid_request"),
    "neither tool nor action": (b'{"source":"user"}', 400, "invalid_request"),
    "a tool of null": (b'{"tool":null}', 400, "invalid_request"),
    "a tool without letters": (b'{"tool":""}', 400, "invalid_request"),
    "a tool that is a number": (b'{"tool":1}', 400, "invalid_request"),
    "a control character in a name": (b'{"tool":"Re\\u001b[2Jad"}', 400, "invalid_request"),
    "a zero byte in a name": (b'{"tool":"Read\\u0000"}', 400, "invalid_request"),
    "a name of 201 letters": (b'{"tool":"' + b"x" * 201 + b'"}', 400, "invalid_request"),
    "arguments that are a list": (b'{"tool":"x","arguments":[]}', 400, "invalid_request"),
    "dry_run as text": (b'{"tool":"x","dry_run":"true"}', 400, "invalid_request"),
    "dry_run as a number": (b'{"tool":"x","dry_run":1}', 400, "invalid_request"),
    "wait_ms beyond a minute": (b'{"tool":"x","wait_ms":60001}', 400, "invalid_request"),
    "wait_ms below nothing": (b'{"tool":"x","wait_ms":-1}', 400, "invalid_request"),
    "too many hints": (b'{"tool":"x","risk_hints":' + json.dumps(["x"] * 65).encode() + b"}", 400, "invalid_request"),
    "one byte too many": (b'{"tool":"' + b"x" * (MiB - 10) + b'"}', 413, "body_too_large"),
}

ROUTES_WITH_BODIES = [
    ("POST", "/evaluate"),
    ("POST", "/evaluate/batch"),
    ("POST", "/evaluations/x/outcome"),
    ("POST", "/agents"),
    ("POST", "/agents/coder/keys"),
    ("POST", "/policy"),
    ("PUT", "/workspaces"),
]


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert next(iter(document.items())) == ("allowed", False)
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["type"] == f"urn:agent-sudo:{code}"
    assert document["title"]
    assert document["detail"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_never_becomes_a_decision(api: World, body: bytes, status: int, code: str) -> None:
    answer = api.client.post("/evaluate", content=body, headers=api.pep)
    assert_problem(answer, status, code)


@pytest.mark.parametrize(("method", "path"), ROUTES_WITH_BODIES)
@pytest.mark.parametrize("name", [name for name, bad in BAD_BODIES.items() if bad[2] == "invalid_json"])
def test_no_route_takes_json_with_two_meanings(api: World, method: str, path: str, name: str) -> None:
    body = BAD_BODIES[name][0]
    headers = {"Content-Type": "application/json", **(api.pep if path.startswith("/eval") else api.admin)}
    answer = api.client.request(method, path, content=body, headers=headers)
    code = "invalid_json" if body or path.startswith("/evaluate") else "invalid_request"
    if not body and path.endswith("outcome"):
        code = "invalid_request"
    assert_problem(answer, 400, code)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    "path", ["/evaluate", "/evaluate/batch", "/evaluate/", "//evaluate", "/agents", "/policy", "/healthz", "/nowhere"]
)
def test_no_address_takes_more_than_a_mebibyte(api: World, method: str, path: str) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * 65_536

    announced = api.client.request(method, path, content=b" " * (MiB + 1), headers=api.pep)
    assert_problem(announced, 413, "body_too_large")
    chunked = api.client.request(method, path, content=chunks(), headers=api.pep)
    assert_problem(chunked, 413, "body_too_large")


def test_a_body_of_exactly_a_mebibyte_is_read(api: World) -> None:
    body = b'{"tool":"x","arguments":{"a":"' + b"x" * (MiB - 33) + b'"}}'
    assert len(body) == MiB
    assert api.client.post("/evaluate", content=body, headers=api.pep).status_code == 200


def test_thirty_two_levels_are_read(api: World) -> None:
    body = b'{"tool":"x","arguments":' + b'{"a":' * 30 + b"{}" + b"}" * 31
    assert api.client.post("/evaluate", content=body, headers=api.pep).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/agents", {}, "name"),
        ("POST", "/agents", {"name": 5}, "name"),
        ("POST", "/agents", {"name": ""}, "name"),
        ("POST", "/agents", {"name": "a/b"}, "name"),
        ("POST", "/agents", {"name": "a\n"}, "name"),
        ("POST", "/agents", {"name": "ok-name", "description": "zero\x00byte"}, "description"),
        ("POST", "/agents", {"name": "ok-name", "description": "x" * 501}, "description"),
        ("POST", "/agents", {"name": "ok-name", "role": "admin"}, "role"),
        ("POST", "/agents/coder/keys", {"kind": "root"}, "kind"),
        ("POST", "/agents/coder/keys", {"ttl_seconds": 0}, "ttl_seconds"),
        ("POST", "/agents/coder/keys", {"ttl_seconds": "60"}, "ttl_seconds"),
        ("POST", "/agents/coder/keys", {"ttl_seconds": 60.5}, "ttl_seconds"),
        ("POST", "/agents/coder/keys", {"ttl_seconds": 2**53 - 1}, "ttl_seconds"),
        ("POST", "/agents/coder/keys", {"may_explain": 1}, "may_explain"),
        ("POST", "/agents/%00/keys", {}, "agent"),
        ("POST", f"/agents/{'x' * 65}/keys", {}, "agent"),
        ("POST", "/policy", {"files": []}, "files"),
        ("POST", "/policy", {"files": [{"name": "a\x00", "text": ""}]}, "name"),
        ("POST", "/policy", {"files": [{"name": "a", "text": ""}] * 9}, "files"),
        ("POST", f"/policy/sha256:{'0' * 64}/activate", {"previous": "\x00"}, "previous"),
        ("POST", f"/policy/sha256:{'0' * 63}/activate", {"previous": f"sha256:{'0' * 64}"}, "digest"),
        ("PUT", "/workspaces", {"roots": "/srv"}, "roots"),
        ("PUT", "/workspaces", {"roots": ["/srv/\x00"]}, "roots.0"),
        ("PUT", "/workspaces", {"roots": ["/srv/p"] * 65}, "roots"),
        ("GET", "/audit/entries?limit=0", None, "limit"),
        ("GET", "/audit/entries?limit=1001", None, "limit"),
        ("GET", "/audit/entries?limit=x", None, "limit"),
        ("GET", "/audit/entries?after=-2", None, "after"),
        ("GET", "/audit/entries?after=99999999999999999999", None, "after"),
        ("GET", "/audit/entries?decision=maybe", None, "decision"),
        ("GET", "/audit/entries?agent=%00", None, "agent"),
        ("GET", "/audit/entries?since=yesterday", None, "since"),
        ("GET", "/audit/entries/-1", None, "seq"),
        ("GET", "/audit/entries/9007199254740992", None, "seq"),
    ],
)
def test_a_wrong_field_is_named(api: World, method: str, path: str, body: object, field: str) -> None:
    answer = api.client.request(method, path, json=body, headers=api.admin)
    assert_problem(answer, 400, "invalid_request")
    assert field in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/agents", {"name": "coder"}, 409, "agent_exists"),
        ("POST", "/agents/nobody/keys", {}, 404, "no_such_agent"),
        ("GET", "/agents/nobody/keys", None, 404, "no_such_agent"),
        ("DELETE", "/agents/coder/keys/k_nothing", None, 404, "no_such_key"),
        ("POST", "/policy", {"files": [{"name": "p", "text": "rules: ["}]}, 400, "invalid_policy"),
        ("POST", "/policy", {"files": [{"name": "p", "text": ""}]}, 400, "invalid_policy"),
        ("POST", f"/policy/sha256:{'0' * 64}/activate", {"previous": f"sha256:{'0' * 64}"}, 404, "no_such_policy"),
        ("PUT", "/workspaces", {"roots": ["relative"]}, 400, "invalid_workspace"),
        ("PUT", "/workspaces", {"roots": ["/"]}, 400, "workspace_too_wide"),
        ("GET", "/audit/entries/9007199254740991", None, 404, "no_such_entry"),
        ("GET", "/evaluations/x", None, 404, "no_such_evaluation"),
        ("GET", "/evaluations/x-%C2%B2", None, 404, "no_such_evaluation"),
        ("GET", "/nowhere", None, 404, "no_such_route"),
        ("GET", "/", None, 404, "no_such_route"),
        ("GET", "/docs", None, 404, "no_such_route"),
        ("GET", "/evaluate", None, 405, "method_not_allowed"),
        ("HEAD", "/healthz", None, 405, "method_not_allowed"),
        ("TRACE", "/evaluate", None, 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_or_not_so_has_a_code(
    api: World, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = api.client.request(method, path, json=body, headers=api.admin)
    if method == "HEAD":
        assert answer.status_code == status
    else:
        assert_problem(answer, status, code)


def test_a_wrong_method_is_told_the_right_ones(api: World) -> None:
    assert api.client.delete("/agents").headers["allow"] == "GET, POST, PUT"
    assert api.client.get("/evaluate").headers["allow"] == "POST"


@pytest.mark.parametrize("type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_operators_send_json_and_say_so(api: World, type: str | None) -> None:
    headers = {**api.admin, **({"Content-Type": type} if type else {})}
    answer = api.client.post("/agents", content=b'{"name":"typed"}', headers=headers)
    assert_problem(answer, 415, "not_json")


def test_json_may_be_said_with_a_charset(api: World) -> None:
    headers = {**api.admin, "Content-Type": "Application/JSON; charset=utf-8"}
    assert api.client.post("/agents", content=b'{"name":"with-charset"}', headers=headers).status_code == 201


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_evaluate_reads_json_whatever_it_is_called(api: World, type: str | None) -> None:
    """`curl -d` names it a form; a page cannot send a key along without asking first."""
    headers = {**api.pep, **({"Content-Type": type} if type else {})}
    assert api.client.post("/evaluate", content=b'{"tool":"x"}', headers=headers).status_code == 200


def test_a_long_complaint_is_cut(api: World) -> None:
    body = {"tool": "x", "y" * 900_000: 1}
    answer = api.client.post("/evaluate", json=body, headers=api.pep)
    assert_problem(answer, 400, "invalid_request")
    assert len(answer.content) < 5_000


def test_errors_do_not_repeat_secrets(api: World) -> None:
    secret = "hunter2-hunter2"
    answers = [
        api.client.post("/evaluate", headers={"Authorization": f"Bearer asudo_{secret}"}, json={}),
        api.client.get("/agents", headers={"Authorization": f"Basic {secret}"}),
        api.client.post("/evaluate", headers=api.pep, json={"tool": "x", "dry_run": secret}),
        api.client.post("/evaluate", headers=api.pep, json={"tool": "x", "source": secret * 99}),
        api.client.post("/evaluate", headers=api.pep, content=f'{{"tool": "{secret}'.encode()),
        api.client.post("/agents", headers=api.admin, json={"name": f"/{secret}"}),
        api.client.post("/agents/coder/keys", headers=api.admin, json={"kind": secret}),
        api.client.get(f"/audit/entries?decision={secret}", headers=api.admin),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert secret not in answer.text


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/evaluate"), ("GET", "/healthz"), ("GET", "/nowhere"), ("GET", "/metrics")]
)
def test_no_answer_is_cached_sniffed_or_for_other_origins(api: World, method: str, path: str) -> None:
    headers = {**api.pep, "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        api.client.request(method, path, headers=headers, content=b'{"tool":"x"}' if method == "POST" else None),
        api.client.options(path, headers=headers),
    ):
        assert answer.headers.get_list("cache-control") == ["no-store"]
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "www-authenticate" not in answer.headers
        assert "location" not in answer.headers


def test_what_never_became_a_decision_is_counted_not_recorded(fresh: World) -> None:
    before = fresh.size()
    fresh.client.post("/evaluate", content=b"{", headers=fresh.pep)
    fresh.client.post("/evaluate", json={"tool": "x"})
    assert fresh.size() == before
    page = fresh.client.get("/metrics").text
    assert 'agent_sudo_refusals_total{code="invalid_json"} 1.0' in page
    assert 'agent_sudo_refusals_total{code="no_key"} 1.0' in page
