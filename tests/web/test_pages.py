"""The console's pages: who may see them, what it takes to do something, and what agents wrote on them."""

import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.services.visits import MOST
from app.storage.visits import find_visit
from tests.api.asking import activate, asked, session
from tests.api.world import BASE, PASSPHRASE, World, basic, world

POLICY = """\
version: 1
rules:
  - {id: mails, ask: send_email}
  - {id: pushes, ask: shell, command: "git push *", risk: critical, reason: Pushing publishes work to others.}
"""
OURS = {"sec-fetch-site": "same-origin"}
PUSH = {"tool": "Bash", "arguments": {"command": "git push"}, "source": "user"}
PAGES = ("", "/activity", "/activity/0", "/agents", "/sessions", "/delegations", "/policy", "/stops", "/news")
FORMS = (
    "/approvals/a_0/answer",
    "/stops",
    "/stops/s_0/lift",
    "/sessions/s_0/end",
    "/delegations/d_0/revoke",
    "/sign-out",
)


class Browser:
    """An operator's browser; `secret` is what its tab keeps."""

    def __init__(self, world: World, name: str = "admin", address: str = "127.0.0.1") -> None:
        self.client: TestClient = world.from_address(address)
        answer = self.post("/sign-in", name=name, passphrase=PASSPHRASE, secret="")
        assert answer.status_code == 200, answer.text
        (self.secret,) = re.findall(r'data-secret="([^"]+)"', answer.text)
        self.cookie = str(answer.headers["set-cookie"])

    def get(self, path: str = "", **headers: str) -> Any:
        return self.client.get(f"/console{path}", headers=headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
        data = {"secret": getattr(self, "secret", ""), **fields}
        return self.client.post(f"/console{path}", data=data, headers=OURS if headers is None else headers)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        activate(made, POLICY)
        yield made


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("console")) as made:
        activate(made, POLICY)
        yield made


@pytest.fixture(scope="module")
def admin(api: World) -> Browser:
    return Browser(api)


def status(world: World, name: str) -> str:
    found: str = world.client.get(f"/approvals/{name}", headers=world.admin).json()["status"]
    return found


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_for_those_who_are_signed_in(api: World, admin: Browser, path: str) -> None:
    assert admin.get(path).status_code == 200
    stranger = api.from_address("127.0.0.1")
    answer = stranger.get(f"/console{path}", headers=basic("admin") | api.pep)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/sign-in?next=/console{path}")
    stranger.cookies.set("agent_sudo_visit", "x" * 43, path="/console")
    assert stranger.get(f"/console{path}").status_code == 303


@pytest.mark.parametrize("path", ["", "/sign-in", "/nowhere", "/static/console.css", "/approvals/a_0", "/sign-out"])
def test_every_answer_forbids_what_is_not_ours(admin: Browser, path: str) -> None:
    headers = admin.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        **dict.fromkeys(("script-src", "style-src", "img-src", "connect-src", "form-action"), "'self'"),
        **dict.fromkeys(("base-uri", "frame-ancestors"), "'none'"),
    }
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_cookie_is_for_no_script_and_no_other_site(admin: Browser) -> None:
    attributes = {part.strip().lower() for part in admin.cookie.split(";")[1:]}
    assert attributes == {"httponly", "path=/console", "samesite=strict"}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("site", ["same-site", "cross-site", "none", None])
def test_nothing_is_taken_from_pages_that_are_not_ours(admin: Browser, path: str, site: str | None) -> None:
    """Another port of this host is of the same site."""
    headers = {} if site is None else {"sec-fetch-site": site}
    answer = admin.post(path, headers, passphrase=PASSPHRASE, answer="deny", kind="everything")
    assert (answer.status_code, "own pages" in answer.text) == (403, True)


@pytest.mark.parametrize("path", FORMS[:-1])
def test_the_cookie_alone_changes_nothing(admin: Browser, path: str) -> None:
    answer = admin.post(path, secret="", answer="approve", kind="everything")
    assert (answer.status_code, "Your passphrase, please" in answer.text) == (403, True)
    assert 'name="kind" value="everything"' in answer.text


def test_no_page_tells_the_second_secret_again(api: World, admin: Browser) -> None:
    """Whoever gets hold of the cookie, which ignores ports, can read pages; they hold nothing that answers."""
    name = asked(api, PUSH | {"cwd": "/told"})
    for path in (*PAGES, f"/approvals/{name}", f"/approvals/{name}/raw", "/sign-in"):
        assert admin.secret not in admin.get(path).text


def test_another_visits_secret_is_none(api: World, admin: Browser) -> None:
    other = Browser(api, "approver")
    name = asked(api, {"tool": "send_email", "source": "user", "cwd": "/theirs"})
    assert admin.post(f"/approvals/{name}/answer", secret=other.secret, answer="approve").status_code == 403
    assert status(api, name) == "pending"


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


def test_without_a_script_the_passphrase_is_the_second_secret(api: World, admin: Browser) -> None:
    name = asked(api, {"tool": "send_email", "source": "user", "cwd": "/plain"})
    assert admin.post(f"/approvals/{name}/answer", secret="", answer="deny", passphrase=PASSPHRASE).status_code == 303
    assert status(api, name) == "denied"


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


