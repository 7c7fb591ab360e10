"""An agent that knows everything except a passphrase cannot get its own request approved.

It knows the id of its approval, every route, every key that it may hold, the names of the operators, and even the
cookie of an operator's visit, since cookies ignore ports and it may listen on another one. Whatever it tries, its
request still waits.
"""

import base64
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.asking import activate, approve, asked, decide, entries, session, tool
from tests.api.world import PASSPHRASE, World, basic, bearer, world

OURS = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8787"}
COOKIE = "agent_sudo_visit"
# All that tells a service of another sort who calls, where from, or what is meant.
SPOOFED = {
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-user": "admin",
    "x-remote-user": "admin",
    "x-operator": "admin",
    "x-real-ip": "127.0.0.1",
    "x-http-method-override": "POST",
    "forwarded": "for=127.0.0.1;host=127.0.0.1:8787",
    "x-forwarded-host": "127.0.0.1:8787",
    "x-original-url": "/approvals",
}
# As browsers say where a request comes from: a page elsewhere, another port here, a link in a mail, an old browser.
ELSEWHERE: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
    {"origin": "http://localhost:9999", "sec-fetch-site": "same-site"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin, cross-site"},
    {"origin": "https://evil.example"},
    {},
)
HOSTS = (
    "evil.example",
    "evil.example:8787",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8787",
    "evil.example#127.0.0.1",
    "127.0.0.1@evil.example",
    "0.0.0.0:8787",
    "localhost.",
    "127.1",
    "2130706433",
    "[::ffff:127.0.0.1]",
    "",
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("own")) as made:
        activate(made)
        yield made


@pytest.fixture
def waits(api: World) -> Iterator[str]:
    """The agent's own request; whatever the test tries, it waits afterwards and nothing has run."""
    request = tool("mcp:own/goal")
    name = asked(api, request)
    yield name
    assert status(api, name) == "pending"
    assert not api.evaluate({**request, "dry_run": True})["allowed"]
    assert asked(api, request) == name
    assert not [one for one in entries(api) if one["body"].get("data", {}).get("approval") == name]
    api.client.post(f"/approvals/{name}/cancel", headers=api.pep)


@pytest.fixture(scope="module")
def visit(api: World) -> tuple[str, str]:
    """The cookie and the second secret of an operator who is signed in on the pages."""
    browser = api.from_address("127.0.0.1")
    answer = browser.post("/console/sign-in", data={"name": "admin", "passphrase": PASSPHRASE}, headers=OURS)
    (secret,) = re.findall(r'data-secret="([^"]+)"', answer.text)
    return browser.cookies[COOKIE], secret


def status(world: World, name: str) -> str:
    found: str = world.client.get(f"/approvals/{name}", headers=world.admin).json()["status"]
    return found


def refused(answer: Any) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)


