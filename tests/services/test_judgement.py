"""Judgements: what is remembered is what would be decided anew, and each time is recorded as its own."""

import json
from typing import Any

import pytest
from msgspec import convert, structs
from msgspec.json import decode

from app.core.budget import Budget
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.compile import File, compile_policy
from app.core.strict_json import parse
from app.services.configuration import Configuration
from app.services.judgement import Judgement, Judgements, Received
from app.storage.command import Receipt
from app.storage.keys import Key

POLICY = """\
version: 1
rules:
  - {id: reads, allow: read_file, path: "$workspace/**", agents: coder}
  - {id: pushes, ask: shell, command: "git push *"}
  - {id: big, deny: pay, when: "args.amount > 10.0"}
"""
CONFIGURATION = Configuration(
    epoch=3,
    log="3aae4b6e4c5ae283",
    agents={},
    keys={},
    operators={},
    policy="sha256:" + "a" * 64,
    rules=compile_policy((File("p.yaml", POLICY),)).rules,
    workspaces=("/srv",),
    delegations={},
)
KEY = Key("k_1", "coder", "pep", True, b"d" * 32, 0, None, None)
FACTS = Facts(Caller("coder", "k_1", "pep"), ("/srv",))
READ = {"tool": "Read", "arguments": {"file_path": "/srv/a"}, "source": "user"}
RECEIPT = Receipt(7, "ab" * 32, 1_790_000_000_000_000)


def received(request: Any) -> Received:
    value, canonical = parse(json.dumps(request).encode())
    return Received(convert(value, ActionRequest), canonical)


def judged(judgements: Judgements, request: Any = READ, facts: Facts = FACTS, *, explain: bool = False) -> Judgement:
    return judgements.of(received(request), facts, Budget(20_000), explain=explain)


@pytest.fixture
def judgements() -> Judgements:
    return Judgements(CONFIGURATION)


@pytest.mark.parametrize(
    "request_",
    [
        READ,
        {"tool": "Bash", "arguments": {"command": "git push | tee x"}, "source": "user"},
        {"action": "pay", "arguments": {"amount": 11.0}},
        {"tool": "Read", "arguments": {"file_path": '"evaluation_id":""'}, "source": '"commit":{"request":""}'},
    ],
)
def test_what_is_remembered_is_what_would_be_decided_anew(judgements: Judgements, request_: Any) -> None:
    first = judged(judgements, request_)

    assert judged(judgements, request_) is first
    assert judged(Judgements(CONFIGURATION), request_) == first


@pytest.mark.parametrize(
    "other",
    [
        {**READ, "arguments": {"file_path": "/etc/a"}},
        {**READ, "arguments": {"file_path": "/srv/a", "n": 1}},
        {**READ, "arguments": {"file_path": "/srv/a", "n": 1.0}},
        {**READ, "source": "web"},
        {**READ, "dry_run": True},
        {**READ, "session_id": "s"},
        {**READ, "target": None},
    ],
)
def test_another_request_is_judged_by_itself(judgements: Judgements, other: Any) -> None:
    assert judged(judgements, other) is not judged(judgements)
    assert judged(judgements, other) == judged(Judgements(CONFIGURATION), other)


@pytest.mark.parametrize(
    "facts",
    [
        structs.replace(FACTS, caller=Caller("coder", "k_2", "pep")),
        structs.replace(FACTS, caller=Caller("other", "k_1", "pep")),
        structs.replace(FACTS, caller=Caller("coder", "k_1", "agent")),
        structs.replace(FACTS, workspaces=()),
    ],
)
def test_other_facts_are_judged_by_themselves(judgements: Judgements, facts: Facts) -> None:
    assert judged(judgements, READ, facts) is not judged(judgements)
    assert judged(judgements, READ, facts) == judged(Judgements(CONFIGURATION), READ, facts)


def test_what_is_remembered_costs_the_steps_that_it_took(judgements: Judgements) -> None:
    budgets = [Budget(20_000), Budget(20_000)]
    for budget in budgets:
        judgements.of(received(READ), FACTS, budget, explain=False)
    assert budgets[0].left == budgets[1].left < 20_000

    short = judgements.of(received(READ), FACTS, Budget(1), explain=False)
    assert not short.decision.allowed
    assert judged(judgements).decision.allowed


def test_an_explanation_is_made_anew_and_is_not_given_to_who_did_not_ask(judgements: Judgements) -> None:
    explained = judged(judgements, explain=True)

    assert "trace" in decode(explained.answer.filled(RECEIPT))
    assert "trace" not in decode(judged(judgements).answer.filled(RECEIPT))


def test_no_more_is_remembered_than_has_room(judgements: Judgements) -> None:
    first = judged(judgements)
    for at in range(1_024):
        judged(judgements, {**READ, "arguments": {"file_path": f"/srv/{at}"}})
    assert judged(judgements) is not first

    large = {**READ, "arguments": {"file_path": "/srv/a", "content": "x" * 20_000}}
    assert judged(judgements, large) is not judged(judgements, large)


def test_an_answer_and_an_entry_bear_their_own_receipt_and_salt(judgements: Judgements) -> None:
    judgement = judged(judgements)
    answer = decode(judgement.answer.filled(RECEIPT))

    assert answer["evaluation_id"] == "3aae4b6e4c5ae283-7"
    assert answer["audit"] == {"log": "3aae4b6e4c5ae283", "seq": 7, "hash": "ab" * 32}
    assert answer["valid_until"] == "2026-09-21T14:13:25.000000Z"
    assert next(iter(answer)) == "allowed"
    one, other = (judgement.entry.draft(bytes([at]) * 32) for at in range(2))
    assert one.payload == other.payload
    assert one.head != other.head