def test_a_visit_ends_with_its_passphrase_and_when_one_signs_out(fresh: World) -> None:
    admin, approver, again = Browser(fresh), Browser(fresh, "approver"), Browser(fresh, "approver")
    assert again.post("/sign-out").status_code == 303
    again.client.cookies.set("agent_sudo_visit", again.cookie.partition("=")[2].partition(";")[0], path="/console")
    assert (again.get().status_code, approver.get().status_code) == (303, 200)
    fresh.client.post("/operators/approver/reset", json={"passphrase": "another horse"}, headers=fresh.admin)
    assert (approver.get().status_code, admin.get().status_code) == (303, 200)
    fresh.client.post("/operators/auditor/disable", headers=fresh.admin)


def test_visits_are_few_and_only_their_digests_are_kept(fresh: World) -> None:
    browsers = [Browser(fresh) for _ in range(MOST + 1)]
    assert [one.get().status_code for one in browsers] == [303, *[200] * MOST]
    token = browsers[-1].cookie.partition("=")[2].partition(";")[0]
    with fresh.service.database.read() as connection:
        assert find_visit(connection, token.encode(), 0) is None
    log = fresh.client.get("/audit/export", headers=fresh.admin).text
    assert "visit.opened" in log
    assert not any(one.secret in log for one in browsers)
    assert token not in log


def test_wrong_passphrases_have_to_wait(api: World) -> None:
    client = api.from_address("10.9.8.7")
    codes = [
        client.post("/console/sign-in", data={"name": "admin", "passphrase": "wrong horse"}, headers=OURS).status_code
        for _ in range(5)
    ]
    assert set(codes) == {403}, "and not at all in the clear"
    client = api.from_address("127.0.0.9")
    data = {"name": "admin", "passphrase": "wrong horse"}
    codes = [client.post("/console/sign-in", data=data, headers=OURS).status_code for _ in range(5)]
    assert codes == [401, 401, 401, 429, 429]


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/console/../x", "javascript:1", "/x"])
def test_signing_in_leads_to_our_own_pages(api: World, next: str) -> None:
    shown = api.from_address("127.0.0.1").get("/console/sign-in", params={"next": next}).text
    assert 'name="next" value="/console"' in shown


def test_a_link_from_elsewhere_is_loaded_again_by_our_own_page(api: World) -> None:
    answer = api.from_address("127.0.0.1").get("/console/approvals/a_1", headers={"sec-fetch-site": "cross-site"})
    assert 'content="0; url=/console/approvals/a_1"' in answer.text


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</title></style></textarea></script><b>",
    "<!-- -->",
    "<base href=//evil.example>",
    "<form action=//evil.example><button>",
    "&lt;b&gt;&amp;&#x3c;b&#x3e;",
    "{{7*7}} {% raw %} ${7*7} #{7*7}",
    "javascript:alert(1)",
    "https://evil.example/?a=<b>",
    "\x1b]0;owned\x07\x1b[2J",
    "a\u202egnp.exe",
    "a\u2066b\u2069c",
    "z\u200bw\u200cn\u200dj\ufeff",
    "p\u0430ypal.example",
    "\U000e0041\U000e0042",
    "e" + "\u0301" * 40,
    "a\u2028b\u2029c\u0085d",
    "nul\x00nul",
    "x\u00a0y\u3000z\u3164",
    "v\ufe0f\U000e0100",
    "line\nline\tline  ",
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, frozenset[str]]] = set()
        self.addresses: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, frozenset(name for name, _ in attrs)))
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src", "action")}

    def handle_data(self, data: str) -> None:
        self.text += data


def _everywhere(text: str) -> dict[str, Any]:
    return {
        "tool": "send_email",
        "target": text,
        "arguments": {text: text, "list": [{"a": text}], "command": text},
        "payload_summary": text,
        "source": "user",
    }


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_what_an_agent_wrote_is_text_on_every_page(api: World, admin: Browser, text: str) -> None:
    run = api.client.post("/sessions", json={"prompts": [text], "ttl_seconds": 600}, headers=api.pep).json()["id"]
    name = asked(api, _everywhere(text) | {"session_id": run})
    for path in ("", f"/approvals/{name}", "/activity", "/activity?text=alert", "/sessions"):
        answer = admin.get(path)
        assert answer.status_code == 200
        page = Elements(answer.text)
        assert {tag for tag, _ in page.found} <= KNOWN
        assert not [names for _, names in page.found if any(one.startswith("on") or one == "style" for one in names)]
        assert all(one.startswith("/console") or one == "#main" for one in page.addresses), page.addresses
        hidden = {one for one in page.text if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn")}
        assert hidden <= {"\n"}
    assert admin.post(f"/approvals/{name}/answer", answer="deny", message=text).status_code == 303
    assert Elements(admin.get(f"/approvals/{name}").text).found


KNOWN = set(
    re.findall(
        r"\w+",
        "html head meta title link script body a nav span svg path circle p b i form button input div header main h1 "
        "h2 section article time footer details summary label textarea dl dt dd bdi ul ol li aside kbd table thead "
        "tbody tr th td select option br",
    )
)


def test_what_would_be_approved_is_shown_whole(api: World, admin: Browser) -> None:
    long = "x" * 20_000
    request = {"tool": "send_email", "arguments": {"to": ["a@b.example"], "n": 1, "s": "1", "t": True, "long": long}}
    name = asked(api, {**request, "source": "user", "cwd": "/whole"})
    shown = Elements(admin.get(f"/approvals/{name}").text).text
    assert long in shown
    for part in ("to[0]", "a@b.example", "number", "true or false", "/whole"):
        assert part in shown
    assert admin.get(f"/approvals/{name}/raw").json()["arguments"]["long"] == long


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
