"""Idempotency-Key: a request that is sent again counts once, and what no longer holds is not answered again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.audit_log.timestamp import parse_timestamp
from app.services import once
from app.services.answer import VALID_US, AnswerForm
from app.services.once import Kept, kept
from app.storage.command import EpochIs, NotAfter, Receipt
from app.storage.outcomes import NoOutcome
from app.storage.replays import find_replay
from app.storage.sessions import SessionsUnchanged
from app.storage.tables import replay
from tests.api.asking import activate, approve, asked, entries, session
from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, DENIED, World, bearer, world

POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "/srv/project/**"}
  - {id: secrets, deny: [read_file, write_file], path: ["**/.env"]}
  - {id: pushes, ask: shell, command: "git push *"}
  - {id: bells, allow: ring_bell, limit: {calls: 2, per: 1h, over: deny}}
  - {id: mails, ask: send_email, source: user}
"""
MAIL = {"tool": "send_email", "arguments": {"to": "a@example.org"}, "source": "user"}


pytestmark = pytest.mark.usefixtures("slowly")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("replays")) as made:
        activate(made, POLICY)
        yield made


_names = iter(range(1_000_000))


def name() -> str:
    return f"call-{next(_names)}"


def send(world: World, request: Any, named: str, key: str = "pep") -> Any:
    headers = {**bearer(world.keys[key]), "Idempotency-Key": named}
    return world.client.post("/evaluate", json=request, headers=headers)


def test_what_was_allowed_is_answered_again_word_by_word_and_recorded_once(api: World) -> None:
    before, named = api.size(), name()
    first = send(api, ALLOWED, named)
    assert first.status_code == 200
    assert first.json()["allowed"] is True
    assert [send(api, ALLOWED, named).content for _ in range(3)] == [first.content] * 3
    assert api.size() == before + 1
    shown = api.client.get(f"/evaluations/{first.json()['evaluation_id']}", headers=api.pep)
    assert shown.json()["audit"] == first.json()["audit"]


def test_another_body_is_a_conflict_and_no_entry(api: World) -> None:
    for request in (ALLOWED, DENIED, MAIL):
        named = name()
        send(api, request, named)
        before = api.size()
        for other in ({**request, "payload_summary": "x"}, {**request, "wait_ms": 1}, {**request, "dry_run": True}):
            assert_problem(send(api, other, named), 409, "idempotency_key_reused")
        assert api.size() == before


def test_the_order_of_keys_is_no_other_body(api: World) -> None:
    named = name()
    assert send(api, ALLOWED, named).content == send(api, {at: ALLOWED[at] for at in reversed(ALLOWED)}, named).content


def test_a_name_means_nothing_to_another_key_of_the_same_agent_or_of_another(api: World) -> None:
    named = name()
    first = send(api, ALLOWED, named).json()
    for key in ("agent", "other"):
        answer = send(api, DENIED, named, key)
        assert (answer.status_code, answer.json()["decision"]) == (200, "DENY")
    assert send(api, ALLOWED, named).json() == first


@pytest.mark.parametrize("request_", [DENIED, {**ALLOWED, "dry_run": True}], ids=["denied", "dry run"])
def test_what_was_not_allowed_is_decided_anew(api: World, request_: Any) -> None:
    named = name()
    first, second = (send(api, request_, named).json() for _ in range(2))
    assert first["evaluation_id"] != second["evaluation_id"]
    assert {first["allowed"], second["allowed"]} == {False}


def test_what_waits_for_people_waits_once_and_its_yes_is_used_once(api: World) -> None:
    named = name()
    first, second = (send(api, MAIL, named).json() for _ in range(2))
    assert first["approval"]["id"] == second["approval"]["id"]
    approve(api, first["approval"]["id"])
    allowed = [send(api, MAIL, named).content for _ in range(3)]
    assert len(set(allowed)) == 1
    assert b'"allowed":true' in allowed[0]
    shown = api.client.get(f"/approvals/{first['approval']['id']}", headers=api.pep).json()
    assert (shown["status"], shown["used"]) == ("consumed", 1)
    assert send(api, MAIL, name()).json()["decision"] == "REQUIRE_APPROVAL", "another call needs another yes"


def test_who_waits_by_a_name_hears_of_the_yes(api: World) -> None:
    request, named = {**MAIL, "arguments": {"to": "w@example.org"}, "wait_ms": 30_000}, name()
    waiting = asked(api, {**request, "wait_ms": 0})
    approve(api, waiting)
    first = send(api, request, named)
    assert first.json()["allowed"] is True
    assert send(api, request, named).content == first.content


def test_a_limit_counts_it_once(api: World) -> None:
    ring = {"tool": "ring_bell", "arguments": {}, "source": "user"}
    named = name()
    assert {send(api, ring, named).json()["allowed"] for _ in range(5)} == {True}
    assert [send(api, ring, name()).json()["allowed"] for _ in range(2)] == [True, False]


