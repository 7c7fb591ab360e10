"""A tool that an agent is not shown is one that it is denied, whatever it would call it with."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from app.core.budget import Budget
from app.core.decision import Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts, Profile
from app.core.model import ActionRequest
from app.core.never import is_never_allowed
from app.core.policy.compile import File, compile_policy
from app.core.policy.ruleset import RuleSet
from app.core.scope import scopes
from app.core.stops import NOTHING_STOPPED, Stop, Stops
from tests.core.test_properties import STEPS, defaults, facts, policy, requests
from tests.core.test_properties import rules as texts_of_rules

CALLER = Caller("coder-1", "k", "pep")


def rules(text: str, default: str = "ask") -> RuleSet:
    return compile_policy((File("p.yaml", f"version: 1\ndefault: {default}\nrules:\n{text or '  []'}"),)).rules


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("", False),
        ("  - {id: a, deny: 'mcp:files/*'}", True),
        ("  - {id: a, deny: 'mcp:files'}", True),
        ("  - {id: a, deny: 'mcp:Files/Write'}", True),
        ("  - {id: a, deny: '*'}", True),
        ("  - {id: a, deny: 'mcp:files/*', agents: ['coder-*']}", True),
        ("  - {id: a, deny: 'mcp:files/*'}\n  - {id: b, allow: 'mcp:files/write'}", True),
        ("  - {id: a, deny: 'mcp:files/*', agents: [other]}", False),
        ("  - {id: a, deny: 'mcp:mail/*'}", False),
        ("  - {id: a, ask: 'mcp:files/*'}", False),
        ("  - {id: a, deny: 'mcp:files/*', path: '**/.env'}", False),
        ("  - {id: a, deny: 'mcp:files/*', when: 'args.x == 1'}", False),
        ("  - {id: a, deny: 'mcp:files/*', source: untrusted}", False),
        ("  - {id: a, deny: 'mcp:files/*', effects: delete}", False),
        ("  - {id: a, deny: 'mcp:files/*', hosts: x.example}", False),
    ],
)
def test_what_rules_deny_by_the_name_alone_is_hidden(text: str, *, hidden: bool) -> None:
    assert is_never_allowed("mcp:files/write", CALLER, rules(text), NOTHING_STOPPED) is hidden


def test_what_no_rule_speaks_of_is_hidden_where_the_default_denies() -> None:
    compiled = rules(
        "  - {id: a, allow: 'mcp:files/read', path: /srv/**}\n  - {id: b, deny: 'mcp:files/*', path: /x}", "deny"
    )
    assert not is_never_allowed("mcp:files/read", CALLER, compiled, NOTHING_STOPPED)
    assert is_never_allowed("mcp:files/write", CALLER, compiled, NOTHING_STOPPED)
    # What it is called with may make another tool of it.
    assert not is_never_allowed("apply_patch", CALLER, compiled, NOTHING_STOPPED)


def test_a_limit_is_not_a_denial_for_good() -> None:
    compiled = rules("  - {id: a, allow: 'mcp:files/read', limit: {calls: 1, per: 1h}}", "deny")
    assert not is_never_allowed("mcp:files/read", CALLER, compiled, NOTHING_STOPPED)


def test_what_is_stopped_is_hidden_and_what_needs_a_scope_that_the_agent_lacks() -> None:
    stops = Stops([Stop("tool", "mcp:files/*")])
    assert is_never_allowed("mcp:files/write", CALLER, rules(""), stops)
    text = "version: 1\nscopes: {'mcp:files/*': 'write:files'}\nrules: []"
    scoped = compile_policy((File("p.yaml", text),)).rules
    for held, hidden in ((["read:*"], True), (["write:*"], False)):
        caller = structs.replace(CALLER, profile=Profile(scopes=scopes(held)))
        assert is_never_allowed("mcp:files/write", caller, scoped, NOTHING_STOPPED) is hidden


def test_where_denials_are_only_recorded_only_what_is_firm_hides() -> None:
    watched = structs.replace(CALLER, profile=Profile(monitored=True))
    for text, hidden in (("deny: '*'", False), ("deny: '*', firm: true", True)):
        assert is_never_allowed("mcp:a/b", watched, rules(f"  - {{id: a, {text}}}"), NOTHING_STOPPED) is hidden
    assert is_never_allowed("mcp:a/b", watched, rules(""), Stops([Stop("everything", "")]))


tools = st.sampled_from(["mcp:a/b", "mcp__a__b", "a/b", "x", "Bash", "apply_patch", "Read", "mcp:a:b", "MCP:a:b"])
profiles = st.builds(
    Profile,
    scopes=st.sampled_from([None, scopes([]), scopes(["a:*"])]),
    monitored=st.booleans(),
    needs_session=st.booleans(),
)
stopped = st.sampled_from([NOTHING_STOPPED, Stops([Stop("tool", "mcp:a")]), Stops([Stop("agent", "coder-1")])])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    tools,
    requests,
    facts,
    profiles,
    stopped,
    st.lists(texts_of_rules, max_size=3),
    defaults,
    st.sampled_from([STEPS, 20, 1]),
)
def test_every_call_of_what_is_hidden_is_denied(  # noqa: PLR0917 - each is drawn
    tool: str,
    request: ActionRequest,
    facts: Facts,
    profile: Profile,
    stops: Stops,
    texts: list[dict[str, Any]],
    default: str,
    steps: int,
) -> None:
    caller, compiled = structs.replace(facts.caller, profile=profile), policy(texts, default)
    if is_never_allowed(tool, caller, compiled, stops):
        asked = structs.replace(request, tool=tool, action=None)
        decision = decide(asked, structs.replace(facts, caller=caller, stops=stops), compiled, Budget(steps))
        assert decision.verdict is Verdict.DENY
