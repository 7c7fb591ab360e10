"""What waits, in lists; and who waits, for an answer."""

import threading
from typing import Any

import pytest

from app.core import engine
from app.services import judgement
from tests.api.asking import PUSH, approve, asked, tool
from tests.api.test_problems import assert_problem
from tests.api.world import World, bearer
from tests.processes import until


def test_lists_show_the_gravest_first_in_bounded_pages_and_an_agent_its_own(fresh: World) -> None:
    plain, high = asked(fresh, tool()), asked(fresh, tool("mcp:log/put"))
    critical, other = asked(fresh, PUSH), asked(fresh, tool(), "other")

    def listed(query: str = "", headers: Any = None) -> Any:
        return fresh.client.get(f"/approvals{query}", headers=headers or fresh.admin).json()

    # What is asked for longer expires later, and stands behind within its risk.
    order = [critical, high, plain, other]
    assert [one["id"] for one in listed()["approvals"]] == order
    paged: list[str] = []
    after = ""
    for _ in range(4):
        page = listed(f"?limit=1{after}")
        paged += [one["id"] for one in page["approvals"]]
        after = f"&after={page['next']}"
    assert paged == order
    assert [one["id"] for one in listed("?agent=other")["approvals"]] == [other]
    assert [one["id"] for one in listed(headers=bearer(fresh.keys["other"]))["approvals"]] == [other]
    assert listed("?agent=coder", bearer(fresh.keys["other"]))["approvals"] == []
    approve(fresh, plain)
    assert [one["id"] for one in listed("?status=approved")["approvals"]] == [plain]
    assert [one["id"] for one in listed("?status=any")["approvals"]] == [other, critical, high, plain]
    assert_problem(fresh.client.get("/approvals?after=x", headers=fresh.admin), 400, "invalid_after")
    assert_problem(
        fresh.client.get(f"/approvals/{plain}", headers=bearer(fresh.keys["other"])), 404, "no_such_approval"
    )


def test_those_whom_one_answer_lets_run_are_judged_once_and_recorded_each(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = tool("mcp:log/put")
    approve(fresh, asked(fresh, request))
    judged: list[Any] = []

    def decide(*arguments: Any, **more: Any) -> Any:
        judged.append(arguments[0])
        return engine.decide(*arguments, **more)

    monkeypatch.setattr(judgement, "decide", decide)
    answers = [fresh.evaluate(request) for _ in range(3)]
    assert [answer["allowed"] for answer in answers] == [True, True, True]
    assert len(judged) == 1
    assert len({answer["evaluation_id"] for answer in answers}) == 3
    approve(fresh, asked(fresh, request), decision="deny")
    assert fresh.evaluate(request)["decision"] == "DENY", "a yes is not remembered beyond its uses"


def test_one_answer_wakes_all_who_wait_and_each_needs_a_use_of_its_own(fresh: World) -> None:
    answers: list[Any] = []

    def wait() -> None:
        answers.append(fresh.evaluate({**tool("mcp:log/put"), "wait_ms": 60_000}))

    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    until(lambda: _waiting(fresh) == 5)
    name = fresh.client.get("/approvals", headers=fresh.admin).json()["approvals"][0]["id"]
    approve(fresh, name)
    until(lambda: len(answers) == 3 and _waiting(fresh) == 2)
    again = fresh.client.get("/approvals", headers=fresh.admin).json()["approvals"][0]["id"]
    approve(fresh, again, decision="deny")
    for thread in threads:
        thread.join()
    assert [answer["allowed"] for answer in answers] == [True, True, True, False, False]
    assert {answer["approval"]["id"] for answer in answers if answer["allowed"]} == {name}


def test_whoever_waits_hears_of_a_denial_and_of_nothing_when_nobody_answers(fresh: World) -> None:
    shown: list[Any] = []
    name = asked(fresh, tool())
    waits = threading.Thread(
        target=lambda: shown.append(fresh.client.get(f"/approvals/{name}?wait=30", headers=fresh.pep).json())
    )
    evaluates = threading.Thread(target=lambda: shown.append(fresh.evaluate({**tool(), "wait_ms": 30_000})))
    for thread in (waits, evaluates):
        thread.start()
    until(lambda: _waiting(fresh) == 2)
    approve(fresh, name, decision="deny", message="no")
    for thread in (waits, evaluates):
        thread.join()
    assert sorted(one.get("status", one.get("decision")) for one in shown) == ["DENY", "denied"]
    answer = fresh.evaluate({**tool("mcp:b/c"), "wait_ms": 1})
    assert (answer["allowed"], answer["approval"]["status"]) == (False, "pending")


def _waiting(world: World) -> int:
    found = world.client.get("/approvals", headers=world.admin).json()["approvals"]
    return sum(one["waiting"] for one in found)
