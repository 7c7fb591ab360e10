"""What holds of every request and every policy."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import convert, structs

from app.core.budget import Budget
from app.core.combine import combine
from app.core.decision import Classification, Decision, Finding, Stance, Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest, EffectKind
from app.core.policy.compile import File, compile_policy
from app.core.policy.ruleset import RuleSet
from app.core.provenance import Limit
from app.core.session import Standing
from app.core.trust import Trust

ORDER = {
    Verdict.ALLOW: 0,
    Verdict.REQUIRE_APPROVAL: 1,
    Verdict.REQUIRE_STRONG_APPROVAL: 2,
    Verdict.DENY: 3,
}
STEPS = 20_000
PEP = Facts(Caller("coder-1", "k", "pep"), ("/workspace",))

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Texts that mean something to a part of the engine are likelier to break it than noise.
words = st.sampled_from(
    [
        "", "a.py", ".env", "~/.ssh/id", "/workspace/a", "/etc/shadow", "../x", "/workspace/../x", "/", "~", "**", "*",
        "[", "/home/*/.ssh", "C:\\x\\..", "file:///etc/shadow", "https://x.example", "$HOME/x", "%A%/x", "\0", "a\nb",
        "ls", "git push", "rm -rf /", "cat .env | sh", "echo $(cat x)", "user", "web", "secrets", "\u200b", "\uff25NV",
        "view", "create", "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch", "see https://x.example",
    ]
)  # fmt: skip
texts = words | st.text(max_size=20)
keys = st.sampled_from(
    ["path", "file_path", "command", "commands", "cwd", "url", "to", "content", "edits", "src", "x", "input", "prompt"]
) | st.text(max_size=5)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)
tools = st.sampled_from(
    [
        "Bash", "BASH", "Read", "Write", "Grep", "WebFetch", "send_email", "gmail", "mcp__a__b", "a/b", "x", "*", "",
        "apply_patch", "str_replace_editor", "read_many_files", "mcp_a_b", "MCP:a:b",
    ]
)  # fmt: skip
arguments = st.dictionaries(keys, values, max_size=4)
requests = st.builds(
    ActionRequest,
    tool=st.none() | tools,
    action=st.none() | tools,
    target=st.none() | texts,
    arguments=arguments,
    source=st.none() | texts,
    source_trust=st.none() | st.sampled_from([*Trust.__members__, "x"]),
    risk_hints=st.lists(texts, max_size=3),
    cwd=st.none() | texts,
    home=st.none() | texts,
    resolved_target=st.none() | texts,
    annotations=st.dictionaries(st.sampled_from(["readOnlyHint", "destructiveHint", "openWorldHint"]), values),
)
facts = st.builds(
    Facts,
    caller=st.builds(Caller, st.sampled_from(["coder-1", "*"]), st.just("k"), st.sampled_from(["pep", "agent"])),
    workspaces=st.sampled_from([(), ("/workspace",), ("/workspace", "/")]),
    session=st.builds(Standing, st.none() | st.just("s"), st.builds(Limit, st.sampled_from(Trust), st.just("x"))),
)
rule_parts = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from(["$workspace/**", "/**", "**/.env", "~/.ssh/**", "**/a*"]),
        "command": st.sampled_from(["*", "git *", "ls *", "rm -rf *"]),
        "effects": st.lists(st.sampled_from([kind.value for kind in EffectKind]), min_size=1, max_size=4),
        "source": st.sampled_from(["user", "trusted", "untrusted"]),
        "agents": st.sampled_from(["coder-*", "x"]),
        "risk": st.sampled_from(["low", "high", "critical"]),
        "when": st.sampled_from(["args.x == 1", "size(args) > 1", "tool == 'shell'", "true", "1 / 0 == 1"]),
    },
)
stances = st.sampled_from(["allow", "ask", "deny", "log"])
patterns = st.sampled_from(["*", "shell", "read_file", "write_file", "mcp:*/*", "send_email", "x"])
rules = st.builds(lambda stance, tool, parts: {stance: tool, **parts}, stances, patterns, rule_parts)
defaults = st.sampled_from(["ask", "deny"])


def policy(rules: list[dict[str, Any]], default: str = "ask") -> RuleSet:
    lines = [json.dumps({"id": f"r{at}", **rule}) for at, rule in enumerate(rules)]
    text = "\n".join(["version: 1", f"default: {default}", "rules:", *(f"  - {line}" for line in lines)])
    return compile_policy((File("p.yaml", text if rules else f"version: 1\ndefault: {default}"),)).rules


def ask(request: ActionRequest, rules: RuleSet, facts: Facts = PEP, steps: int = STEPS) -> Decision:
    return decide(request, facts, rules, Budget(steps))


@quick
@given(requests, facts, st.lists(rules, max_size=4), defaults, st.integers(0, 200))
def test_decide_is_total_and_repeats_itself(
    request: ActionRequest, facts: Facts, rules: list[dict[str, Any]], default: str, steps: int
) -> None:
    compiled = policy(rules, default)
    for budget in (STEPS, steps):
        first = ask(request, compiled, facts, budget)
        assert first == ask(request, compiled, facts, budget)
        assert first.allowed is (first.verdict is Verdict.ALLOW)
        assert first.rules
        assert first.reason


@quick
@given(st.dictionaries(st.sampled_from([field.name for field in structs.fields(ActionRequest)]), values))
def test_whatever_has_the_shape_of_a_request_is_decided(body: dict[str, Any]) -> None:
    try:
        request = convert(body, ActionRequest)
    except ValueError:
        return
    assert ask(request, policy([{"allow": "*"}])).rules


@quick
@given(st.text(max_size=60) | st.lists(words, max_size=6).map(" ".join))
def test_every_shell_line_is_decided(line: str) -> None:
    request = ActionRequest(tool="Bash", arguments={"command": line}, source="user")
    assert ask(request, policy([{"allow": "shell"}])).rules


@quick
@given(requests, facts, st.lists(rules, max_size=5))
def test_nothing_opaque_unknown_or_acting_for_strangers_is_allowed(
    request: ActionRequest, facts: Facts, rules: list[dict[str, Any]]
) -> None:
    decision = ask(request, policy([{"allow": "*"}, {"log": "*"}, *rules]), facts)
    kinds = {effect.kind for effect in decision.effects}
    if EffectKind.OPAQUE in kinds or decision.trust is Trust.UNKNOWN:
        assert not decision.allowed
    if decision.trust is Trust.EXTERNAL_CONTENT and kinds - {EffectKind.READ, EffectKind.QUERY}:
        assert not decision.allowed


@quick
@given(requests, facts, st.lists(rules, max_size=5), defaults, st.integers(0, 120))
def test_a_short_budget_never_loosens(
    request: ActionRequest, facts: Facts, rules: list[dict[str, Any]], default: str, steps: int
) -> None:
    compiled = policy(rules, default)
    whole, short = ask(request, compiled, facts), Budget(steps)
    cut = decide(request, facts, compiled, short)
    if short.left < 0:
        assert not cut.allowed
    else:
        assert cut == whole


@quick
@given(requests, facts, st.lists(rules, max_size=4), rules, defaults)
def test_one_more_rule_that_tightens_never_loosens(
    request: ActionRequest, facts: Facts, rules: list[dict[str, Any]], more: dict[str, Any], default: str
) -> None:
    stances = {"allow": "ask", "ask": "ask", "deny": "deny", "log": "deny"}
    tightening = {stances.get(name, name): part for name, part in more.items()}
    before = ask(request, policy(rules, default), facts)
    after = ask(request, policy([*rules, tightening], default), facts)
    # To ask where nothing was said is what an `ask` under `default: deny` is written for.
    if "ask" not in tightening or before.rules != ("default",):
        assert ORDER[after.verdict] >= ORDER[before.verdict]


@quick
@given(requests, facts, st.lists(rules, max_size=5), defaults, st.randoms(use_true_random=False))
def test_the_order_of_rules_never_matters(
    request: ActionRequest, facts: Facts, rules: list[dict[str, Any]], default: str, chance: random.Random
) -> None:
    named = [{"id": f"r{at}", **rule} for at, rule in enumerate(rules)]
    before = ask(request, policy(named, default), facts)
    chance.shuffle(named)
    assert ask(request, policy(named, default), facts) == before


@quick
@given(
    requests,
    facts,
    st.lists(rules, max_size=4),
    defaults,
    st.dictionaries(st.sampled_from(["readOnlyHint", "destructiveHint", "openWorldHint"]), st.booleans()),
)
def test_what_an_untrusted_server_says_of_its_tool_never_loosens(
    request: ActionRequest,
    facts: Facts,
    rules: list[dict[str, Any]],
    default: str,
    annotations: dict[str, bool],
) -> None:
    compiled = policy(rules, default)
    before = ask(structs.replace(request, annotations={}), compiled, facts)
    after = ask(structs.replace(request, annotations=annotations), compiled, facts)
    assert ORDER[after.verdict] >= ORDER[before.verdict]


@quick
@given(
    requests, facts, st.lists(rules, max_size=4), defaults, texts | st.sampled_from(["shell", "money", "disable_audit"])
)
def test_one_more_hint_never_loosens(
    request: ActionRequest, facts: Facts, rules: list[dict[str, Any]], default: str, hint: str
) -> None:
    compiled = policy(rules, default)
    before = ask(request, compiled, facts)
    after = ask(structs.replace(request, risk_hints=[*request.risk_hints, hint]), compiled, facts)
    assert ORDER[after.verdict] >= ORDER[before.verdict]


@quick
@given(
    st.sampled_from(
        [
            ("Bash", {"command": "cat a"}),
            ("Bash", {"command": "git push"}),
            ("Read", {"file_path": "/workspace/a"}),
            ("Write", {"path": "/etc/x"}),
            ("Edit", {"file_path": ".env"}),
            ("WebFetch", {"url": "https://x.example"}),
            ("mcp__a__b", {}),
            ("x", {"x": 1}),
            ("Grep", {"path": "/workspace"}),
            ("send_email", {"to": "a@b"}),
            ("apply_patch", {"input": "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch"}),
            ("str_replace_editor", {"command": "view", "path": "a"}),
            ("read_many_files", {"paths": ["a.py"]}),
        ]
    ),
    st.sampled_from([None, "/workspace", "/home/u/.ssh"]),
    keys,
    values,
    st.lists(rules, max_size=5),
    defaults,
)
def test_one_more_argument_never_loosens(
    call: tuple[str, dict[str, Any]], cwd: str | None, key: str, value: Any, rules: list[dict[str, Any]], default: str
) -> None:
    """Save through `when`, which may ask for anything, and through the argument that a call cannot do without."""
    compiled = policy([{name: part for name, part in rule.items() if name != "when"} for rule in rules], default)
    tool, given = call
    request = ActionRequest(tool=tool, arguments=given, source="user", cwd=cwd, home="/home/u")
    more = structs.replace(request, arguments={key: value, **given})
    assert ORDER[ask(more, compiled).verdict] >= ORDER[ask(request, compiled).verdict]


@quick
@given(requests, facts, st.lists(rules, max_size=4))
def test_explaining_changes_nothing(request: ActionRequest, facts: Facts, rules: list[dict[str, Any]]) -> None:
    compiled = policy(rules)
    explained = decide(request, facts, compiled, Budget(STEPS), explain=True)
    assert structs.replace(explained, near=()) == ask(request, compiled, facts)


rule_findings = st.builds(
    Finding,
    stance=st.sampled_from(Stance),
    rule=st.sampled_from("abcd"),
    reason=st.just("because"),
    classification=st.sampled_from(Classification),
)
stage_findings = rule_findings.filter(lambda finding: finding.stance >= Stance.ASK)
default_findings = st.sampled_from(
    [
        Finding(Stance.ASK, "default", "no rule", Classification.SENSITIVE),
        Finding(Stance.DENY, "default", "no rule", Classification.BLOCKED),
    ]
)


@given(st.lists(stage_findings), st.lists(rule_findings), default_findings, st.randoms(use_true_random=False))
def test_the_strictest_finding_wins_in_every_order(
    found: list[Finding], spoken: list[Finding], default: Finding, chance: random.Random
) -> None:
    outcome = combine(found, spoken, default)
    strictest = max(finding.stance for finding in [*found, *(spoken or [default])])
    assert (outcome.verdict is Verdict.DENY) is (strictest is Stance.DENY)
    assert (outcome.verdict is Verdict.ALLOW) is (strictest <= Stance.LOG)
    assert (outcome.would_be is None) is (strictest is not Stance.LOG)
    chance.shuffle(found)
    chance.shuffle(spoken)
    assert combine(found, spoken, default) == outcome


@given(st.lists(stage_findings), st.lists(rule_findings), stage_findings, default_findings)
def test_one_more_finding_of_a_stage_never_loosens(
    found: list[Finding], spoken: list[Finding], more: Finding, default: Finding
) -> None:
    before = combine(found, spoken, default)
    after = combine([*found, more], spoken, default)
    assert ORDER[after.verdict] >= ORDER[before.verdict]


@pytest.mark.parametrize("kind", ["pep", "agent"])
def test_a_budget_that_one_request_used_up_allows_nothing_to_the_rest(kind: Any) -> None:
    compiled = policy([{"allow": "*"}])
    budget = Budget(50)
    caller = Facts(Caller("a", "k", kind), ("/workspace",))
    big = ActionRequest(tool="x", arguments={"path": ["a"] * 100}, source="user")
    small = ActionRequest(tool="x", source="user")
    assert ask(small, compiled, caller).allowed
    assert "too-complex" in decide(big, caller, compiled, budget).rules
    assert not decide(small, caller, compiled, budget).allowed


def test_a_rule_that_denies_speaks_also_when_the_budget_is_gone() -> None:
    compiled = policy([{"allow": "*"}, {"deny": "*", "path": "**/.env"}])
    decision = decide(ActionRequest(tool="Read", arguments={"path": "a"}, source="user"), PEP, compiled, Budget(1))
    assert decision.verdict is Verdict.DENY
    assert "too much" in decision.reason
