"""`POST /evaluate` and `/evaluate/batch`: what is decided, what is answered, and what neither does."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_problems import BAD_BODIES, assert_problem
from tests.api.world import ALLOWED, DENIED, World, basic, bearer

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_allowed_is_the_first_field_and_means_what_the_decision_means(api: World) -> None:
    yes, no, ask = (
        api.client.post("/evaluate", json=request, headers=api.pep) for request in (ALLOWED, DENIED, {"tool": "x"})
    )
    assert yes.text.startswith('{"allowed":true,"decision":"ALLOW"')
    assert no.text.startswith('{"allowed":false,"decision":"DENY"')
    assert ask.text.startswith('{"allowed":false,"decision":"REQUIRE_APPROVAL"')
    assert ask.json()["approval"]["status"] == "pending"
    assert yes.json()["approval"] is no.json()["approval"] is None


def test_an_answer_names_the_entry_that_recorded_it(api: World) -> None:
    receipt = api.evaluate()["audit"]
    entry = api.client.get(f"/audit/entries/{receipt['seq']}", headers=api.admin).json()
    assert (entry["hash"], entry["agent"], entry["decision"]) == (receipt["hash"], "coder", "ALLOW")
    assert entry["payload"]["request"] == ALLOWED


def test_a_dry_run_allows_nothing_and_says_so_in_the_log(api: World) -> None:
    answer = api.evaluate({**ALLOWED, "dry_run": True})
    assert (answer["allowed"], answer["decision"], answer["dry_run"]) == (False, "ALLOW", True)
    entry = api.client.get(f"/audit/entries/{answer['audit']['seq']}", headers=api.admin).json()
    assert entry["body"]["dry_run"] is True


@pytest.mark.parametrize("actor", ["coder", "coder/reviewer", "coder/a/b"])
def test_a_key_speaks_for_its_agent_and_its_parts(api: World, actor: str) -> None:
    assert api.evaluate({**ALLOWED, "actor": actor})["allowed"] is True


@pytest.mark.parametrize("actor", ["other", "coder2", "Coder", "admin", "coder-x/y", "/coder"])
def test_a_key_speaks_for_no_other_agent(api: World, actor: str) -> None:
    answer = api.client.post("/evaluate", json={**ALLOWED, "actor": actor}, headers=api.pep)
    assert_problem(answer, 403, "actor_mismatch")


@pytest.mark.parametrize("query", ["?explain=true", "?explain=1"])
def test_an_explanation_names_what_nearly_applied(api: World, query: str) -> None:
    trace = api.evaluate({"tool": "Read", "arguments": {"file_path": "/etc/passwd"}, "source": "user"}, query=query)
    assert {near["rule"] for near in trace["trace"]} >= {"reads", "secrets"}


@pytest.mark.parametrize("query", ["", "?", "?explain=false", "?explain=0"])
def test_no_explanation_unless_asked_for(api: World, query: str) -> None:
    assert "trace" not in api.evaluate(query=query)


@pytest.mark.parametrize(
    "query",
    ["?explain", "?explain=", "?explain=yes", "?explain=TRUE", "?explain=true&explain=false", "?x=1", "?explain=%FF"],
)
def test_another_query_is_refused(api: World, query: str) -> None:
    assert_problem(api.client.post(f"/evaluate{query}", json=ALLOWED, headers=api.pep), 400, "invalid_query")


def test_an_explanation_needs_the_right_to_it(api: World) -> None:
    headers = bearer(api.keys["agent"])
    answer = api.client.post("/evaluate?explain=true", json=ALLOWED, headers=headers)
    assert_problem(answer, 403, "explain_not_allowed")


def test_a_batch_is_answered_in_order(api: World) -> None:
    body = {"requests": [ALLOWED, DENIED, {"tool": "x"}, ALLOWED]}
    results = api.client.post("/evaluate/batch", json=body, headers=api.pep).json()["results"]
    assert [one["decision"] for one in results] == ["ALLOW", "DENY", "REQUIRE_APPROVAL", "ALLOW"]
    assert len({one["evaluation_id"] for one in results}) == 4


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "A batch is"),
        ({"requests": {}}, "A batch is"),
        ({"requests": [ALLOWED], "more": 1}, "A batch is"),
        ({"requests": []}, "1 to 1000"),
        ({"requests": [ALLOWED] * 1_001}, "1 to 1000"),
        ({"requests": [ALLOWED, 5]}, "requests[1]"),
        ({"requests": [ALLOWED, None]}, "requests[1]"),
        ({"requests": [ALLOWED, ALLOWED, {"tool": 5}]}, "requests[2]"),
        ({"requests": [{}]}, "requests[0]"),
        ({"requests": [ALLOWED, {**ALLOWED, "wait_ms": 5}]}, "requests[1]"),
    ],
)
def test_a_bad_batch_is_refused_whole_and_says_where(api: World, body: Any, words: str) -> None:
    before = api.size()
    answer = api.client.post("/evaluate/batch", json=body, headers=api.pep)
    assert_problem(answer, 400, "invalid_request")
    assert words in answer.json()["detail"]
    assert api.size() == before


def test_a_thousand_are_a_batch(api: World) -> None:
    answer = api.client.post("/evaluate/batch", json={"requests": [ALLOWED] * 1_000}, headers=api.pep)
    assert [one["allowed"] for one in answer.json()["results"]] == [True] * 1_000


_CHANGING = re.compile(rb'"evaluation_id":"[^"]*"|"valid_until":"[^"]*"|"audit":\{[^}]*\}')
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
WORDS = st.sampled_from(["Read", "Bash", "Write", "user", "web", "/srv/project/a", "git push", "coder", "", "x" * 201])
FIELDS = ["tool", "action", "target", "source", "source_trust", "actor", "cwd", "home", "session_id", "arguments"]
REQUESTS = st.dictionaries(st.sampled_from([*FIELDS, "dry_run", "risk_hints", "unknown"]), WORDS | JSON, max_size=6)


def _both(api: World, path: str, **request: Any) -> tuple[Any, Any]:
    answers = [client.post(path, **request) for client in (api.client, api.undefended())]
    shown = [
        (answer.status_code, answer.headers["content-type"], _CHANGING.sub(b"", answer.content)) for answer in answers
    ]
    return shown[0], shown[1]


@given(
    request=REQUESTS, query=st.sampled_from(["", "?explain=true", "?explain=x"]), key=st.sampled_from(["pep", "agent"])
)
@FEW
def test_the_hot_and_the_declared_route_agree(api: World, request: dict[str, Any], query: str, key: str) -> None:
    body = json.dumps(request).encode()
    hot, declared = _both(api, f"/evaluate{query}", content=body, headers=bearer(api.keys[key]))
    assert hot == declared
    batch = b'{"requests":[' + body + b"," + body + b"]}"
    hot, declared = _both(api, f"/evaluate/batch{query}", content=batch, headers=bearer(api.keys[key]))
    assert hot == declared


@pytest.mark.parametrize("name", BAD_BODIES)
def test_the_hot_and_the_declared_route_refuse_alike(api: World, name: str) -> None:
    hot, declared = _both(api, "/evaluate", content=BAD_BODIES[name][0], headers=api.pep)
    assert hot == declared


@pytest.mark.parametrize("headers", [{}, basic("admin"), bearer("asudo_x"), bearer("")])
def test_the_hot_and_the_declared_route_turn_away_alike(api: World, headers: dict[str, str]) -> None:
    hot, declared = _both(api, "/evaluate", json=ALLOWED, headers=headers)
    assert hot == declared


@given(body=st.binary(max_size=300) | JSON.map(lambda value: repr(value).encode("utf-8", "replace")))
@FEW
def test_no_bytes_make_it_fail_or_allow(api: World, body: bytes) -> None:
    answer = api.client.post("/evaluate", content=body, headers=api.pep)
    assert answer.status_code == 400
    assert answer.text.startswith('{"allowed":false')


@given(request=REQUESTS)
@FEW
def test_no_json_is_allowed_what_the_policy_does_not_allow(api: World, request: dict[str, Any]) -> None:
    """The policy allows one tool one folder; whatever else comes, the answer is never a yes."""
    answer = api.client.post("/evaluate", content=json.dumps(request).encode(), headers=api.pep)
    assert answer.status_code in (200, 400, 403)
    document = answer.json()
    if document["allowed"]:
        assert document["rules"] == ["reads"]
        assert all(effect["resource"].startswith("/srv/project/") for effect in document["effects"])
        assert request["source"] == "user"
        assert not request.get("dry_run")


def hostile(size: int) -> dict[str, Any]:
    """Bodies that are meant to be expensive."""
    return {
        "quotes": {"tool": "x", "arguments": {"a": '"' * size}},
        "escapes": {"tool": "x", "arguments": {"a": "\x01" * (size // 6)}},
        "many keys": {"tool": "x", "arguments": {f"k{at}": at for at in range(size // 10)}},
        "many lists": {"tool": "x", "arguments": {"a": [[]] * (size // 4)}},
        "many hints": {"tool": "x", "risk_hints": ["x" * 200] * 64, "arguments": {"a": "x" * size}},
        "slashes": {"tool": "Read", "arguments": {"file_path": "/" * 4_000 + "a/../" * (size // 8)}, "source": "user"},
        "dots": {"tool": "Read", "arguments": {"file_path": "../" * (size // 3)}, "source": "user"},
        "pipes": {"tool": "Bash", "arguments": {"command": "a|" * (size // 2)}, "source": "user"},
        "parentheses": {"tool": "Bash", "arguments": {"command": "(" * size}, "source": "user"},
        "dollars": {"tool": "Bash", "arguments": {"command": "$(" * (size // 2)}, "source": "user"},
        "braces": {"tool": "Bash", "arguments": {"command": "echo " + "{a,b}" * (size // 5)}, "source": "user"},
        "urls": {"tool": "WebFetch", "arguments": {"url": "http://" + "a." * (size // 2)}, "source": "user"},
    }


@pytest.mark.parametrize("name", hostile(1))
def test_hostile_bodies_are_answered_and_never_allowed(api: World, name: str) -> None:
    assert api.evaluate(hostile(50_000)[name])["allowed"] is False


@pytest.mark.parametrize("name", ["a\u202eb", "a\nb", "\x1b[2J"])
def test_a_name_that_nobody_could_read_is_refused_in_words(api: World, name: str) -> None:
    answer = api.client.post(
        "/evaluate", json={"tool": "Read", "actor": f"coder/{name}", "source": name}, headers=api.pep
    )
    detail = answer.json()["detail"]
    assert "visible text" in detail
    assert "regex" not in detail
