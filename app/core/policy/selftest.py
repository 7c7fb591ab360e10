"""The tests that a policy file carries, run against the policy itself."""

from app.core.budget import Budget
from app.core.decision import Decision, Verdict
from app.core.engine import decide
from app.core.facts import Caller, Facts
from app.core.model import ActionRequest
from app.core.policy.document import TestText
from app.core.policy.ruleset import Policy, PolicyTest, RuleSet
from app.core.policy.source import Problem

# What one HTTP request may use.
_STEPS = 20_000
_EXPECTED = {
    "allow": {Verdict.ALLOW},
    "ask": {Verdict.REQUIRE_APPROVAL, Verdict.REQUIRE_STRONG_APPROVAL},
    "strong": {Verdict.REQUIRE_STRONG_APPROVAL},
    "deny": {Verdict.DENY},
    "log": {Verdict.ALLOW},
}


def run_tests(policy: Policy) -> list[Problem]:
    """Every test of the policy that does not come out as it says, with its line and what came out instead."""
    return [failure for test in policy.tests if (failure := _failure(test, policy.rules)) is not None]


def deciding(policy: Policy) -> frozenset[str]:
    """The rules that decide some test of the policy."""
    return frozenset(
        rule
        for test in policy.tests
        for rule in decide(request(test.text), facts(test.text), policy.rules, Budget(_STEPS)).rules
    )


def _failure(test: PolicyTest, rules: RuleSet) -> Problem | None:
    text = test.text
    decision = decide(request(text), facts(text), rules, Budget(_STEPS))
    wrong = _wrong(text, decision)
    if not wrong:
        return None
    came = f"{decision.verdict} by {', '.join(decision.rules)}: {decision.reason}"
    return Problem(test.file, test.line, f"{text.name or text.call}: expected {wrong}, got {came}")


def _wrong(text: TestText, decision: Decision) -> str:
    """The first expectation that the decision does not meet, "" when it meets all."""
    logged = decision.would_be is not None
    if decision.verdict not in _EXPECTED[text.expect] or (
        text.expect in ("allow", "log") and logged != (text.expect == "log")
    ):
        return text.expect
    named = [text.rules] if isinstance(text.rules, str) else text.rules
    if named is not None and set(named) != set(decision.rules):
        return f"rules {', '.join(named)}"
    return "" if text.why in decision.reason else f"the reason {text.why!r}"


def request(text: TestText) -> ActionRequest:
    """The request that a test describes."""
    return ActionRequest(
        tool=text.call,
        action=text.action,
        arguments=text.args,
        target=text.target,
        resolved_target=text.resolved_target,
        source=text.source,
        risk_hints=text.hints,
        annotations=text.annotations,
        cwd=text.cwd,
        home=text.home,
    )


def facts(text: TestText) -> Facts:
    """What is known when a test's request is decided."""
    workspaces = [text.workspace] if isinstance(text.workspace, str) else text.workspace
    return Facts(Caller(text.agent, "test", text.key), tuple(workspaces))