def ways(name: str, extra: dict[str, str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every way to answer: the route and the page, as JSON and as a form, with what one might add to them."""
    answers = ({"decision": "approve"}, {"answer": "approve"}, {"decision": "approve", "scope": "session"})
    for path in (f"/approvals/{name}/decision", f"/console/approvals/{name}/answer"):
        for answer in answers:
            yield path, {"json": {**answer, **(extra or {})}}
            yield path, {"data": {**answer, **(extra or {})}}


@pytest.mark.parametrize("kind", ["pep", "agent", "other", "expired", "revoked"])
def test_no_key_answers(api: World, waits: str, kind: str) -> None:
    key = api.keys[kind]
    encoded = base64.b64encode(f"admin:{key}".encode()).decode()
    for headers in (
        bearer(key),
        {**bearer(key), **SPOOFED},
        {"authorization": f"Basic {base64.b64encode(f'coder:{key}'.encode()).decode()}"},
        {"authorization": f"Bearer admin:{key}"},
        {"authorization": f"Bearer {key}, Basic {encoded}"},
    ):
        for path, sent in ways(waits, {"passphrase": key, "secret": key}):
            answer = api.client.post(path, headers={**OURS, **headers}, **sent)
            if path.startswith("/console"):
                assert answer.status_code == 303, "a page sends whoever is not signed in to where one does"
                assert answer.headers["location"].startswith("/console/sign-in")
            else:
                refused(answer)


def test_no_key_makes_what_would_answer(api: World, waits: str) -> None:
    """Neither an operator, nor a policy, nor a delegation, nor another key that may more."""
    for kind in ("pep", "agent"):
        for method, path, body in (
            ("POST", "/operators", {"name": "me", "role": "admin", "passphrase": PASSPHRASE}),
            ("PATCH", "/operators/admin", {"passphrase": PASSPHRASE}),
            ("POST", "/delegations", {"agent": "coder", "allowed_actions": ["*"], "ttl_seconds": 60, "reason": "x"}),
            ("POST", "/agents/coder/keys", {}),
            ("PATCH", "/agents/coder", {"mode": "monitor"}),
            ("POST", "/policy", {"files": [{"name": "p.yaml", "text": "version: 1\nrules: []\n"}]}),
        ):
            refused(api.client.request(method, path, json=body, headers=bearer(api.keys[kind])))


def test_a_cookie_replayed_from_another_port_answers_nothing(api: World, waits: str, visit: tuple[str, str]) -> None:
    """Who listens on another port of this host is sent the cookie, and may say of itself whatever it likes."""
    cookie, secret = visit
    thief = api.from_address("127.0.0.1")
    thief.cookies.set(COOKIE, cookie, path="/")
    pages = [thief.get(f"/console{path}") for path in ("", f"/approvals/{waits}", "/activity", "/stops", "/agents")]
    assert {page.status_code for page in pages} == {200}
    assert all(secret not in page.text for page in pages), "no page says what is missing"
    for guess in ("", cookie, waits, "x" * len(secret), secret[:-1], secret.lower()):
        for path, sent in ways(waits, {"secret": guess, "passphrase": ""}):
            refused(thief.post(path, headers={**OURS, **SPOOFED}, **sent))
    for headers in ({}, api.pep, {"cookie": f"{COOKIE}={cookie}; {COOKIE}={cookie}"}):
        refused(thief.post(f"/approvals/{waits}/decision", json={"decision": "approve"}, headers=headers))


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_page_of_another_origin_or_port_answers_nothing(
    api: World, waits: str, visit: tuple[str, str], headers: dict[str, str]
) -> None:
    """Not even with the operator's own cookie and second secret, which it has not; nor with their passphrase."""
    cookie, secret = visit
    victim = api.from_address("127.0.0.1")
    victim.cookies.set(COOKIE, cookie, path="/")
    for path, sent in ways(waits, {"secret": secret, "passphrase": PASSPHRASE}):
        if path.startswith("/console"):
            refused(victim.post(path, headers=headers, **sent))
    if headers:  # a script of the operator's own sends none of them
        answer = victim.post(
            f"/approvals/{waits}/decision", json={"decision": "approve"}, headers={**basic("admin"), **headers}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "basic_from_browser")
    for path in ("/approvals", f"/approvals/{waits}", "/console"):
        answer = victim.options(path, headers={**headers, "access-control-request-method": "POST"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_was_pointed_at_us_reaches_nothing(
    api: World, waits: str, visit: tuple[str, str], host: str
) -> None:
    """DNS rebinding: to the browser the page that sends this is of our origin, and only the name gives it away."""
    cookie, secret = visit
    victim = api.from_address("127.0.0.1")
    victim.cookies.set(COOKIE, cookie, path="/")
    origin = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    for path, sent in ways(waits, {"secret": secret, "passphrase": PASSPHRASE}):
        refused(victim.post(path, headers=origin, **sent))
    for path in ("/console", f"/console/approvals/{waits}", "/approvals", "/evaluate"):
        answer = victim.get(path, headers={**origin, **api.pep})
        refused(answer)
        assert waits not in answer.text


def test_no_link_answers(api: World, waits: str, visit: tuple[str, str]) -> None:
    """Whatever a link says, and whoever follows it."""
    cookie, secret = visit
    told = urlencode({"decision": "approve", "answer": "approve", "secret": secret, "passphrase": PASSPHRASE})
    victim = api.from_address("127.0.0.1")
    victim.cookies.set(COOKIE, cookie, path="/")
    for path in (
        *(f"/approvals/{waits}/decision", f"/approvals/{waits}", f"/console/approvals/{waits}"),
        *(f"/console/approvals/{waits}/answer", "/console/sign-in", "/console"),
    ):
        for method in ("GET", "HEAD"):
            answer = victim.request(method, f"{path}?{told}", headers=OURS)
            assert answer.status_code < 500
    for onward in ("//evil.example", "https://evil.example", f"/approvals/{waits}/decision", "/console/../approvals"):
        page = victim.get(f"/console/sign-in?{urlencode({'next': onward})}").text
        assert 'name="next" value="/console"' in page, "signing in leads to our own pages"


def test_no_direct_post_answers(api: World, waits: str) -> None:
    """Without anything, with the names of operators and no passphrase, in odd spellings of the address."""
    stranger = api.from_address("127.0.0.1")
    for headers in ({}, SPOOFED, basic("admin", ""), basic("approver", "passphrase"), basic("disabled")):
        for path, sent in ways(waits):
            if path.startswith("/approvals"):
                refused(stranger.post(path, headers=headers, **sent))
    body = json.dumps({"decision": "approve"})
    for path in (
        *(f"//approvals/{waits}/decision", f"/approvals/{waits}/decision/", f"/approvals/%2e/{waits}/decision"),
        *(f"/APPROVALS/{waits}/decision", f"/approvals/{waits}%2fdecision", f"/console/../approvals/{waits}/decision"),
        *(f"/evaluate/../approvals/{waits}/decision", f"/approvals/{waits};x=/decision"),
    ):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            refused(
                stranger.request(method, path, content=body, headers={**api.pep, "content-type": "application/json"})
            )


def test_an_agents_words_are_no_passphrase(api: World, waits: str) -> None:
    """A request that carries what an answer looks like is a request."""
    answer = api.evaluate(tool("mcp:own/goal", arguments={"decision": "approve", "approval": waits, "allowed": True}))
    assert not answer["allowed"]
    for field in ("approval", "grant", "approved", "decision"):
        refused(api.client.post("/evaluate", json={**tool("mcp:own/goal"), field: waits}, headers=api.pep))
    api.client.post(f"/approvals/{answer['approval']['id']}/cancel", headers=api.pep)


@pytest.fixture
def either(tmp_path: Path, url: str) -> Iterator[World]:
    """A service on each kind of database in turn."""
    with world(tmp_path, database_url=url) as made:
        activate(made)
        yield made


def test_of_two_answers_at_once_one_counts(either: World) -> None:
    """Ten times two people answer at once, one yes and one no, each of them twice."""
    for who in ("admin", "approver"):
        either.client.get("/approvals", headers=basic(who))  # at most two are checked at once, and these are known now
    for number in range(10):
        request = tool(arguments={"n": number})
        name = asked(either, request)
        together = threading.Barrier(4)
        answers: list[tuple[str, Any]] = []

        def answer(who: str, decision: str, name: str = name, together: Any = together, answers: Any = answers) -> None:
            together.wait(30)
            answers.append((decision, decide(either, name, who, decision=decision)))

        pairs = (("admin", "approve"), ("approver", "deny")) * 2
        threads = [threading.Thread(target=answer, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(answers) == 4
        won = {decision for decision, heard in answers if heard.status_code == 200}
        lost = {heard.json()["code"] for _, heard in answers if heard.status_code != 200}
        assert (len(won), lost) == (1, {"already_decided"})
        told = [one["type"] for one in entries(either) if one["body"].get("data", {}).get("approval") == name]
        assert told == [{"approve": "approval.approved", "deny": "approval.denied"}[won.pop()]]
        assert either.evaluate(request)["allowed"] is (told == ["approval.approved"])
        assert not either.evaluate(request)["allowed"]


def test_a_flood_of_asks_hides_nobody_elses_and_is_bounded(either: World) -> None:
    """One agent asks as often as it can, in the name of its parts, in sessions, by both kinds of key."""
    theirs = asked(either, tool("mcp:their/one"), "other")
    within = session(either)
    waiting = set()
    for number in range(60):
        request = tool(arguments={"n": number}, actor=f"coder/part{number}")
        if number % 3 == 0:
            request["session_id"] = within
        answer = either.evaluate(request, "agent" if number % 2 else "pep")
        assert not answer["allowed"]
        if answer["approval"] is not None:
            waiting.add(answer["approval"]["id"])
    assert len(waiting) == 20
    listed = either.client.get("/approvals?limit=200", headers=either.admin).json()
    assert {one["id"] for one in listed["approvals"]} == waiting | {theirs}
    # What another agent asks meanwhile is asked, found by its agent, and stands before what is less grave.
    grave = asked(either, {"tool": "Bash", "arguments": {"command": "git push"}, "source": "user"}, "other")
    assert either.client.get("/approvals?limit=1", headers=either.admin).json()["approvals"][0]["id"] == grave
    found = either.client.get("/approvals?agent=other", headers=either.admin).json()["approvals"]
    assert {one["id"] for one in found} == {grave, theirs}
    assert approve(either, theirs)["status"] == "approved"
