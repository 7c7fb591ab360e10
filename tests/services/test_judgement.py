"""Judgements: what is remembered is what would be decided anew, and each time is recorded as its own."""

import json
from typing import Any

import pytest
from msgspec import convert, structs
from msgspec.json import decode

from app.audit_log.entry import GENESIS, Draft, link, timestamp
from app.core.budget import Budget
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.compile import File, compile_policy
from app.core.provenance import Limit
from app.core.session import APART, Standing
from app.core.stops import Stop, Stops
from app.core.strict_json import parse
from app.core.trust import Trust
from app.services.configuration import Configuration
from app.services.ground import Ground, Grounds
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
GROUND = Ground(CONFIGURATION, FACTS, 5, True, ())
READ = {"tool": "Read", "arguments": {"file_path": "/srv/a"}, "source": "user"}
RECEIPT = Receipt(7, "ab" * 32, 1_790_000_000_000_000)


def received(request: Any) -> Received:
    value, canonical = parse(json.dumps(request).encode())
    return Received.of(convert(value, ActionRequest), canonical)


def judged(judgements: Judgements, request: Any = READ, ground: Ground = GROUND, *, explain: bool = False) -> Judgement:
    return judgements.of("k_1", received(request), ground, Budget(20_000), explain=explain)


def said(judgement: Judgement) -> Any:
    return judgement.decision, judgement.steps, judgement.entry, judgement.answer


@pytest.fixture
def judgements() -> Judgements:
    return Judgements()


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
    assert said(judged(Judgements(), request_)) == said(first)


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
    assert said(judged(judgements, other)) == said(judged(Judgements(), other))


@pytest.mark.parametrize(
    "facts",
    [
        structs.replace(FACTS, caller=Caller("coder", "k_2", "pep")),
        structs.replace(FACTS, caller=Caller("other", "k_1", "pep")),
        structs.replace(FACTS, caller=Caller("coder", "k_1", "agent")),
        structs.replace(FACTS, workspaces=()),
        structs.replace(FACTS, session=Standing("s", Limit(Trust.UNKNOWN, "seen"))),
        structs.replace(FACTS, stops=Stops([Stop("everything", "")])),
    ],
)
def test_other_facts_are_judged_by_themselves(judgements: Judgements, facts: Facts) -> None:
    other = Ground(CONFIGURATION, facts, 5, True, ())

    assert judged(judgements, READ, other) is not judged(judgements)
    assert said(judged(judgements, READ, other)) == said(judged(Judgements(), READ, other))


def test_the_newest_judgement_of_a_key_is_known_with_the_ground_that_it_stands_on(judgements: Judgements) -> None:
    assert judgements.known("k_1", received(READ)) is None
    first = judged(judgements)
    assert judgements.known("k_1", received(READ)) is first
    assert judgements.known("k_2", received(READ)) is None
    later = structs.replace(GROUND, sessions=6)
    assert judged(judgements, READ, later).decision is first.decision
    known = judgements.known("k_1", received(READ))
    assert known is not None
    assert known.ground is later


def test_what_is_remembered_costs_the_steps_that_it_took(judgements: Judgements) -> None:
    budgets = [Budget(20_000), Budget(20_000)]
    for budget in budgets:
        judgements.of("k_1", received(READ), GROUND, budget, explain=False)
    assert budgets[0].left == budgets[1].left < 20_000

    short = judgements.of("k_1", received(READ), GROUND, Budget(1), explain=False)
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
    one, other = (link(Draft(judgement.entry, bytes([at]) * 32), 7, GENESIS, timestamp(0))[0] for at in range(2))
    assert decode(one)["commit"] != decode(other)["commit"]
    assert {**decode(one), "commit": None} == {**decode(other), "commit": None}


def test_a_ground_is_the_same_until_something_that_it_rests_on_is_another() -> None:
    configuration = structs.replace(CONFIGURATION, callers={("k_1", "coder"): FACTS.caller})
    within = Standing("s_1", until=77)
    grounds = Grounds()
    first = grounds.of(configuration, KEY, "coder", (APART, 5))

    assert grounds.of(configuration, KEY, "coder", (APART, 5)) is first
    later = grounds.of(configuration, KEY, "coder", (APART, 6))
    assert later is not first
    assert later.facts is first.facts
    assert grounds.of(configuration, KEY, "coder", (within, 6)).facts.session == within
    assert (first.lasts, grounds.of(configuration, KEY, "coder", (within, 6)).lasts) == (True, False)
    lasting = structs.replace(within, lasts=True)
    assert grounds.of(configuration, KEY, "coder", (lasting, 6)).lasts
    assert not grounds.of(configuration, KEY, "coder", (lasting, 6), frozenset(("d_1",))).lasts
    assert grounds.of(structs.replace(configuration), KEY, "coder", (APART, 6)).facts is not first.facts
    assert grounds.of(configuration, KEY, "coder", (APART, 6), frozenset(("d_1",))).guards == later.guards
