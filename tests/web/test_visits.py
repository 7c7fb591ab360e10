"""Visits to the console: who may see its pages, and what it takes to do something on them."""

import pytest

from app.services.visits import MOST
from app.storage.visits import find_visit
from tests.api.asking import asked
from tests.api.world import PASSPHRASE, World, basic
from tests.web.browser import OURS, PUSH, Browser, status

PAGES = ("", "/activity", "/activity/0", "/agents", "/sessions", "/delegations", "/policy", "/stops", "/news")
FORMS = (
    "/approvals/a_0/answer",
    "/stops",
    "/stops/s_0/lift",
    "/sessions/s_0/end",
    "/delegations/d_0/revoke",
    "/sign-out",
)


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


def test_without_a_script_the_passphrase_is_the_second_secret(api: World, admin: Browser) -> None:
    name = asked(api, {"tool": "send_email", "source": "user", "cwd": "/plain"})
    assert admin.post(f"/approvals/{name}/answer", secret="", answer="deny", passphrase=PASSPHRASE).status_code == 303
    assert status(api, name) == "denied"


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
