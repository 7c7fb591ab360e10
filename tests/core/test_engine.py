"""The engine's own limits: what is too much, and how long anything may take."""

import json
import sys
import time
from typing import Any

import pytest

from app.core.budget import Budget
from app.core.decision import Near, Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest, Effect, EffectKind
from app.core.policy.compile import File, compile_policy
from app.core.policy.ruleset import RuleSet

FACTS = Facts(Caller("coder", "k", "pep"), ("/workspace",))


def rules(*lines: str) -> RuleSet:
    return compile_policy(
        (File("p.yaml", "\n".join(["version: 1", "rules:", *(f"  - {{{line}}}" for line in lines)])),)
    ).rules


SECRETS = rules(
    "id: all, allow: '*'",
    "id: secrets, deny: '*', path: [" + ", ".join(f"'**/secret{at}/**', '~/.s{at}/*'" for at in range(30)) + "]",
    *(f"id: w{at}, deny: '*', when: 'args.exists(a, args.exists(b, string(args[a]) == b))'" for at in range(20)),
)
# Seconds of CPU time. Far above the limit, since machines are busy and coverage slows what it watches: what it finds is
# work that grows out of bounds, which takes many times as long.
BOUND = 1.0 if sys.gettrace() is None else 10.0
SECRET = "/".join(f"secret{at}" for at in range(30))

HOSTILE: list[Any] = [
    [f"/{SECRET}/{at}" for at in range(180)],
    ["/".join(["home", f"{at}"] * 100) for at in range(60)],
    [f"{at}" + "*" * 245 for at in range(190)],
    [f"/{at}/" + "/".join(["**", "*a*b*"] * 60) for at in range(90)],
    ["a/" * 25_000],
    ["../" * 16_000],
    ["file:" * 10_000],
    ["\\" * 25_000],
    ["[" * 50_000],
    list(range(9_000)),
    [[[[]]]] * 5_500,
    {f"/k{at}": at for at in range(3_000)},
    "~" * 50_000,
    [f"{at}" + "é/ß/Å" * 10 for at in range(800)],
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("tool", ["Read", "mcp__a__b"])
def test_50_kb_of_hostile_arguments_are_answered_within_200_ms(tool: str, value: Any) -> None:
    assert 40_000 < len(json.dumps(value, ensure_ascii=False)) < 70_000
    request = ActionRequest(tool=tool, arguments={"path": value}, source="user", cwd="/workspace")
    began = time.process_time()
    decision = decide(request, FACTS, SECRETS, Budget(20_000))
    took = time.process_time() - began
    assert took < BOUND
    assert not decision.allowed


def test_a_megabyte_and_twenty_conditions_are_bounded() -> None:
    request = ActionRequest(tool="Write", arguments={"path": "a", "content": "a" * 1_000_000}, source="user")
    began = time.process_time()
    decision = decide(request, FACTS, SECRETS, Budget(20_000))
    assert time.process_time() - began < BOUND
    assert not decision.allowed


def test_too_many_effects_are_not_understood() -> None:
    request = ActionRequest(tool="Read", arguments={"path": [str(at) for at in range(600)]}, source="user")
    decision = decide(request, FACTS, rules("id: all, allow: '*'"), Budget(99_999))
    assert len(decision.effects) == 513
    assert decision.effects[-1] == Effect(EffectKind.OPAQUE, "too many effects")
    assert not decision.allowed


def test_names_that_an_agent_invents_are_not_kept_for_ever() -> None:
    ruleset = rules("id: all, allow: '*'")
    for at in range(1_500):
        assert decide(ActionRequest(tool=f"t{at}", source="user"), FACTS, ruleset, Budget(999)).allowed
    assert len(ruleset._memory) <= 1_024


def test_an_explanation_names_what_failed() -> None:
    ruleset = rules(
        "id: a, allow: x, agents: other",
        "id: b, allow: x, source: external",
        "id: c, allow: x, path: /a/**",
        "id: d, allow: x, command: ls",
        "id: e, allow: x, effects: read",
        "id: f, allow: x, when: 'false'",
        "id: g, ask: x, when: 'false'",
        "id: h, deny: x, path: /a/**",
        "id: i, deny: x, command: ls",
        "id: j, deny: x, effects: pay",
        "id: k, deny: y",
    )
    decision = decide(ActionRequest(tool="x", source="user"), FACTS, ruleset, Budget(999), explain=True)
    assert decision.verdict is Verdict.REQUIRE_APPROVAL
    expected = {"a": "agents", "b": "source", "c": "path", "d": "command", "e": "effects", "f": "when"}
    expected |= {"g": "when", "h": "path", "i": "command", "j": "effects"}
    assert decision.near == tuple(Near(rule, failed) for rule, failed in expected.items())


def test_to_explain_what_was_not_understood_is_why_a_rule_does_not_allow() -> None:
    request = ActionRequest(tool="shell", arguments={"command": "ls; x $y"}, source="user")
    decision = decide(request, FACTS, rules("id: a, allow: shell, command: '*'"), Budget(999), explain=True)
    assert decision.near == (Near("a", "opaque"),)


def test_an_access_is_covered_by_read_and_write_together_and_touched_by_either() -> None:
    request = ActionRequest(tool="x", arguments={"path": "/a"}, source="user")

    def verdict(*lines: str) -> Verdict:
        return decide(request, FACTS, rules(*lines), Budget(999)).verdict

    assert verdict("id: a, allow: x, effects: [call, read, write]") is Verdict.ALLOW
    assert verdict("id: a, allow: x, effects: [call, read]") is Verdict.REQUIRE_APPROVAL
    assert verdict("id: a, deny: x, effects: write") is Verdict.DENY
    assert verdict("id: a, deny: x, effects: delete") is Verdict.REQUIRE_APPROVAL


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("touch scripts/*", Verdict.REQUIRE_APPROVAL),
        ("touch i*", Verdict.REQUIRE_APPROVAL),
        ("touch id_*", Verdict.DENY),
        ("touch src/* ~/.ssh/config", Verdict.DENY),
        ("touch ~/.ssh/*", Verdict.DENY),
        ("touch ~/.s*/x", Verdict.DENY),
        ("touch /*/u/.ssh/x", Verdict.DENY),
        ("touch /tmp/*.txt", Verdict.REQUIRE_APPROVAL),
        ("touch /tmp/krb5*", Verdict.DENY),
        ("touch src/*.py", Verdict.ALLOW),
        ("touch notes", Verdict.ALLOW),
    ],
)
def test_what_a_wildcard_fits_by_chance_is_asked_about_and_never_let_through(line: str, verdict: Verdict) -> None:
    request = ActionRequest(tool="shell", arguments={"command": line}, source="user", cwd="/workspace", home="/home/u")
    some = rules(
        "id: all, allow: shell, effects: write",
        "id: keys, deny: '*', path: ['**/id_rsa', '~/.ssh/**', '/tmp/krb5cc_*'], effects: write, reason: My keys.",
    )
    decision = decide(request, FACTS, some, Budget(999))
    assert decision.verdict is verdict
    assert decision.rules == (("all",) if verdict is Verdict.ALLOW else ("keys",))
    assert "My keys." in decision.reason or verdict is Verdict.ALLOW
