"""Delegations cover exactly what they name."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from ruamel.yaml import YAML

from app.core.budget import Budget
from app.core.decision import Decision, Verdict
from app.core.delegation import Delegation, Scope, Terms
from app.core.delegations import Delegations
from app.core.engine import decide
from app.core.facts import Caller, Facts, Offered
from app.core.model import ActionRequest
from app.core.policy.ruleset import RuleSet
from app.core.session import Standing
from tests.core.test_engine import rules

CASES = YAML(typ="safe").load((Path(__file__).parents[1] / "cases/delegations/attacks.yaml").read_text())
ASKS = rules("id: ask, ask: '*'")
HOUR = 3_600_000_000
READS = Terms(allowed_actions=("read_file",), allowed_paths=("/srv/project/**",))
READ: dict[str, Any] = {"tool": "Read", "arguments": {"file_path": "/srv/project/a"}}


def delegated(terms: Terms = READS, *parents: Terms, **fields: Any) -> Delegation:
    scopes = tuple(Scope(one) for one in (terms, *parents))
    known: dict[str, Any] = {
        "id": "d_1", "chain": ("d_1",), "agent": "coder", "session": None, "by": "alice", "role": "approver",
        "critical": False, "expires_at": HOUR,
    }  # fmt: skip
    return Delegation(**{**known, **fields}, scopes=scopes)


def decided(
    request: dict[str, Any],
    *delegations: Delegation,
    ruleset: RuleSet = ASKS,
    session: str | None = None,
    agent: str = "coder",
    **facts: Any,
) -> Decision:
    offered = Offered(Delegations(delegations), facts.pop("recent", ()), facts.pop("now", 0))
    refused: frozenset[str] = facts.pop("refused", frozenset())
    known = Facts(Caller(agent, "k", "pep"), (), Standing(session), offered, refused=refused)
    asked = ActionRequest(source="user", cwd="/srv/project", home="/home/u", **request)
    return decide(asked, known, ruleset, Budget(facts.pop("budget", 9_999)), **facts)


def of_case(case: dict[str, Any]) -> Decision:
    grant = dict(CASES["grants"][case["of"]])
    agent, session = grant.pop("agent", "coder"), grant.pop("session", None)
    terms = convert(grant, Terms)
    known = {"tool", "action", "target", "resolved_target", "annotations", "actor"}
    request = {name: value for name, value in case.items() if name in known}
    request["arguments"] = case.get("args", {})
    one = delegated(terms, agent=agent, session=session)
    return decided(request, one, session=case.get("session"), agent=case.get("agent", "coder"))


@pytest.mark.parametrize("case", CASES["attacks"], ids=lambda case: f"{case['of']}-{case.get('args')}"[:80])
def test_no_attack_on_a_delegation_passes(case: dict[str, Any]) -> None:
    decision = of_case(case)
    assert not decision.allowed, decision
    assert decision.grant is None


@pytest.mark.parametrize("case", CASES["uses"], ids=lambda case: f"{case['of']}-{case.get('args')}"[:80])
def test_what_a_delegation_names_is_allowed(case: dict[str, Any]) -> None:
    decision = of_case(case)
    assert decision.allowed, decision
    assert decision.delegation == "d_1"


def test_there_are_enough_attacks() -> None:
    assert len(CASES["attacks"]) >= 60
    assert {case["of"] for case in CASES["attacks"]} == {case["of"] for case in CASES["uses"]} == set(CASES["grants"])


def test_a_delegation_answers_an_ask_and_nothing_else() -> None:
    denies = rules("id: no, deny: '*'")
    assert decided(READ, delegated(critical=True), ruleset=denies).verdict is Verdict.DENY
    assert decided(READ, delegated(), ruleset=rules("id: yes, allow: '*'")).grant is None
    assert decided(READ, delegated(), ruleset=rules("id: watch, log: '*'")).grant is None


def test_one_of_the_ordinary_kind_does_not_answer_where_a_passphrase_is_asked_for() -> None:
    strong = rules("id: ask, ask: '*', risk: critical")
    assert decided(READ, delegated(), ruleset=strong).verdict is Verdict.REQUIRE_STRONG_APPROVAL
    assert decided(READ, delegated(critical=True), ruleset=strong).allowed


@pytest.mark.parametrize(
    ("approvers", "allowed"),
    [
        ("{need: 2}", False),
        ("{need: 1}", True),
        ("{from: [alice]}", True),
        ("{from: [approver]}", True),
        ("{from: [bob, admin]}", False),
        ("{need: 2, from: [alice]}", False),
    ],
)
def test_a_delegation_stands_for_the_one_person_who_issued_it(approvers: str, *, allowed: bool) -> None:
    asks = rules(f"id: ask, ask: '*', approvers: {approvers}", "id: also, ask: read_file")
    assert decided(READ, delegated(), ruleset=asks).allowed is allowed


def test_a_child_covers_nothing_that_its_parent_does_not_cover() -> None:
    narrow = Terms(allowed_actions=("read_file",), allowed_paths=("/srv/project/docs/**",))
    assert not decided(READ, delegated(READS, narrow)).allowed
    assert decided({"tool": "Read", "arguments": {"file_path": "docs/a"}}, delegated(READS, narrow)).allowed


def test_what_was_found_used_up_is_not_offered_again() -> None:
    one, other = delegated(), delegated(id="d_2")
    assert decided(READ, one, other).delegation == "d_1"
    assert decided(READ, one, other, refused=frozenset(("d_1",))).delegation == "d_2"
    assert decided(READ, one, other, refused=frozenset(f"d_{at}" for at in range(3, 20))).grant is None
    assert decided(READ, delegated(spent=True)).grant is None


def test_what_cannot_be_judged_within_its_budget_is_not_granted() -> None:
    costly = Terms(allowed_actions=READS.allowed_actions, allowed_paths=READS.allowed_paths, when="true")
    request = {"tool": "Read", "arguments": {"file_path": "/srv/project/a", "offset": list(range(200))}}
    assert decided(READ, delegated()).allowed
    assert not any(decided(request, delegated(costly), budget=budget).allowed for budget in range(0, 400, 7))


def test_a_condition_must_be_true() -> None:
    for when, allowed in (("args.file_path == '/srv/project/a'", True), ("false", False), ("args.none == 1", False)):
        terms = Terms(allowed_actions=READS.allowed_actions, allowed_paths=READS.allowed_paths, when=when)
        assert decided(READ, delegated(terms)).allowed is allowed


def test_an_explanation_says_what_nearly_fitted_and_what_ended_it() -> None:
    now = 10 * HOUR
    ended = {
        "expired": delegated(id="expired", expires_at=now - 180_000_000),
        "revoked": delegated(id="revoked", expires_at=now + HOUR, revoked_at=now - 2 * HOUR),
        "spent": delegated(id="spent", expires_at=now + HOUR, spent=True),
        "young": delegated(id="young", expires_at=now - 1_000_000),
        "old": delegated(id="old", expires_at=now - 50 * HOUR),
        "elsewhere": delegated(
            Terms(allowed_actions=("read_file",), allowed_paths=("/etc/**",)), id="elsewhere", expires_at=now + HOUR
        ),
        "session": delegated(id="session", session="s9", expires_at=now + HOUR),
        "other": delegated(id="other", agent="coder/other", expires_at=now + HOUR),
    }
    decision = decided(READ, recent=tuple(ended.values()), now=now, explain=True)
    assert {near.rule: near.failed for near in decision.near} == {
        "expired": "expired 3 min ago",
        "revoked": "revoked 2 h ago",
        "spent": "used up",
        "young": "expired 1 s ago",
        "old": "expired 2 d ago",
        "elsewhere": "path outside: /srv/project/a",
        "session": "session",
        "other": "agent: coder",
    }


DENIES = Terms(denied_actions=("pay", "mcp:bank/*"))


@pytest.mark.parametrize("tool", ["pay", "PAY", "mcp__bank__x", "MCP__bank__x"])
def test_a_denied_action_is_denied_by_whatever_name(tool: str) -> None:
    decision = decided({"tool": tool}, delegated(DENIES), ruleset=rules("id: all, allow: '*'"))
    assert (decision.verdict, decision.rules) == (Verdict.DENY, ("delegation:d_1",))


def test_a_denial_is_for_its_agent_its_parts_and_its_session() -> None:
    allows = rules("id: all, allow: '*'")

    def verdict(one: Delegation, **facts: Any) -> bool:
        request = {"tool": "pay", **({"actor": actor} if (actor := facts.pop("actor", None)) else {})}
        return decided(request, one, ruleset=allows, **facts).allowed

    assert not verdict(delegated(DENIES), actor="coder/part")
    assert verdict(delegated(DENIES, agent="coder/part"))
    assert not verdict(delegated(DENIES, agent="coder/part"), actor="coder/part")
    assert verdict(delegated(DENIES, session="s1"), session="s2")
    assert not verdict(delegated(DENIES, session="s1"), session="s1")
    # What is denied to one session is denied to what names none.
    assert not verdict(delegated(DENIES, session="s1"))
    # A delegation whose uses are gone still denies until it ends.
    assert not verdict(delegated(DENIES, spent=True))


def test_a_set_of_delegations_changes_by_making_another_one() -> None:
    one, two = delegated(), delegated(DENIES, id="d_2")
    whole = Delegations([one, two])
    less = whole.changed((), ["d_1", "d_2", "never"])
    spent = whole.changed([delegated(spent=True)], ())

    def with_set(known: Delegations, tool: dict[str, Any]) -> Decision:
        facts = Facts(Caller("coder", "k", "pep"), offered=Offered(known))
        return decide(ActionRequest(source="user", cwd="/srv/project", **tool), facts, ASKS, Budget(999))

    assert (len(whole), len(less), len(spent)) == (2, 0, 2)
    assert [with_set(known, READ).allowed for known in (whole, less, spent)] == [True, False, False]
    verdicts = [with_set(known, {"tool": "pay"}).verdict for known in (whole, less, spent)]
    assert verdicts == [Verdict.DENY, Verdict.REQUIRE_APPROVAL, Verdict.DENY]
    assert whole.changed([one], ()).changed((), ["d_2"]).changed((), ["d_1"])._found == {}


WIDE = (
    Terms(allowed_actions=("read_*",), allowed_paths=("/srv/project/**",)),
    Terms(allowed_actions=("read_file",), allowed_paths=("/**",)),
    Terms(allowed_actions=("read_file",), allowed_paths=("/srv/*/a",)),
    Terms(allowed_actions=("shell", "read_file"), allowed_paths=("/srv/project/**",)),
)


@pytest.mark.parametrize("terms", WIDE, ids=str)
def test_what_is_wide_is_found_too(terms: Terms) -> None:
    assert decided(READ, delegated(terms)).allowed


def test_a_command_without_a_program_is_found_too() -> None:
    terms = Terms(allowed_actions=("shell",), commands=("* --version",))
    assert decided({"tool": "Bash", "arguments": {"command": "git --version"}}, delegated(terms)).allowed


def test_hosts_bound_what_a_named_command_reaches() -> None:
    terms = Terms(allowed_actions=("shell",), commands=("curl *",), hosts=("x.example",))
    for url, allowed in (("https://x.example/", True), ("https://y.example/", False), ("y.example", False)):
        assert decided({"tool": "Bash", "arguments": {"command": f"curl {url}"}}, delegated(terms)).allowed is allowed


def test_a_search_of_the_web_is_named_by_its_action() -> None:
    terms = Terms(allowed_actions=("web_search",))
    assert decided({"tool": "WebSearch", "arguments": {"query": "x"}}, delegated(terms)).allowed


@pytest.mark.parametrize("terms", [{"commands": [" "]}, {"allowed_paths": ["a"]}, {"hosts": ["a b"]}, {"when": "1"}])
def test_terms_that_cannot_be_meant_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Scope(convert(terms, Terms))


ACTIONS = ("read_file", "write_file", "delete_file", "mcp:a/b", "send_email")
FOLDERS = ("/a/**", "/a/b/*", "/c/d", "/a/*/x")
_KINDS = {"read_file": {"read"}, "write_file": {"write"}, "delete_file": {"delete"}, "send_email": {"message"}}


def lies_in(path: str, pattern: str) -> bool:
    """The slow way: patterns as regular expressions over clean paths."""
    expression = re.escape(pattern).replace(r"/\*\*", "(/.*)?").replace(r"\*", "[^/]+")
    return re.fullmatch(expression, path) is not None


@given(
    st.lists(st.sampled_from(ACTIONS), max_size=3),
    st.lists(st.sampled_from(FOLDERS), max_size=2),
    st.sampled_from(ACTIONS),
    st.lists(st.lists(st.sampled_from(("a", "b", "c", "d", "x", "..", ".")), min_size=1, max_size=5), max_size=3),
)
def test_a_grant_covers_an_effect_if_and_only_if_it_names_it(
    actions: list[str], folders: list[str], tool: str, paths: list[list[str]]
) -> None:
    terms = Terms(allowed_actions=tuple(actions), allowed_paths=tuple(folders))
    arguments: dict[str, Any] = {"path": ["/" + "/".join(path) for path in paths]}
    if tool == "send_email":
        arguments["to"] = "a@b.example"
    decision = decided({"tool": tool, "arguments": arguments}, delegated(terms))
    named = tool in actions and all(
        effect.kind.value in _KINDS.get(tool, {"call", "access"})
        and (effect.resource[:1] != "/" or any(lies_in(effect.resource, one) for one in folders))
        for effect in decision.effects
    )
    assert decision.allowed is named
