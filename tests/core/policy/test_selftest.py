"""A policy's own tests, when they do not come out."""

import pytest

from app.core.policy.compile import File, compile_policy
from app.core.policy.selftest import deciding, run_tests


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("{call: x, expect: deny}", "p.yaml:5: x: expected deny, got ALLOW by a: Fine."),
        ("{name: odd, call: x, expect: log}", "p.yaml:5: odd: expected log, got ALLOW"),
        ("{call: y, expect: allow}", "p.yaml:5: y: expected allow, got ALLOW by b"),
        ("{call: x, expect: allow, rules: b}", "p.yaml:5: x: expected rules b, got ALLOW by a"),
        ("{call: x, expect: allow, rules: [a, b]}", "p.yaml:5: x: expected rules a, b, got"),
        ("{call: x, expect: allow, why: because}", "p.yaml:5: x: expected the reason 'because', got"),
        ("{call: z, expect: strong}", "p.yaml:5: z: expected strong, got REQUIRE_APPROVAL by default"),
    ],
)
def test_a_failure_says_where_and_what_came_instead(test: str, said: str) -> None:
    text = f"version: 1\nrules: [{{id: a, allow: x, reason: Fine.}},\n  {{id: b, log: y}}]\ntests:\n  - {test}\n"
    (failure,) = run_tests(compile_policy((File("p.yaml", text),)))
    assert said in str(failure)


def test_tests_tell_which_rules_they_touch() -> None:
    text = "version: 1\nrules: [{id: a, allow: x}, {id: b, allow: y}]\ntests: [{call: x, expect: allow}]\n"
    policy = compile_policy((File("p.yaml", text),))
    assert run_tests(policy) == []
    assert deciding(policy) == {"a"}