def _activate(world: World, request: Any) -> None:
    activate(world, POLICY + f'  - {{id: more-{name()}, deny: "mcp:never/x"}}\n')


def _stop(world: World, request: Any) -> None:
    made = world.client.post("/stops", json={"kind": "everything", "reason": "x"}, headers=world.admin)
    assert made.status_code == 201, made.text


def _resume(world: World) -> None:
    for one in world.client.get("/stops", headers=world.admin).json()["stops"]:
        world.client.delete(f"/stops/{one['id']}", headers=world.admin)


def _see(world: World, request: Any) -> None:
    path = f"/sessions/{request['session_id']}/observations"
    assert world.client.post(path, json={"source": "web"}, headers=world.pep).status_code == 201


def _end(world: World, request: Any) -> None:
    assert world.client.delete(f"/sessions/{request['session_id']}", headers=world.pep).status_code == 204


def _watch(world: World, request: Any) -> None:
    answer = world.client.patch("/agents/coder", json={"description": name()}, headers=world.admin)
    assert answer.is_success, answer.text


def _pass(world: World, request: Any) -> None:
    """Its time is over: nothing else that is known of it changes."""


CHANGES: list[Callable[[World, Any], None]] = [_activate, _stop, _see, _end, _watch, _pass]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_it_rested_on_has_changed_so_it_is_decided_anew(
    api: World, change: Callable[[World, Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, named = {**ALLOWED, "session_id": session(api)}, name()
    first = send(api, request, named).json()
    assert first["allowed"] is True
    change(api, request)
    if change is _pass:
        monkeypatch.setattr(once, "VALID_US", 0)
    again = send(api, request, named).json()
    other = send(api, request, name()).json()
    _resume(api)
    assert again["evaluation_id"] != first["evaluation_id"]
    differ = ("evaluation_id", "audit", "valid_until")
    assert [again[at] for at in again if at not in differ] == [other[at] for at in other if at not in differ]


def test_a_delegation_that_was_revoked_allows_nothing_again(api: World) -> None:
    request, named = {"tool": "mcp:gh/get", "source": "user"}, name()
    grant = {"agent": "coder", "allowed_actions": ["mcp:gh/*"], "ttl_seconds": 60, "max_uses": 1}
    made = api.client.post("/delegations", json=grant, headers=api.admin).json()["id"]
    first = send(api, request, named)
    assert first.json()["delegation"] == made
    assert send(api, request, named).content == first.content, "its only use is this one's"
    assert api.client.get(f"/delegations/{made}", headers=api.admin).json()["uses"] == 1
    api.client.delete(f"/delegations/{made}", headers=api.admin)
    assert send(api, request, named).json()["decision"] == "REQUIRE_APPROVAL"


def test_a_yes_that_was_taken_back_allows_nothing_again(api: World) -> None:
    within = session(api)
    request, named = {**MAIL, "session_id": within}, name()
    yes = asked(api, request)
    approve(api, yes, scope="session")
    first = send(api, request, named)
    assert first.json()["approval"]["id"] == yes
    assert send(api, request, named).content == first.content
    assert api.client.post(f"/approvals/{yes}/cancel", headers=api.admin).status_code == 200
    assert send(api, request, named).json()["decision"] == "REQUIRE_APPROVAL"


def test_a_no_to_the_same_request_outweighs_the_yes_before(api: World) -> None:
    request, named = {**MAIL, "arguments": {"to": "n@example.org"}}, name()
    approve(api, asked(api, request))
    assert send(api, request, named).json()["allowed"] is True
    approve(api, asked(api, request), decision="deny")
    assert send(api, request, named).json()["decision"] == "DENY"


def test_what_ran_is_not_allowed_again(api: World) -> None:
    request, named = {**MAIL, "arguments": {"to": "r@example.org"}}, name()
    approve(api, asked(api, request))
    first = send(api, request, named).json()
    assert first["allowed"] is True
    path = f"/evaluations/{first['evaluation_id']}/outcome"
    assert api.client.post(path, json={"status": "ok"}, headers=api.pep).status_code == 201
    assert send(api, request, named).json()["decision"] == "REQUIRE_APPROVAL"


def test_a_key_that_was_revoked_is_told_nothing_again(api: World) -> None:
    made = api.client.post("/agents/coder/keys", json={}, headers=api.admin).json()
    headers = {**bearer(made["key"]), "Idempotency-Key": name()}
    assert api.client.post("/evaluate", json=ALLOWED, headers=headers).json()["allowed"] is True
    api.client.delete(f"/agents/coder/keys/{made['id']}", headers=api.admin)
    assert_problem(api.client.post("/evaluate", json=ALLOWED, headers=headers), 401, "unknown_key")


def _kept(world: World) -> Kept:
    """What is kept of the newest request."""
    with world.service.database.read() as connection:
        row = connection.execute(select(replay).order_by(replay.c.seq.desc()).limit(1)).one()
        found = find_replay(connection, row.key, row.name)
    assert found is not None
    assert found.answer is not None
    answer = kept(found.answer)
    assert answer is not None
    return answer


def test_what_another_version_kept_is_decided_anew() -> None:
    assert kept(b"\x81\xa4form\x01") is None


def test_it_is_answered_again_for_no_longer_than_the_first_of_what_it_rests_on_lasts(api: World) -> None:
    request: Any = {"tool": "mcp:gl/get", "source": "user"}

    def until(request: Any, headers: Any) -> int | None:
        answer = api.client.post("/evaluate", json=request, headers={**headers, "Idempotency-Key": name()})
        assert answer.json()["allowed"] is True
        return _kept(api).until

    def expiry(path: str, **body: Any) -> tuple[Any, int]:
        made = api.client.post(path, json=body, headers=api.pep if path == "/sessions" else api.admin).json()
        return made, parse_timestamp(made["expires_at"])

    assert until(ALLOWED, api.pep) is None
    named, first = expiry("/sessions", ttl_seconds=600)
    within = {**request, "session_id": named["id"]}
    assert until({**ALLOWED, "session_id": named["id"]}, api.pep) == first
    terms = {"agent": "coder", "allowed_actions": ["mcp:gl/*"]}
    _, second = expiry("/delegations", **terms, ttl_seconds=300)
    assert until(within, api.pep) == second
    made, third = expiry("/agents/coder/keys", kind="pep", ttl_seconds=100)
    assert until({**ALLOWED, "session_id": session(api)}, bearer(made["key"])) == third


@pytest.mark.parametrize("until", [None, 1_000, VALID_US + 9_000])
def test_it_is_answered_again_for_as_long_as_it_said_and_no_longer(
    until: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "VALID_US", VALID_US)
    form = AnswerForm("ALLOW", (b"", b"", b"", b"", b""))
    end = 1_000 if until == 1_000 else VALID_US + 5_000
    guards = Kept(form, None, "coder", 7, 3, until).stands(Receipt(1, "", 5_000))
    assert guards == (EpochIs(7), SessionsUnchanged("coder", 3), NotAfter(end), NoOutcome(1))


def test_what_taints_its_session_is_decided_anew(api: World) -> None:
    request, named = {**ALLOWED, "session_id": session(api), "source": "web"}, name()
    first, second, third = (send(api, request, named).json() for _ in range(3))
    assert first["allowed"] is True
    assert first["evaluation_id"] != second["evaluation_id"], "the session was trusted more before it"
    assert second == third


@pytest.mark.parametrize("named", ["", " ", "a b", "x" * 129, "\x7f", "\xe4"])
def test_a_name_is_short_and_visible(api: World, named: str) -> None:
    key = api.pep["Authorization"].encode()
    for path in ("/evaluate", "/evaluate/batch"):
        headers = {b"Authorization": key, b"Idempotency-Key": named.encode("latin-1")}
        assert_problem(api.client.post(path, json=ALLOWED, headers=headers), 400, "invalid_idempotency_key")
    assert send(api, ALLOWED, name()).status_code == 200


def test_it_goes_with_one_plain_request_only(api: World) -> None:
    headers = {**api.pep, "Idempotency-Key": name()}
    batch = api.client.post("/evaluate/batch", json={"requests": [ALLOWED]}, headers=headers)
    assert_problem(batch, 400, "idempotency_key_not_here")
    explained = api.client.post("/evaluate?explain=true", json=ALLOWED, headers=headers)
    assert_problem(explained, 400, "idempotency_key_not_here")


def test_a_field_of_the_body_is_no_name(api: World) -> None:
    answer = api.client.post("/evaluate", json={**ALLOWED, "idempotency_key": "x"}, headers=api.pep)
    assert_problem(answer, 400, "invalid_request")


def test_a_long_answer_is_not_kept(api: World) -> None:
    paths = [f"/srv/project/{at}" * 9 for at in range(300)]
    request, named = {"tool": "Bash", "arguments": {"command": f"git push {' '.join(paths)}"}, "source": "user"}, name()
    approve(api, asked(api, request))
    assert send(api, request, named).json()["allowed"] is True
    assert send(api, request, named).json()["decision"] == "REQUIRE_APPROVAL"


def test_a_key_among_the_words_of_a_call_is_not_kept_with_its_answer(api: World) -> None:
    secret = "ghp_" + "a1" * 18
    request, named = {"tool": "Read", "arguments": {"file_path": f"/srv/project/{secret}"}, "source": "user"}, name()
    first, again = send(api, request, named).json(), send(api, request, named).json()
    assert first["audit"] == again["audit"]
    assert secret in str(first)
    assert secret not in str(again)
    assert again["effects"][0]["resource"] == "/srv/project/[a GitHub token]"


def test_the_log_is_sound_after_all_of_it(api: World) -> None:
    verified = api.client.get("/audit/verify", headers=api.admin).json()
    assert verified["entries"] == len(entries(api))
    assert verified["ok"] is True
